using System.Diagnostics;
using System.Text;
using Weir.Formats.Bcl;
using Weir.Inference.Grammars;
using Weir.Inference.Grammars.Automata;

namespace Weir.Inference.Tests.Grammars;

/// <summary>What a client may ask of a grammar, and that more than that is refused soon.</summary>
public sealed class GrammarLimitTests
{
    [Fact]
    public void A_schema_may_be_so_large_and_so_deep()
    {
        Refused("""{"const":"X"}""".Replace("X", new string('x', GrammarLimits.MaximumSchemaBytes)), "bytes");
        Refused(Deep(GrammarLimits.MaximumSchemaDepth / 2 + 1), "nested more than");
        Assert.True(TestVocabulary.Schema(Deep(10)).Accepts(new string('[', 11) + new string(']', 11)));

        static string Deep(int depth) => string.Concat(Enumerable.Repeat("""{"type":"array","items":""", 2 * depth))
            + """{"type":"array"}""" + new string('}', 2 * depth);
    }

    [Fact]
    public void References_may_lead_to_each_other_so_often()
    {
        Assert.True(TestVocabulary.Schema(Chain(GrammarLimits.MaximumSchemaDepth - 1)).Accepts("7"));
        Refused(Chain(GrammarLimits.MaximumSchemaDepth), "references lead to each other");

        static string Chain(int length) => "{\"$ref\":\"#/$defs/d0\",\"$defs\":{" + string.Join(',',
            Enumerable.Range(0, length - 1).Select(i => $"\"d{i}\":{{\"$ref\":\"#/$defs/d{i + 1}\"}}"))
            + $",\"d{length - 1}\":{{\"const\":7}}}}}}";
    }

    [Fact]
    public void A_schema_may_describe_so_many_values()
    {
        // Twenty choices between two branches each, all of which apply: a million combinations.
        var choice = """{"anyOf":[{"properties":{"X":{"const":1}}},{"properties":{"X":{"const":2}}}]}""";
        Refused("{\"type\":\"object\",\"allOf\":[" + string.Join(',', Enumerable.Range(0, 20)
            .Select(i => choice.Replace("X", $"p{i}", StringComparison.Ordinal))) + "]}", "values, combined");
        Refused("{\"allOf\":[" + string.Join(',', Enumerable.Range(0, 300).Select(i => $"{{\"minimum\":{i}}}"))
            + "]}", "subschemas apply");
    }

    [Fact]
    public void Reading_a_schema_takes_so_many_steps()
    {
        // Each of two hundred subschemas says something of a thousand properties, in each of many branches.
        var names = string.Join(',', Enumerable.Range(0, 200).Select(i => $"\"p{i}\":true"));
        var wide = "{\"type\":\"object\",\"allOf\":[" + string.Join(',', Enumerable.Range(0, 150)
            .Select(_ => $"{{\"properties\":{{{names}}}}}")) + "],\"anyOf\":["
            + string.Join(',', Enumerable.Range(0, 2_000).Select(i => $"{{\"required\":[\"q{i}\"]}}")) + "]}";
        Refused(wide, "steps");
        // Long names beside open properties, and constants, in many branches.
        Refused("{\"type\":\"object\",\"additionalProperties\":true,\"properties\":{\"" + new string('n', 250_000)
            + "\":true}}", "steps");
        Refused("{\"enum\":[\"" + new string('c', 100_000) + "\"],\"anyOf\":["
            + string.Join(',', Enumerable.Range(0, 2_000).Select(i => $"{{\"minLength\":{i}}}")) + "]}", "steps");
    }

    [Fact]
    public void A_grammar_may_have_so_many_states()
    {
        Refused("{\"enum\":[" + string.Join(',', Enumerable.Range(0, 90_000).Select(i => $"\"{i * 7919}\"")) + "]}",
            "bytes");
        Refused("""{"type":"object","properties":{"a":{"minItems":60000},"b":{"minItems":60000}}}""", "states");
        Assert.Throws<UserErrorException>(() => Grammar.Repeat(Grammar.Literal("a"), 0, 100_000));
        Assert.Throws<UserErrorException>(() => Grammar.Repeat(Grammar.Literal("a"), 3, 2));
    }

