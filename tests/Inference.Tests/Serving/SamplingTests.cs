using Weir.Inference.Serving;

namespace Weir.Inference.Tests.Serving;

public sealed class SamplingTests
{
    private static int Draw(SamplingOptions options, params float[] logits) => new Sampler(options).Next([.. logits]);

    [Fact]
    public void Temperature_zero_takes_the_largest_and_the_first_of_equals()
    {
        Assert.Equal(1, Draw(new SamplingOptions(0), 1, 3, 2));
        Assert.Equal(1, Draw(new SamplingOptions(0), 1, 3, 3));
    }

    [Fact]
    public void A_seed_repeats_its_draws()
    {
        int[] Draws(long seed)
        {
            var sampler = new Sampler(new SamplingOptions(1, 0.9, 5, seed));
            return [.. Enumerable.Range(0, 50).Select(i => sampler.Next([1, 2, 3, 2, 1, i % 3]))];
        }
        Assert.Equal(Draws(7), Draws(7));
        Assert.NotEqual(Draws(7), Draws(8));
    }

    [Fact]
    public void Top_k_and_top_p_never_leave_their_set()
    {
        var topK = new Sampler(new SamplingOptions(1.5, 1, 2, 1));
        var topP = new Sampler(new SamplingOptions(1, 0.6, 0, 1));
        for (int i = 0; i < 500; i++)
        {
            Assert.Contains(topK.Next([0, 1, 2, 0.5f]), (int[])[1, 2]);
            Assert.Contains(topP.Next([0, 3, 2, 0.5f]), (int[])[1]); // softmax of 3 is 0.68
        }
    }

    [Fact]
    public void Draws_follow_the_distribution()
    {
        var sampler = new Sampler(new SamplingOptions(1, 1, 0, 3));
        var counts = new int[3];
        for (int i = 0; i < 30_000; i++) counts[sampler.Next([0, MathF.Log(2), MathF.Log(5)])]++;
        Assert.Equal(1 / 8.0, counts[0] / 30_000.0, 0.01);
        Assert.Equal(2 / 8.0, counts[1] / 30_000.0, 0.01);
        Assert.Equal(5 / 8.0, counts[2] / 30_000.0, 0.01);
    }
}

public sealed class StopFilterTests
{
    [Fact]
    public void A_stop_string_cuts_the_text_before_it()
    {
        var filter = new StopFilter(["END"]);
        Assert.Equal("ab", filter.Push("abENDcd"));
        Assert.True(filter.Stopped);
        Assert.Equal("", filter.Push("more") + filter.Flush());
    }

    [Fact]
    public void What_may_begin_a_stop_string_is_held_back_until_it_is_known()
    {
        var filter = new StopFilter(["END"]);
        Assert.Equal("a", filter.Push("aE"));
        Assert.Equal("", filter.Push("N"));
        Assert.Equal("ENx", filter.Push("x"));
        Assert.False(filter.Stopped);
    }

    [Fact]
    public void However_the_text_is_cut_no_part_of_a_stop_string_comes_through()
    {
        const string text = "one two abc stop three";
        var random = new Random(2);
        for (int round = 0; round < 300; round++)
        {
            var filter = new StopFilter(["abcd", "c st", "zzz"]);
            var seen = "";
            for (int at = 0; at < text.Length;)
            {
                int length = Math.Min(random.Next(1, 6), text.Length - at);
                seen += filter.Push(text.Substring(at, length));
                Assert.StartsWith(seen, "one two ab");
                at += length;
            }
            Assert.Equal("one two ab", seen + filter.Flush());
        }
    }

    [Fact]
    public void Text_without_a_stop_string_comes_through_whole()
    {
        var filter = new StopFilter(["xyz"]);
        Assert.Equal("ab xy", filter.Push("ab x") + filter.Push("y") + filter.Flush());
    }
}
