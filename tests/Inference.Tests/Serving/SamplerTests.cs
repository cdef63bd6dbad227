using Weir.Inference.Kernels;
using Weir.Inference.Serving;

namespace Weir.Inference.Tests.Serving;

public sealed class SamplerTests
{
    [Fact]
    public void Temperature_zero_takes_the_largest_and_of_equals_the_lowest()
    {
        Assert.Equal(2, Sampler.Greedy([1, 2, 7, 7, -3]));
        Assert.Equal(17, new Sampler(new SamplingOptions(Temperature: 0)).Next(Peak(40, 17)));
    }

    [Theory]
    [InlineData(1, 1.0)]
    [InlineData(0, 0.0001)]
    public void The_narrowest_choices_are_greedy(int topK, double topP)
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var logits = Logits(50, seed);
            int best = Sampler.Greedy(logits);
            Assert.Equal(best, new Sampler(new SamplingOptions(1.3, topP, topK, seed)).Next(logits));
        }
    }

    [Theory]
    [InlineData(1.0, 1.0, 0)]
    [InlineData(0.7, 1.0, 5)]
    [InlineData(1.5, 0.8, 0)]
    [InlineData(1.0, 0.9, 12)]
    [InlineData(2.0, 0.5, 3)]
    public void Frequencies_follow_the_definition(double temperature, double topP, int topK)
    {
        const int draws = 40_000;
        var logits = Logits(30, seed: 8);
        var expected = Definition(logits, temperature, topP, topK);
        var sampler = new Sampler(new SamplingOptions(temperature, topP, topK, Seed: 99));
        var counts = new int[logits.Length];
        for (int i = 0; i < draws; i++) counts[sampler.Next([.. logits])]++;
        for (int i = 0; i < counts.Length; i++)
        {
            if (expected[i] == 0) Assert.Equal(0, counts[i]);
            double deviation = Math.Sqrt(expected[i] * (1 - expected[i]) / draws);
            Assert.InRange((double)counts[i] / draws, expected[i] - 5 * deviation, expected[i] + 5 * deviation);
        }
    }

    [Fact]
    public void A_seed_reproduces_and_seeds_differ()
    {
        string Draw(long seed)
        {
            var sampler = new Sampler(new SamplingOptions(1, 0.95, 20, seed));
            return string.Join(' ', Enumerable.Range(0, 30).Select(i => sampler.Next(Logits(100, i))));
        }
        Assert.Equal(Draw(42), Draw(42));
        string[] drawn = [Draw(42), Draw(-42), Draw(0), Draw(42L << 32), Draw(long.MinValue)];
        Assert.Equal(drawn.Length, drawn.Distinct().Count());
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void Logits_that_are_no_numbers_still_give_a_token(float value)
    {
        foreach (var options in (SamplingOptions[])[new(0), new(1), new(1, 0.5), new(1, 1, 3), new(0.01, 0.9, 4)])
            Assert.InRange(new Sampler(options with { Seed = 1 }).Next(Enumerable.Repeat(value, 9).ToArray()), 0, 8);
    }

    /// <summary>Top-k first, then the shortest head that holds top-p of it.</summary>
    private static double[] Definition(float[] logits, double temperature, double topP, int topK)
    {
        var scaled = logits.Select(l => (float)(l / temperature)).ToArray();
        Elementwise.Softmax(scaled);
        var order = Enumerable.Range(0, logits.Length).OrderByDescending(i => scaled[i]).ToList();
        if (topK > 0) order = [.. order.Take(topK)];
        double total = order.Sum(i => (double)scaled[i]), mass = 0;
        var kept = new List<int>();
        foreach (var i in order)
        {
            if (kept.Count > 0 && mass >= topP * total) break;
            kept.Add(i);
            mass += scaled[i];
        }
        var result = new double[logits.Length];
        foreach (var i in kept) result[i] = scaled[i] / mass;
        return result;
    }

    private static float[] Logits(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() * 6 - 3))];
    }

    private static float[] Peak(int count, int at) => [.. Enumerable.Range(0, count).Select(i => i == at ? 5f : -i)];
}
