using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Weir.Formats.Bcl;
using Weir.Inference.Grammars;

namespace Weir.Inference.Tests.Grammars;

/// <summary>Broken and odd schemas and patterns give a grammar that can be walked, or a user's error; nothing else, and
/// soon.</summary>
public sealed class GrammarFuzzTests
{
    private const int Mutants = 10_000;

    private static readonly string[] OddParts = ["""{"multipleOf":3}""", """{"not":{}}""", """{"$ref":"#"}""",
        """{"minimum":1e400}""", """{"maximum":1e30}""", """{"maxLength":99999999999}""", """{"minItems":-1}""",
        """{"allOf":[{},{}]}""", """{"type":[]}""", """{"items":true}""", """{"pattern":"("}""",
        """{"additionalProperties":false}""", """{"$ref":"#/properties/a"}""", """{"enum":[]}""", """{"maxItems":0}"""];

    // Every part of every schema, as text, with the key under which it stands.
    private static readonly (string Key, string Value)[] Parts =
        [.. TestSchemas.All.Concat(OddParts).Select(text => JsonNode.Parse(text)!).SelectMany(Inner)
            .Select(n => (n.Parent is JsonObject ? n.GetPropertyName() : "items", n.ToJsonString()))];

    [Fact]
    public void Mutated_schemas_are_compiled_or_refused()
    {
        var random = new Random(31);
        var walked = 0;
        for (int i = 0; i < Mutants; i++)
        {
            var mutant = JsonNode.Parse(TestSchemas.All[random.Next(TestSchemas.All.Length)])!;
            for (int changes = random.Next(1, 4); changes > 0; changes--) Mutate(mutant, random);
            using var document = JsonDocument.Parse(mutant.ToJsonString());
            var schema = document.RootElement;
            walked += Check(() => Grammar.FromJsonSchema(schema), schema.GetRawText(), random) ? 1 : 0;
        }
        Assert.True(walked > Mutants / 5, $"Only {walked} mutants could be walked.");
    }

    [Fact]
    public void Mutated_patterns_are_compiled_or_refused()
    {
        string[] seeds = ["^[a-z]{2,4}-\\d+$", "(a|b)*c?", "(?:x{1,3}){2}[^y-z\\w]", "\\u{1F600}|\\p{Nd}+", "[汉-沥]+\\.",
            "^(?<n>a|b$)", "\\x41\\cA\\0[\\b\\]]", "(((a?)*)+){3,}"];
        string[] pieces = ["(", ")", "[", "]", "{", "}", "*", "+", "?", "|", "^", "$", "\\", ".", "-", ",", "3", "{9,}",
            "{65537}", "(?", "(?:", "\\d", "\\p{Zs}", "\\u", "汉", "😀", "\ud800", "a", "{300}"];
        var random = new Random(32);
        var walked = 0;
        for (int i = 0; i < Mutants; i++)
        {
            var parts = seeds[random.Next(seeds.Length)].Select(c => c.ToString()).ToList();
            for (int changes = random.Next(1, 5); changes > 0; changes--)
                Mutate(parts, pieces[random.Next(pieces.Length)], random);
            var pattern = string.Concat(parts);
            walked += Check(() => Grammar.FromRegex(pattern), pattern, random) ? 1 : 0;
        }
        Assert.True(walked > Mutants / 5, $"Only {walked} mutants could be walked.");
    }

    // A random walk never comes to a place where nothing can follow.
    private static bool Check(Func<Grammar> make, string text, Random random)
    {
        var clock = Stopwatch.StartNew();
        try
        {
            var state = make().Compile(TestVocabulary.Bytes).Start();
            for (int step = 0; step < 8; step++)
            {
                var allowed = state.Allowed();
                Assert.True(allowed.Count > 0, $"{text}: nothing can follow after {step} tokens");
                int token = allowed[random.Next(allowed.Count)];
                Assert.True(state.Accept(token), $"{text}: token {token} is allowed and refused");
                if (state.HasEnded) break;
            }
            return true;
        }
        catch (UserErrorException)
        {
            return false;
        }
        finally
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"{text} took {clock.Elapsed}.");
        }
    }

    private static void Mutate(List<string> pieces, string other, Random random)
    {
        int at = random.Next(pieces.Count + 1);
        switch (random.Next(4))
        {
            case 0: pieces.Insert(at, other); break;
            case 1 when at < pieces.Count: pieces.RemoveAt(at); break;
            case 2 when at < pieces.Count: pieces[at] = other; break;
            default:
                int from = random.Next(pieces.Count + 1), count = Math.Min(random.Next(1, 8), pieces.Count - from);
                pieces.InsertRange(at, pieces.GetRange(from, count));
                break;
        }
    }

    // A part is replaced by one of another schema, most often one of the same keyword; or taken away; or added.
    private static void Mutate(JsonNode root, Random random)
    {
        var inner = Inner(root).ToList();
        var (key, value) = Parts[random.Next(Parts.Length)];
        var at = inner.Count == 0 ? root : inner[random.Next(inner.Count)];
        switch (random.Next(4))
        {
            case 0 when at.Parent is JsonObject parent: parent.Remove(at.GetPropertyName()); break;
            case 1 when at.Parent is JsonObject parent:
                var same = Parts.Where(p => p.Key == at.GetPropertyName()).ToList();
                parent[at.GetPropertyName()] = JsonNode.Parse(same[random.Next(same.Count)].Value);
                break;
            case 2 when at.Parent is not null && random.Next(3) == 0: at.ReplaceWith(JsonNode.Parse(value)); break;
            default: (at as JsonObject ?? root as JsonObject)?[key] = JsonNode.Parse(value); break;
        }
    }

    private static IEnumerable<JsonNode> Inner(JsonNode root)
    {
        var children = root switch
        {
            JsonObject o => o.Select(p => p.Value),
            JsonArray a => a,
            _ => [],
        };
        foreach (var child in children)
        {
            if (child is null) continue;
            yield return child;
            foreach (var deeper in Inner(child)) yield return deeper;
        }
    }
}
