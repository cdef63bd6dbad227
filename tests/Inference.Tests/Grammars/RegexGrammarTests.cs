using System.Text;
using System.Text.RegularExpressions;
using Weir.Formats.Bcl;
using Weir.Inference.Grammars;

namespace Weir.Inference.Tests.Grammars;

public sealed class RegexGrammarTests
{
    [Theory]
    [InlineData("abc", "abc", "ab", "abcd", "")]
    [InlineData("a|bc|", "bc", "b", "abc", "c")]
    [InlineData("(?:ab)+?", "abab", "", "aba", "b")]
    [InlineData("(?<year>[0-9]{4})-[0-9]{2}", "2026-11", "2026-1", "202-11", "2026-111")]
    [InlineData("^a$|^b$", "a", "^a$", "ab", "")]
    [InlineData("(^a|^b)c$", "bc", "c", "abc", "bc$")]
    [InlineData(@"\d{2,3}", "123", "1", "1234", "1a")]
    [InlineData(@"[^a-c\d]", "汉", "a", "1", "dd")]
    [InlineData(@"\w+\s\S", "a_1 é", "é a", "a_1  ", "a_1é")]
    [InlineData("[汉-沥]x", "汉x", "x汉", "字x", "汉")]
    [InlineData(@"\u6C49\x41\t", "汉A\t", "汉A", "A\t", "汉a\t")]
    [InlineData(@"\uD83D\uDE00|\u{1F601}", "😁", "😂", "", "😀😀")]
    [InlineData("[😀-😎]", "😃", "😏", "a", "😃😃")]
    [InlineData(@"\p{Lu}\p{L}*", "Éa𠀀", "éa", "", "E1")]
    [InlineData(@"[\]\-a]{2}", "]-", "-", "b-", "]]]")]
    [InlineData("a{,2}b{", "a{,2}b{", "aab", "b", "aab{")]
    [InlineData("[a-]", "-", "b", "a-", "")]
    [InlineData("[]a]|x", "x", "]", "a", "a]")]
    [InlineData(".", "汉", "\n", "\r", "ab")]
    [InlineData("[^]", "\n", "", "ab", "汉a")]
    public void A_pattern_takes_what_it_means(string pattern, string match, params string[] others)
    {
        var grammar = Grammar.FromRegex(pattern).Compile(TestVocabulary.Bytes);
        Assert.True(grammar.Accepts(Encoding.UTF8.GetBytes(match)));
        foreach (var other in others)
            Assert.False(grammar.Accepts(Encoding.UTF8.GetBytes(other)), other);
    }

    [Theory]
    [InlineData(@"(a)\1", "references to groups")]
    [InlineData("(?=a)b", "look-around")]
    [InlineData("(?<!a)b", "look-around")]
    [InlineData("(?i)b", "look-around, flags")]
    [InlineData(@"\bword", "word boundaries")]
    [InlineData(@"\q", @"escape '\q'")]
    [InlineData(@"\p{Klingon}", "Klingon")]
    [InlineData("(a", "not closed")]
    [InlineData("a)", "closes no group")]
    [InlineData("[a", "not closed")]
    [InlineData("[b-a]", "wrong order")]
    [InlineData("a{3,2}", "wrong order")]
    [InlineData("*a", "nothing to repeat")]
    [InlineData("a**", "nothing to repeat")]
    [InlineData("a{2}{3}", "nothing to repeat")]
    [InlineData("{2}", "nothing to repeat")]
    [InlineData("a\\", "escapes nothing")]
    [InlineData("a$b", "anchor")]
    [InlineData("(^a)*", "anchor")]
    [InlineData(@"\x4", "hexadecimal")]
    [InlineData("a{100000}", "repetitions")]
    [InlineData("[^\\s\\S]", "Nothing satisfies")]
    public void What_is_not_supported_is_named(string pattern, string said)
    {
        var error = Assert.Throws<UserErrorException>(() => Grammar.FromRegex(pattern).Compile(TestVocabulary.Bytes));
        Assert.Contains(said, error.Message);
    }

    [Fact]
    public void Random_patterns_agree_with_the_runtime()
    {
        var random = new Random(5);
        int matches = 0;
        for (int i = 0; i < 1_500; i++)
        {
            var pattern = Pattern(random, 3);
            var expected = new Regex($@"\A(?:{pattern})\z", RegexOptions.CultureInvariant);
            var grammar = Compile(pattern);
            for (int j = 0; j < 24; j++)
            {
                var text = Text(random);
                bool isMatch = expected.IsMatch(text);
                Assert.True(isMatch == (grammar?.Accepts(Encoding.UTF8.GetBytes(text)) ?? false),
                    $"/{pattern}/ and '{text}': {isMatch}");
                if (isMatch) matches++;
            }
        }
        Assert.True(matches > 3_000, $"Only {matches} texts matched, so the test says little.");
    }

    private static CompiledGrammar? Compile(string pattern)
    {
        try
        {
            return Grammar.FromRegex(pattern).Compile(TestVocabulary.Bytes);
        }
        catch (UserErrorException e) when (e.Message.StartsWith("Nothing satisfies", StringComparison.Ordinal))
        {
            return null;
        }
    }

    // Of characters about which the runtime's classes and those of ECMA-262 agree.
    private static string Pattern(Random random, int depth)
    {
        string[] atoms = ["a", "b", "1", "_", ".", @"\d", @"\w", @"\s", @"\W", "[ab]", "[^a]", "[a-b1]", "€", "[€-₯]",
            @"[\d_]", "[^b€]", "-"];
        if (depth == 0) return atoms[random.Next(atoms.Length)];
        return random.Next(7) switch
        {
            0 => Pattern(random, depth - 1) + "|" + Pattern(random, depth - 1),
            1 or 2 or 3 => Pattern(random, depth - 1) + Pattern(random, depth - 1),
            4 => $"(?:{Pattern(random, depth - 1)})" + ((string[])["*", "+", "?", "{2}", "{1,3}", "{0,2}", "{1,}"])
                [random.Next(7)],
            5 => $"({Pattern(random, depth - 1)})",
            _ => atoms[random.Next(atoms.Length)],
        };
    }

    private static string Text(Random random)
    {
        const string Characters = "ab1_ €-";
        return string.Concat(Enumerable.Range(0, random.Next(5))
            .Select(_ => Characters[random.Next(Characters.Length)]));
    }
}
