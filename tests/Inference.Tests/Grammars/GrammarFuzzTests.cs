using System.Diagnostics;
using System.Text.Json;
using Weir.Formats.Bcl;
using Weir.Inference.Grammars;

namespace Weir.Inference.Tests.Grammars;

/// <summary>Broken and odd schemas and patterns give a grammar that can be walked, or a user's error; nothing else, and
/// soon.</summary>
public sealed class GrammarFuzzTests
{
    private const int Mutants = 10_000;

    private static readonly string[] SchemaPieces = [.. TestSchemas.All.SelectMany(Pieces).Distinct(),
        "\"multipleOf\"", "\"not\"", "\"$ref\":\"#\"", "-1", "1e400", "1e30", "\"\\ud800\"", "\"x\"", "99999999999",
        "\"allOf\":[{},{}]", "true"];

    [Fact]
    public void Mutated_schemas_are_compiled_or_refused()
    {
        var random = new Random(31);
        var walked = 0;
        for (int i = 0; i < Mutants; i++)
        {
            var pieces = Pieces(TestSchemas.All[random.Next(TestSchemas.All.Length)]).ToList();
            for (int changes = random.Next(1, 4); changes > 0; changes--)
                Mutate(pieces, SchemaPieces[random.Next(SchemaPieces.Length)], random);
            if (Parse(string.Concat(pieces)) is { } schema)
                walked += Check(() => Grammar.FromJsonSchema(schema), schema.GetRawText(), random) ? 1 : 0;
        }
        Assert.True(walked > Mutants / 20, $"Only {walked} mutants could be walked.");
    }

    [Fact]
    public void Mutated_patterns_are_compiled_or_refused()
    {
        string[] seeds = ["^[a-z]{2,4}-\\d+$", "(a|b)*c?", "(?:x{1,3}){2}[^y-z\\w]", "\\u{1F600}|\\p{L}+", "[汉-沥]+\\.",
            "^(?<n>a|b$)", "\\x41\\cA\\0[\\b\\]]", "(((a?)*)+){3,}"];
        string[] pieces = ["(", ")", "[", "]", "{", "}", "*", "+", "?", "|", "^", "$", "\\", ".", "-", ",", "3", "{9,}",
            "{65536}", "(?", "(?:", "\\d", "\\p{Lu}", "\\u", "汉", "😀", "\ud800", "a", "{2000}"];
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
        Assert.True(walked > Mutants / 20, $"Only {walked} mutants could be walked.");
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

    private static JsonElement? Parse(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // Whole strings, numbers and words, and single marks.
    private static IEnumerable<string> Pieces(string json)
    {
        for (int at = 0; at < json.Length;)
        {
            int end = at + 1;
            if (json[at] == '"')
            {
                while (json[end] != '"') end += json[end] == '\\' ? 2 : 1;
                end++;
            }
            else if (char.IsLetterOrDigit(json[at]))
                while (end < json.Length && char.IsLetterOrDigit(json[end])) end++;
            yield return json[at..end];
            at = end;
        }
    }
}
