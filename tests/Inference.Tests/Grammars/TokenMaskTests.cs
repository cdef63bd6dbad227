using System.Text;
using Weir.Inference.Grammars;
using Weir.Inference.Grammars.Vocabularies;

namespace Weir.Inference.Tests.Grammars;

public sealed class TokenMaskTests
{
    [Fact]
    public void A_mask_is_what_trying_every_token_gives()
    {
        var random = new Random(21);
        var vocabulary = TestVocabulary.Random(5, 900);
        foreach (var schema in TestSchemas.All)
        {
            var state = TestVocabulary.Schema(schema).Compile(vocabulary).Start();
            for (int step = 0; step < 12; step++)
            {
                var allowed = state.Allowed();
                var tried = Enumerable.Range(0, vocabulary.Count).Where(t => state.Clone().Accept(t)).ToList();
                Assert.Equal(tried, allowed);
                if (allowed is [TestVocabulary.End]) break;
                allowed.Remove(TestVocabulary.End);
                Assert.True(state.Accept(allowed[random.Next(allowed.Count)]));
            }
        }
    }

    [Fact]
    public void Logits_of_impossible_tokens_are_minus_infinity()
    {
        var state = Grammar.Choice(Grammar.Literal("ab"), Grammar.Literal("ac")).Compile(TestVocabulary.Bytes).Start();
        // Models often have more logits than tokens.
        var logits = Enumerable.Range(0, 300).Select(i => (float)i).ToArray();
        Assert.True(state.Mask(logits));
        for (int i = 0; i < logits.Length; i++)
            Assert.Equal(i == 'a' ? 'a' : float.NegativeInfinity, logits[i]);
        Assert.True(state.Accept('a'));
        var next = new float[300];
        Assert.True(state.Mask(next));
        Assert.Equal(['b', 'c'], Enumerable.Range(0, 300).Where(i => next[i] == 0).Select(i => (char)i));
    }

    [Fact]
    public void The_text_ends_only_where_it_is_complete()
    {
        var state = Grammar.FromRegex("ab?").Compile(TestVocabulary.Bytes).Start();
        Assert.False(state.Accept(TestVocabulary.End));
        Assert.True(state.Accept('a'));
        Assert.True(state.IsComplete);
        Assert.Equal(['b', TestVocabulary.End], state.Allowed());
        Assert.False(state.Accept(257));
        Assert.False(state.Accept(-1));
        Assert.False(state.Accept(100_000));
        Assert.True(state.Accept('b'));
        Assert.Equal([TestVocabulary.End], state.Allowed());
        Assert.True(state.Accept(TestVocabulary.End));
        Assert.True(state.HasEnded);
        Assert.False(state.Accept(TestVocabulary.End));
        Assert.False(state.Mask(new float[258]));
    }

    [Fact]
    public void Characters_may_be_split_over_tokens()
    {
        var face = Encoding.UTF8.GetBytes("😀");
        var vocabulary = TestVocabulary.Of([face[..2], face[2..], face[..3], face[3..], [.. "\"a"u8, .. face[..1]],
            [0xF0, 0x80], [.. face[1..], .. "\""u8]]);
        var compiled = TestVocabulary.Schema("""{"type":"string","minLength":2,"maxLength":2}""").Compile(vocabulary);
        foreach (var tokens in new int[][] { ['"', 'a', 258, 259, '"'], ['"', 'a', 260, 261, '"'], [262, 264] })
        {
            var state = compiled.Start();
            foreach (int token in tokens)
            {
                Assert.Contains(token, state.Allowed());
                Assert.True(state.Accept(token));
            }
            Assert.True(state.IsComplete);
        }
        var open = compiled.Start();
        Assert.True(open.Accept('"'));
        Assert.DoesNotContain(263, open.Allowed()); // an overlong form, which is no character
        Assert.True(open.Accept(258));
        Assert.DoesNotContain((int)'"', open.Allowed());
        Assert.Contains(259, open.Allowed());
    }