    [Fact]
    public void A_pattern_may_be_so_long_and_so_deep()
    {
        Pattern(new string('a', GrammarLimits.MaximumPatternCharacters + 1), "characters");
        Pattern(new string('(', 70) + "a" + new string(')', 70), "nested");
        Pattern($"a{{{GrammarLimits.MaximumRepeats + 1}}}", "repetitions");
        Assert.True(Grammar.FromRegex(new string('(', 60) + "a" + new string(')', 60)).Accepts("a"));
        Assert.Throws<UserErrorException>(() => Grammar.TextWithout(""));
        Assert.Throws<UserErrorException>(() => Grammar.TextWithout(new string('a', 1_025)));

        static void Pattern(string pattern, string said) => Assert.Contains(said,
            Assert.Throws<UserErrorException>(() => Grammar.FromRegex(pattern).Compile(TestVocabulary.Bytes)).Message);
    }

    [Fact]
    public void Counts_within_counts_add_up_instead_of_multiplying()
    {
        // A million copies, were they written out.
        var compiled = Grammar.FromRegex("(((ab){100}){100}){100}").Compile(TestVocabulary.Bytes);
        Assert.True(compiled.Accepts(Encoding.ASCII.GetBytes(
            string.Concat(Enumerable.Repeat("ab", 10_000))[..^1])) is false);
        var small = Grammar.FromRegex("(((ab){40}){3}){2}").Compile(TestVocabulary.Bytes);
        Assert.True(small.Accepts(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("ab", 240)))));
        Assert.False(small.Accepts(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("ab", 239)))));
    }

    [Fact]
    public void Nesting_ends_where_it_could_no_longer_be_closed()
    {
        var compiled = Grammar.AnyJson().Compile(TestVocabulary.Bytes);
        var state = compiled.Start();
        int depth = 0;
        while (state.Accept('[')) depth++;
        Assert.InRange(depth, GrammarLimits.MaximumStackDepth - 8, GrammarLimits.MaximumStackDepth + 1);
        Assert.False(state.Accept('1'));
        for (int i = 0; i < depth; i++) Assert.True(state.Accept(']'));
        Assert.True(state.IsComplete);
        // Here an element may need further levels: it is not begun without the room for them.
        var nested = TestVocabulary.Schema("""{"items":{"anyOf":[{"$ref":"#"},{"items":{"items":{"const":1}}}]}}""")
            .Compile(TestVocabulary.Bytes);
        var random = new Random(2);
        for (int i = 0; i < 20; i++) nested.Walk(random, 400);
    }

    [Fact]
    public void White_space_does_not_go_on_for_ever()
    {
        foreach (var blank in "\n\t ")
        {
            var state = Grammar.AnyJson().Compile(TestVocabulary.Bytes).Start();
            Assert.True(state.Accept("[\n"u8));
            int count = 0;
            while (state.Accept(blank)) count++;
            Assert.InRange(count, 0, 40);
        }
    }

    [Fact]
    public void Hostile_ambiguity_is_refused_within_bounded_work()
    {
        var clock = Stopwatch.StartNew();
        foreach (var pattern in new[] { "((a{0,300}){0,300}){0,300}", "(a|a|aa){1,5000}b", "(.*a.*){200}b", "((a*)*)*b",
            "(a?){5000}a{5000}", "(a|b)*a(a|b){2000}c" })
        {
            try
            {
                var state = Grammar.FromRegex(pattern).Compile(TestVocabulary.Bytes).Start();
                for (int i = 0; i < 40 && state.Accept('a'); i++) _ = state.AllowedTokens();
            }
            catch (UserErrorException e)
            {
                Assert.Matches("readings|ways|moves|states", e.Message);
            }
        }
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"It took {clock.Elapsed}.");
    }

    [Fact]
    public void The_cache_is_emptied_and_states_go_on()
    {
        // Each count of characters is a configuration with a mask of its own.
        const long CacheBytes = 50_000;
        var compiled = TestVocabulary.Schema("""{"type":"array","items":{"type":"string","maxLength":200}}""")
            .Compile(TestVocabulary.Random(7, 500), CacheBytes);
        var state = compiled.Start();
        Assert.True(state.Accept("[\""u8));
        var early = state.Clone();
        var expected = state.Allowed();
        for (int i = 0; i < 120; i++)
        {
            Assert.True(state.Accept('x'));
            Assert.Equal(expected, state.Allowed());
            Assert.InRange(compiled.CachedBytes, 1, 10 * CacheBytes);
        }
        Assert.True(state.Accept("\"]"u8) && state.IsComplete);
        Assert.True(early.Accept("yz\",\"\"]"u8) && early.IsComplete);
    }

    private static void Refused(string schema, string said) => Assert.Contains(said, Assert.Throws<UserErrorException>(
        () => TestVocabulary.Schema(schema).Compile(TestVocabulary.Bytes)).Message);
}
