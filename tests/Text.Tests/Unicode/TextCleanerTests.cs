using System.Text;
using Weir.Text.Tests.Tokenizers;
using Weir.Text.Unicode;

namespace Weir.Text.Tests.Unicode;

public sealed class TextCleanerTests
{
    [Theory]
    [InlineData("a\r\nb\rc\n\r\n\r", "a\nb\nc\n\n\n")]
    [InlineData("\uFEFFtab\tkept\u0000\u0007\u001B[0m\u007F\u0085\u009Fx\uFFFE\uFFFF", "tab\tkept[0mx")]
    [InlineData("e\u0301 か\u3099 \u212B", "é が Å")]
    [InlineData("e\u0000\u0301", "é")]
    [InlineData("", "")]
    [InlineData("\r", "\n")]
    public void Repairs_what_is_wrong(string text, string clean) => Assert.Equal(clean, TextCleaner.Clean(text));

    // Not a theory: attributes cannot hold malformed text.
    [Fact]
    public void Lone_surrogates_are_replaced()
    {
        Assert.Equal("a\uFFFDb", TextCleaner.Clean("a\uD800b"));
        Assert.Equal("\uFFFD😀\uFFFD", TextCleaner.Clean("\uDC00\uD83D\uDE00\uD83D"));
    }

    [Fact]
    public void Clean_text_comes_back_as_the_same_instance()
    {
        foreach (var text in new[] { "水流 flows\n\tand more 😀", "한국어 がぎ", "" })
            Assert.Same(text, TextCleaner.Clean(text));
    }

    [Fact]
    public void Cleaning_twice_is_cleaning_once_and_leaves_nothing_unwanted()
    {
        var random = new Random(61);
        for (var round = 0; round < 2000; round++)
        {
            var clean = TextCleaner.Clean(SampleTexts.AnyUtf16(random, random.Next(0, 60)));
            Assert.Same(clean, TextCleaner.Clean(clean));
            Assert.True(clean.IsNormalized(NormalizationForm.FormC));
            Assert.DoesNotContain(clean, c => char.IsControl(c) && c is not ('\n' or '\t')
                || c is '\uFEFF' or '\uFFFE' or '\uFFFF');
        }
    }
}
