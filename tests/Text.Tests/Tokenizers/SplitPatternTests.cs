using System.Text.RegularExpressions;
using Weir.Text.Tokenizers.Splitting;

namespace Weir.Text.Tests.Tokenizers;

public sealed class SplitPatternTests
{
    private const string WordClass = @"\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}";

    public static TheoryData<string> Patterns => [.. SplitPatterns.All.Distinct()];

    [Theory]
    [MemberData(nameof(Patterns))]
    public void Agrees_with_the_regular_expression_on_random_text_of_the_basic_plane(string pattern)
    {
        var reference = new Regex(InTermsOfDotNet(pattern));
        var random = new Random(71);
        for (var round = 0; round < 1500; round++)
        {
            var text = RandomText(random);
            Assert.Equal(Cut(reference, text), Cut(pattern, text));
        }
    }

    [Fact]
    public void Letters_above_the_basic_plane_are_letters()
    {
        Assert.Equal([" 𠮷野家", "1", "𝟘", "😀!"], Cut(SplitPatterns.Gpt2, " 𠮷野家1𝟘😀!").SelectMany(piece =>
            piece == "1𝟘" ? ["1", "𝟘"] : new[] { piece }));
        Assert.Equal(["𐐀𐐁", "𐐨"], Cut(SplitPatterns.Gpt4O, "𐐀𐐁").Concat(Cut(SplitPatterns.DeepSeekLetters, "𐐨")));
        Assert.Equal(["\U00011363\U0001133E", "1", "\U000118E0"],
            Cut(SplitPatterns.Tekken, "\U00011363\U0001133E1\U000118E0"));
    }

    [Theory]
    [InlineData(SplitPatterns.DeepSeek3, "DeepSeek-V3是2024年の模型, ok!\n", "DeepSeek|-V|3|是|202|4|年の模型|,| ok|!\n")]
    [InlineData(SplitPatterns.Llama3, "1234567 I'LL", "123|456|7| I|'LL")]
    [InlineData(SplitPatterns.Gpt4O, "HelloWorld's café", "Hello|World's| café")]
    [InlineData(SplitPatterns.Qwen35, "ไทย กำ", "ไทย| กำ")]
    public void Cuts_as_the_family_does(string pattern, string text, string pieces) =>
        Assert.Equal(pieces.Split('|'), pattern == SplitPatterns.DeepSeek3
            ? PreTokenizerRules.Find("deepseek-v3")!.Patterns.Aggregate((IEnumerable<string>)[text],
                (parts, next) => parts.SelectMany(part => Cut(next, part)))
            : Cut(pattern, text));

    [Fact]
    public void Every_family_keeps_the_whole_text_even_when_it_is_malformed()
    {
        var random = new Random(72);
        foreach (var name in PreTokenizerRules.Names)
        {
            var steps = PreTokenizerRules.Find(name)!.Patterns.Select(SplitStep.Isolating).ToArray();
            for (var round = 0; round < 30; round++)
            {
                var text = SampleTexts.AnyUtf16(random, random.Next(0, 40));
                IEnumerable<string> pieces = [text];
                foreach (var step in steps) pieces = [.. pieces.SelectMany(piece => Cut(step, piece))];
                Assert.Equal(text, string.Concat(pieces));
            }
        }
    }

