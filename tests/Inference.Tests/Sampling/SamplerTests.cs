using Weir.Inference.Sampling;

namespace Weir.Inference.Tests.Sampling;

public sealed class SamplerTests
{
    [Fact]
    public void Temperature_zero_takes_the_largest_and_of_equals_the_lowest()
    {
        Assert.Equal(2, Sampler.Greedy([1, 2, 7, 7, -3]));
        Assert.Equal(17, Next(new SamplingOptions(Temperature: 0), Peak(40, 17)));
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
            Assert.Equal(best, Next(new SamplingOptions(1.3, topP, topK, seed), logits));
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
        var scratch = new SamplerScratch(logits.Length);
        var counts = new int[logits.Length];
        for (int i = 0; i < draws; i++) counts[sampler.Next(logits, i, scratch)]++;
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
            return string.Join(' ', Enumerable.Range(0, 30).Select(i => sampler.Next(Logits(100, i), i,
                new SamplerScratch(100))));
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
            Assert.InRange(Next(options with { Seed = 1 }, Enumerable.Repeat(value, 9).ToArray()), 0, 8);
    }

    [Theory]
    [InlineData(1.0, 1.0, 0, 0.1)]
    [InlineData(0.7, 0.9, 40, 0.0)]
    [InlineData(1.0, 0.95, 0, 0.0)]
    [InlineData(1.5, 0.5, 0, 0.01)]
    [InlineData(1.0, 1.0, 300, 0.0)]
    public void A_large_vocabulary_is_cut_as_the_definition_says(double temperature, double topP, int topK, double minP)
    {
        const int vocabulary = 150_001;
        var scratch = new SamplerScratch(vocabulary);
        var random = new Random(5);
        var logits = Enumerable.Range(0, vocabulary).Select(_ => (float)Math.Log(1 / (random.NextDouble() + 1e-6)))
            .ToArray();
        logits[77] = logits[99_000] = 18; // equal, and likely
        var kept = Kept(logits, temperature, topP, topK, minP);
        for (int place = 0; place < 300; place++)
            Assert.Contains(new Sampler(new SamplingOptions(temperature, topP, topK, 3) { MinP = minP })
                .Next(logits, place, scratch), kept);
    }

    [Fact]
    public void Penalties_count_the_answer_and_repetition_the_prompt_too()
    {
        float[] logits = [3, 3.1f, -1, 0, 2.9f];
        var scratch = new SamplerScratch(5);
        var repeated = new Sampler(new SamplingOptions(0) { RepetitionPenalty = 2 }, [1, 0]);
        Assert.Equal(4, repeated.Next(logits, 0, scratch));
        var present = new Sampler(new SamplingOptions(0) { PresencePenalty = 0.15 }, [1, 0]);
        Assert.Equal(1, present.Next(logits, 0, scratch));
        present.Accept(1);
        Assert.Equal(0, present.Next(logits, 1, scratch));
        var frequent = new Sampler(new SamplingOptions(0) { FrequencyPenalty = 0.06 });
        frequent.Accept(1);
        Assert.Equal(1, frequent.Next(logits, 1, scratch));
        frequent.Accept(1);
        Assert.Equal(0, frequent.Next(logits, 2, scratch));
        Assert.Equal([3, 3.1f, -1, 0, 2.9f], logits);
    }

    [Fact]
    public void Bias_bans_and_forces_and_a_mask_lets_only_its_own_through()
    {
        var logits = Logits(200, seed: 4);
        int best = Sampler.Greedy(logits);
        var banned = new SamplingOptions(0) { LogitBias = new Dictionary<int, float> { [best] = -100 } };
        Assert.NotEqual(best, Next(banned, logits));
        Assert.Equal(150, Next(new SamplingOptions(0) { LogitBias = new Dictionary<int, float> { [150] = 100 } },
            logits));
        ulong[] allowed = [0, 0, 1UL << 3];
        for (int seed = 0; seed < 50; seed++)
            Assert.Equal(131, new Sampler(new SamplingOptions(2, Seed: seed)).Next(logits, 0, new SamplerScratch(200),
                allowed));
    }

    [Fact]
    public void Draws_of_places_are_even_and_independent()
    {
        var sums = new int[10];
        for (int place = 0; place < 20_000; place++) sums[(int)(SeededDraw.At(7, place) * 10)]++;
        Assert.All(sums, s => Assert.InRange(s, 1800, 2200));
        int above = Enumerable.Range(0, 10_000).Count(i => SeededDraw.At(i, 0) > SeededDraw.At(i, 1));
        Assert.InRange(above, 4750, 5250);
    }

    private static int Next(SamplingOptions options, float[] logits) =>
        new Sampler(options).Next(logits, 0, new SamplerScratch(logits.Length));

    private static HashSet<int> Kept(float[] logits, double temperature, double topP, int topK, double minP)
    {
        double largest = logits.Max();
        var weights = logits.Select(l => Math.Exp((l - largest) / temperature)).ToArray();
        var order = Enumerable.Range(0, logits.Length).OrderByDescending(i => logits[i]).ToList();
        if (topK > 0) order = [.. order.Take(topK)];
        double total = order.Sum(i => weights[i]), mass = 0;
        var kept = new HashSet<int>();
        foreach (var i in order)
        {
            // A little more than wanted, for what rounding moves across the border.
            if (kept.Count > 0 && mass >= topP * total * (1 + 1e-6)) break;
            mass += weights[i];
            if (weights[i] >= minP * (1 - 1e-6)) kept.Add(i);
        }
        return kept;
    }

    /// <summary>Top-k first, then the shortest head that holds top-p of it.</summary>
    private static double[] Definition(float[] logits, double temperature, double topP, int topK)
    {
        var scaled = logits.Select(l => Math.Exp(l / temperature)).ToArray();
        var order = Enumerable.Range(0, logits.Length).OrderByDescending(i => scaled[i]).ToList();
        if (topK > 0) order = [.. order.Take(topK)];
        double total = order.Sum(i => scaled[i]), mass = 0;
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
