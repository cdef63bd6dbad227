using System.Globalization;
using System.Text;
using System.Text.Json;
using Json.Schema;
using Weir.Inference.Grammars;

namespace Weir.Inference.Tests.Grammars;

/// <summary>Whatever tokens a model picks, the text is JSON that its schema allows; judged by JsonSchema.Net.</summary>
public sealed class SchemaWalkTests
{
    public static readonly TheoryData<string> Schemas = new(TestSchemas.All);

    [Theory]
    [MemberData(nameof(Schemas))]
    public void Random_walks_end_in_valid_json(string schema)
    {
        var judge = JsonSchema.FromText(schema);
        var grammar = TestVocabulary.Schema(schema);
        var random = new Random(7);
        foreach (var vocabulary in new[] { TestVocabulary.Bytes, TestVocabulary.Random(3, 400) })
        {
            var compiled = grammar.Compile(vocabulary);
            for (int i = 0; i < 12; i++) AssertValid(judge, compiled.Walk(random, random.Next(1, 80)));
        }
    }

    // JsonSchema.Net counts grapheme clusters; the standard (RFC 8259, as JSON Schema refers to it) counts characters.
    [Theory]
    [InlineData("""{"type":"string","minLength":3,"maxLength":5}""", 3, 5)]
    [InlineData("""{"type":"string","minLength":40,"maxLength":40}""", 40, 40)]
    [InlineData("""{"type":"string","minLength":300}""", 300, int.MaxValue)]
    [InlineData("""{"type":"string","maxLength":1}""", 0, 1)]
    public void Lengths_are_counted_in_characters(string schema, int least, int most)
    {
        var random = new Random(8);
        foreach (var vocabulary in new[] { TestVocabulary.Bytes, TestVocabulary.Random(6, 400) })
        {
            var compiled = TestVocabulary.Schema(schema).Compile(vocabulary);
            for (int i = 0; i < 12; i++)
            {
                using var json = JsonDocument.Parse(compiled.Walk(random, random.Next(1, 80)));
                Assert.InRange(json.RootElement.GetString()!.EnumerateRunes().Count(), least, most);
            }
        }
    }

    [Fact]
    public void Random_walks_through_any_json_end_in_json()
    {
        var random = new Random(11);
        foreach (var (grammar, isObject) in new[] { (Grammar.AnyJson(), false), (Grammar.AnyJsonObject(), true) })
            foreach (var vocabulary in new[] { TestVocabulary.Bytes, TestVocabulary.Random(4, 600) })
            {
                var compiled = grammar.Compile(vocabulary);
                for (int i = 0; i < 60; i++)
                {
                    using var json = JsonDocument.Parse(compiled.Walk(random, random.Next(1, 300)),
                        new JsonDocumentOptions { MaxDepth = 256 });
                    Assert.True(!isObject || json.RootElement.ValueKind == JsonValueKind.Object);
                }
            }
    }

    private static void AssertValid(JsonSchema judge, byte[] text)
    {
        var shown = Encoding.UTF8.GetString(text);
        try
        {
            using var json = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 256 });
            var result = judge.Evaluate(json.RootElement,
                new EvaluationOptions { OutputFormat = OutputFormat.List, RequireFormatValidation = true });
            Assert.True(result.IsValid, string.Create(CultureInfo.InvariantCulture,
                $"{shown} is not valid: {JsonSerializer.Serialize(result)}"));
        }
        catch (JsonException e)
        {
            Assert.Fail($"{shown} is no JSON: {e.Message}");
        }
    }
}