    [Fact]
    public void A_long_run_takes_time_by_its_length()
    {
        string[] runs =
        [
            .. " A'1\u0301\u0001\n".Select(c => new string(c, 100_000)),
            string.Concat(new string(' ', 100_000), "中"), string.Concat(new string('\n', 100_000), "x"),
        ];
        var started = TimeProvider.System.GetTimestamp();
        foreach (var name in PreTokenizerRules.Names.DistinctBy(name => PreTokenizerRules.Find(name)!.Patterns))
            foreach (var run in runs)
            {
                IEnumerable<string> pieces = [run];
                foreach (var step in PreTokenizerRules.Find(name)!.Patterns.Select(SplitStep.Isolating))
                    pieces = [.. pieces.SelectMany(piece => Cut(step, piece))];
                Assert.NotEmpty(pieces);
            }
        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(30));
    }

    [Theory]
    [InlineData("Isolated", "a|--|b|-|c|--")]
    [InlineData("Removed", "a|b|c")]
    [InlineData("MergedWithPrevious", "a--|b-|c--")]
    [InlineData("MergedWithNext", "a|--b|-c|--")]
    [InlineData("Contiguous", "a|--|b|-|c|--")]
    public void A_match_goes_where_the_behaviour_says(string behavior, string pieces)
    {
        var text = "a--b-c--".Replace('-', '!');
        Assert.Equal(pieces.Replace('-', '!').Split('|'), Cut(new PatternStep(SplitPatterns.PunctuationRun,
            Enum.Parse<SplitBehavior>(behavior), isInverted: false), text));
        if (behavior != "Contiguous") return;
        Assert.Equal(["a", "!!", "b", "!", "c", "!!"],
            Cut(new LiteralStep("!", SplitBehavior.Contiguous, false), text));
        Assert.Equal(["a!", "!", "b!", "c!", "!"],
            Cut(new LiteralStep("!", SplitBehavior.MergedWithPrevious, false), text));
    }

    private static string InTermsOfDotNet(string pattern)
    {
        pattern = pattern.Replace("(?i:'s|'t|'re|'ve|'m|'ll|'d)",
                "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])", StringComparison.Ordinal)
            .Replace("(?i:[sdmt]|ll|ve|re)", "(?:[sSdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])", StringComparison.Ordinal)
            .Replace(@"[^\r\n\p{L}\p{N}]?+\p{L}+", @"(?>[^\r\n\p{L}\p{N}]?)\p{L}+", StringComparison.Ordinal)
            .Replace("++", "+", StringComparison.Ordinal)
            .Replace(@"[^\w", "[^" + WordClass, StringComparison.Ordinal)
            .Replace(@"\w", $"[{WordClass}]", StringComparison.Ordinal);
        // Its classes cannot hold characters above the basic plane; they stand at the end of the only set that does.
        var above = pattern.IndexOfAny([.. Enumerable.Range(0xD800, 0x800).Select(c => (char)c)]);
        pattern = above < 0 ? pattern : pattern[..above] + "]+";
        return pattern == SplitPatterns.TrailingSpace ? @"\s+\z" : pattern;
    }

    private static string RandomText(Random random)
    {
        const string Alphabet = " \t\n\r\u00A0\u0085\u3000'sStTrReEvVmMlLdDaZ水河が가1234٣½.,!?-_/，。\u0301\u0E33"
            + "\u200D<|>$`~\u00AA\u2026";
        return string.Create(random.Next(1, 16), random, (target, source) =>
        {
            foreach (ref var c in target)
                c = source.Next(10) == 0 ? (char)source.Next(0, 0xD800) : Alphabet[source.Next(Alphabet.Length)];
        });
    }

    private static List<string> Cut(Regex regex, string text)
    {
        var pieces = new List<string>();
        var at = 0;
        foreach (Match match in regex.Matches(text))
        {
            if (match.Length == 0) continue;
            if (match.Index > at) pieces.Add(text[at..match.Index]);
            pieces.Add(match.Value);
            at = match.Index + match.Length;
        }
        if (at < text.Length) pieces.Add(text[at..]);
        return pieces;
    }

    private static List<string> Cut(string pattern, string text) => Cut(SplitStep.Isolating(pattern), text);

    private static List<string> Cut(SplitStep step, string text)
    {
        var pieces = new List<string>();
        for (var start = 0; start < text.Length;)
        {
            var end = step.EndOfPiece(text, start, out var isDropped);
            Assert.True(end > start);
            if (!isDropped) pieces.Add(text[start..end]);
            start = end;
        }
        return pieces;
    }
}
