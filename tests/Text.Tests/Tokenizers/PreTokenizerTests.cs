using System.Text.RegularExpressions;
using Weir.Text.Tokenizers.Splitting;

namespace Weir.Text.Tests.Tokenizers;

public sealed class PreTokenizerTests
{
    // .NET's (?i:) folds by its own table; written out, the contractions fold ASCII only, as in the reference.
    private static readonly Regex Reference = new(PreTokenizer.Pattern.Replace(
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)", "'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]",
            StringComparison.Ordinal));

    [Theory]
    [InlineData("Hello world", "Hello| world")]
    [InlineData("I'll we'VE 'Tis it's", "I|'ll| we|'VE| '|Tis| it|'s")]
    [InlineData("2024年3月", "2|0|2|4|年|3|月")]
    [InlineData("a  b", "a| | b")]
    [InlineData("a   ", "a|   ")]
    [InlineData("a \n \n b", "a| \n \n| b")]
    [InlineData("x\t\ty", "x|\t|\ty")]
    [InlineData("好，世界。\r\n\r\n", "好|，世界|。\r\n\r\n")]
    [InlineData(" !!\n", " !!\n")]
    [InlineData("\u3000全角", "\u3000全角")]
    public void Cuts_as_the_pattern_says(string text, string pieces) => Assert.Equal(pieces.Split('|'), Cut(text));

    [Fact]
    public void Letters_above_the_basic_plane_are_letters() =>
        Assert.Equal(["𠮷野家", "的", "😀", "𝟘", "a"], [.. Cut("𠮷野家"), .. Cut("的😀𝟘a")]);

    [Fact]
    public void Agrees_with_the_regular_expression_on_random_text_of_the_basic_plane()
    {
        var random = new Random(11);
        const string Alphabet = " \t\n\r\u00A0\u0085\u3000'sStTrReEvVmMlLdD水河が1٣½.,!?-_，。\u0301\u200D\uFEFF<|>";
        for (var round = 0; round < 20_000; round++)
        {
            var text = string.Create(random.Next(1, 14), random, (target, source) =>
            {
                foreach (ref var c in target)
                    c = source.Next(10) == 0 ? (char)source.Next(0, 0xD800) : Alphabet[source.Next(Alphabet.Length)];
            });
            Assert.Equal(Reference.Matches(text).Select(match => match.Value), Cut(text));
        }
    }

    [Fact]
    public void The_pieces_make_up_the_whole_text_even_when_it_is_malformed()
    {
        var random = new Random(12);
        for (var round = 0; round < 2000; round++)
        {
            var text = SampleTexts.AnyUtf16(random, random.Next(0, 40));
            Assert.Equal(text, string.Concat(Cut(text)));
        }
    }

    private static List<string> Cut(string text)
    {
        var pieces = new List<string>();
        for (var start = 0; start < text.Length;)
        {
            var end = PreTokenizer.EndOfPiece(text, start);
            Assert.True(end > start);
            pieces.Add(text[start..end]);
            start = end;
        }
        return pieces;
    }
}
