using System.Text;
using Weir.Inference.Generation;

namespace Weir.Inference.Tests.Generation;

public sealed class StopFilterTests
{
    [Fact]
    public void However_the_text_is_cut_it_ends_before_the_stop_string()
    {
        for (int seed = 0; seed < 3000; seed++)
        {
            var random = new Random(seed);
            string text = Letters(random, 0, 40), stop = Letters(random, 1, 5);
            int at = text.IndexOf(stop, StringComparison.Ordinal);
            var (shown, stopped) = Run(text, [stop], random);
            Assert.Equal(at >= 0, stopped);
            Assert.Equal(at >= 0 ? text[..at] : text, shown);
        }
    }

    [Fact]
    public void With_several_stop_strings_none_is_ever_shown_whole_and_text_is_never_lost()
    {
        for (int seed = 0; seed < 3000; seed++)
        {
            var random = new Random(seed);
            var text = Letters(random, 0, 40);
            string[] stops = [Letters(random, 1, 4), Letters(random, 1, 4), Letters(random, 2, 6)];
            var (shown, stopped) = Run(text, stops, random);
            Assert.StartsWith(shown, text, StringComparison.Ordinal);
            Assert.DoesNotContain(stops, stop => shown.Contains(stop, StringComparison.Ordinal));
            if (!stopped) Assert.Equal(text, shown);
            else Assert.Contains(stops, stop => text[shown.Length..].StartsWith(stop, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void What_may_become_a_stop_string_is_held_back_until_it_does_not()
    {
        var filter = new StopFilter(["\n\nUser:"]);
        Assert.Equal("Hello", filter.Push("Hello\n"));
        Assert.Equal("", filter.Push("\nUs"));
        Assert.Equal("\n\nUseful", filter.Push("eful\n")[..8]);
        Assert.Equal("\n", filter.Flush());
    }

    private static (string Shown, bool Stopped) Run(string text, string[] stops, Random random)
    {
        var filter = new StopFilter(stops);
        var shown = new StringBuilder();
        for (int at = 0; at < text.Length && !filter.Stopped;)
        {
            int length = Math.Min(random.Next(1, 5), text.Length - at);
            shown.Append(filter.Push(text.Substring(at, length)));
            at += length;
        }
        return (shown.Append(filter.Flush()).ToString(), filter.Stopped);
    }

    private static string Letters(Random random, int least, int most) =>
        new([.. Enumerable.Range(0, random.Next(least, most + 1)).Select(_ => "ab"[random.Next(2)])]);
}
