using Weir.Formats.Quantization;

namespace Weir.Formats.Tests.Quantization;

/// <summary>What the searches for scales are worth, against the plain way: the range of the values over all codes, and
/// no second thought.</summary>
public sealed class SearchTests
{
    private const int Count = 256 * 200;

    /// <summary>Type and the largest share of the plain way's root mean square error that may be left, on values as
    /// those of a trained matrix (normal, some rows with outliers).</summary>
    public static TheoryData<TensorType, double> Types => new()
    {
        { TensorType.Q4_0, 0.97 }, { TensorType.Q4_1, 0.97 }, { TensorType.Q5_0, 0.97 }, { TensorType.Q5_1, 0.97 },
        { TensorType.Q4_K, 0.93 }, { TensorType.Q5_K, 0.96 }, { TensorType.Q6_K, 0.99 },
    };

    [Theory]
    [MemberData(nameof(Types))]
    public void The_search_leaves_less_error_than_the_plain_way(TensorType type, double most)
    {
        var values = Weights(seed: 1);
        var back = BlockLayoutTests.RoundTrip(BlockLayout.Of(type), values);
        double searched = Rms(values, back), plain = Rms(values, Plain(type, values));
        Assert.True(searched < plain * most, $"{searched:G4} against {plain:G4}: {searched / plain:F3}");
    }

    [Theory]
    [InlineData(TensorType.Q4_0)]
    [InlineData(TensorType.Q4_K)]
    [InlineData(TensorType.Q5_K)]
    [InlineData(TensorType.Q6_K)]
    public void Importance_moves_the_error_to_columns_that_count_less(TensorType type)
    {
        var values = Weights(seed: 2);
        var random = new Random(3);
        var importance = new float[512];
        for (int i = 0; i < importance.Length; i++) importance[i] = random.Next(4) == 0 ? 30 : 0.2f;
        var layout = BlockLayout.Of(type);
        double without = Rms(values, BlockLayoutTests.RoundTrip(layout, values), importance);
        double with = Rms(values, BlockLayoutTests.RoundTrip(layout, values, importance), importance);
        Assert.True(with < without * 0.97, $"{with:G4} against {without:G4}: {with / without:F3}");
    }

    [Theory]
    [InlineData(TensorType.Q4_0)]
    [InlineData(TensorType.Q4_K)]
    [InlineData(TensorType.Q6_K)]
    public void Importance_that_says_nothing_is_as_none(TensorType type)
    {
        var layout = BlockLayout.Of(type);
        var values = Weights(seed: 4);
        var expected = BlockLayoutTests.RoundTrip(layout, values);
        foreach (var nothing in (float[])[0, float.NaN, float.PositiveInfinity, -1])
            Assert.Equal(expected,
                BlockLayoutTests.RoundTrip(layout, values, Enumerable.Repeat(nothing, 256).ToArray()));
        var half = Enumerable.Range(0, 256).Select(i => i < 128 ? 0f : 1).ToArray();
        Assert.All(BlockLayoutTests.RoundTrip(layout, values, half), v => Assert.True(float.IsFinite(v)));
    }

    [Fact]
    public void Values_on_the_grid_of_a_type_come_back_exactly()
    {
        var grid = Enumerable.Range(0, 32).Select(i => i == 5 ? -8f : (i * 7 % 16) - 8).ToArray();
        Assert.Equal(grid, BlockLayoutTests.RoundTrip(BlockLayout.Of(TensorType.Q4_0), grid));
        // All positive: the minimum is added, not taken away.
        var above = Enumerable.Range(0, 32).Select(i => 100f + i * 5 % 32).ToArray();
        Assert.Equal(above, BlockLayoutTests.RoundTrip(BlockLayout.Of(TensorType.Q5_1), above));
        // Parts with a range of 15 steps of 63 and 32 sixty-thirds: all scales and minimums are whole steps.
        var affine = Enumerable.Range(0, 256).Select(i => (i / 32 == 3 ? 63f : 32f) * (i % 16) - 63).ToArray();
        var back = BlockLayoutTests.RoundTrip(BlockLayout.Of(TensorType.Q4_K), affine);
        for (int i = 0; i < affine.Length; i++) Assert.Equal(affine[i], back[i], 1e-3f * 945);
    }

    private static float[] Weights(int seed)
    {
        var values = BlockLayoutTests.Normal(Count, seed, 0.02);
        var random = new Random(seed);
        for (int i = 0; i < Count / 300; i++) values[random.Next(Count)] *= 4;
        return values;
    }

    private static double Rms(float[] values, float[] back, float[]? importance = null)
    {
        double sum = 0;
        for (int i = 0; i < values.Length; i++)
            sum += (importance is null ? 1 : importance[i % importance.Length]) * Math.Pow(values[i] - back[i], 2);
        return Math.Sqrt(sum / values.Length);
    }

    private static float[] Plain(TensorType type, float[] values) => type switch
    {
        TensorType.Q4_0 => [.. values.Chunk(32).SelectMany(part => Symmetric(part, 8))],
        TensorType.Q5_0 => [.. values.Chunk(32).SelectMany(part => Symmetric(part, 16))],
        TensorType.Q4_1 => [.. values.Chunk(32).SelectMany(part => WithMinimum(part, 15))],
        TensorType.Q5_1 => [.. values.Chunk(32).SelectMany(part => WithMinimum(part, 31))],
        TensorType.Q6_K => [.. values.Chunk(256).SelectMany(SixBits)],
        _ => [.. values.Chunk(256).SelectMany(block => Affine(block, type == TensorType.Q5_K ? 31 : 15))],
    };

    private static IEnumerable<float> Symmetric(float[] part, int most)
    {
        float scale = part.MaxBy(Math.Abs) / -most;
        return part.Select(v => scale * Math.Clamp(MathF.Round(v / scale), -most, most - 1));
    }

    private static IEnumerable<float> WithMinimum(float[] part, int highest)
    {
        float low = part.Min(), scale = (part.Max() - low) / highest;
        return part.Select(v => scale * Math.Clamp(MathF.Round((v - low) / scale), 0, highest) + low);
    }

    private static IEnumerable<float> SixBits(float[] block)
    {
        var parts = block.Chunk(16).ToArray();
        float d = parts.Max(p => p.Max(Math.Abs) / 31) / 127;
        return parts.SelectMany(part =>
        {
            float scale = d * MathF.Round(part.Max(Math.Abs) / 31 / d);
            return part.Select(v => scale * Math.Clamp(MathF.Round(v / scale), -32, 31));
        });
    }

    private static IEnumerable<float> Affine(float[] block, int highest)
    {
        var parts = block.Chunk(32).Select(p => (Values: p, Low: Math.Max(0, -p.Min()), Range: p.Max() - p.Min()));
        var known = parts.ToArray();
        float d = known.Max(p => p.Range / highest) / 63, dmin = known.Max(p => p.Low) / 63;
        return known.SelectMany(part =>
        {
            float scale = d * MathF.Round(part.Range / highest / d), low = dmin * MathF.Round(part.Low / dmin);
            return part.Values.Select(v => scale * Math.Clamp(MathF.Round((v + low) / scale), 0, highest) - low);
        });
    }
}