    [Fact]
    public void Forced_bytes_are_those_that_must_come()
    {
        var state = TestVocabulary.Schema("""{"properties":{"colour":{"enum":["red","ruby"]}},"required":["colour"]}""")
            .Compile(TestVocabulary.Bytes).Start();
        Assert.Equal("{", Encoding.UTF8.GetString(state.Forced())); // then there may be a blank
        Assert.True(state.Accept("{\""u8));
        Assert.Equal("colour\":", Encoding.UTF8.GetString(state.Forced()));
        Assert.True(state.Accept(state.Forced()));
        Assert.True(state.Accept("\""u8));
        Assert.Equal("r", Encoding.UTF8.GetString(state.Forced()));
        Assert.True(state.Accept("re"u8));
        Assert.Equal("d\"", Encoding.UTF8.GetString(state.Forced()));
        Assert.True(state.Accept("d\"}"u8));
        Assert.True(state.Forced().IsEmpty);
    }

    [Fact]
    public void A_clone_goes_its_own_way()
    {
        var state = Grammar.FromRegex("a(bc|d)").Compile(TestVocabulary.Bytes).Start();
        Assert.True(state.Accept('a'));
        var tried = state.Clone();
        Assert.True(tried.Accept("bc"u8));
        Assert.True(tried.IsComplete && tried.Accept(TestVocabulary.End));
        Assert.False(state.IsComplete || state.HasEnded);
        Assert.False(state.Accept("bd"u8)); // and a refusal changes nothing
        Assert.True(state.Accept('d'));
    }

    [Fact]
    public void Tool_calls_are_put_together_from_parts()
    {
        Grammar Call(string name, string schema) => Grammar.Sequence(
            Grammar.Literal($"<tool_call>\n{{\"name\": \"{name}\", \"arguments\": "), TestVocabulary.Schema(schema),
            Grammar.Literal("}\n</tool_call>"));
        var calls = Grammar.Repeat(Grammar.Choice(
            Call("weather", """{"properties":{"city":{"type":"string"}},"required":["city"]}"""),
            Call("now", """{"properties":{}}""")), 1, 3);
        const string Weather = "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"北京\"}}\n</tool_call>";
        const string Now = "<tool_call>\n{\"name\": \"now\", \"arguments\": {}}\n</tool_call>";
        Assert.True(calls.Accepts(Weather));
        Assert.True(calls.Accepts(Now + Weather + Now));
        Assert.False(calls.Accepts(""));
        Assert.False(calls.Accepts(Now + Now + Now + Now));
        Assert.False(calls.Accepts(Now.Replace("{}", "{\"city\":1}", StringComparison.Ordinal)));
        var free = Grammar.Sequence(Grammar.TextWithout("<tool_call>"), Grammar.Choice(calls, Grammar.Literal("")));
        Assert.True(free.Accepts("I look: <tool<tool_call" + Now));
        Assert.True(free.Accepts("No call at all <tool_call"));
        Assert.True(free.Accepts(""));
        Assert.False(free.Accepts("I look: <tool_call>{}"));
    }

    [Fact]
    public void Free_text_is_what_does_not_hold_the_marker()
    {
        var random = new Random(3);
        foreach (var marker in new[] { "a", "ab", "aab", "abab", "aabaaab" })
        {
            var compiled = Grammar.TextWithout(marker).Compile(TestVocabulary.Bytes);
            for (int i = 0; i < 400; i++)
            {
                var text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => "aab"[random.Next(3)]));
                Assert.True(compiled.Accepts(Encoding.UTF8.GetBytes(text))
                    != text.Contains(marker, StringComparison.Ordinal), $"{marker} in {text}");
            }
        }
    }

    [Fact]
    public void Tokens_that_are_the_same_text_are_all_allowed()
    {
        var vocabulary = TestVocabulary.Of(["ab"u8.ToArray(), "ab"u8.ToArray(), [], new byte[2_000]]);
        var state = Grammar.FromRegex("ab.*").Compile(vocabulary).Start();
        Assert.Equal(['a', 258, 259], state.Allowed());
        Assert.False(state.Accept(260));
        Assert.Throws<Weir.Formats.Bcl.UserErrorException>(() => new TokenVocabulary(3, _ => default, [3], []));
    }
}
