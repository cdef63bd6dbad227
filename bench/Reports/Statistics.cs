namespace Weir.Bench.Reports;

/// <summary>Whether a larger figure is a better one.</summary>
internal enum Better
{
    Higher,
    Lower,
}

/// <summary>Order statistics of a few measured values.</summary>
internal static class Statistics
{
    public static double Median(IEnumerable<double> values) => Percentile(values, 50);

    /// <summary>Interpolates between the two nearest ranks, the smallest value being rank 0 and the largest rank
    /// 100 %.</summary>
    /// <param name="percent">0 to 100.</param>
    /// <exception cref="ArgumentException">There are no values, or one of them is not a number.</exception>
    public static double Percentile(IEnumerable<double> values, double percent)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(percent, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(percent, 100);
        double[] sorted = [.. values.Order()];
        if (sorted.Length == 0 || sorted.Any(double.IsNaN))
            throw new ArgumentException("A percentile needs values that are numbers.", nameof(values));
        double rank = percent / 100 * (sorted.Length - 1);
        int below = (int)rank, above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((rank - below) * (sorted[above] - sorted[below]));
    }

    /// <summary>Value over baseline, turned so that more than 1 is better for us. Null without a baseline, and where
    /// nothing can be divided.</summary>
    public static double? Ratio(double value, double? baseline, Better better)
    {
        if (baseline is not { } other) return null;
        double ratio = better == Better.Higher ? value / other : other / value;
        return double.IsFinite(ratio) ? ratio : null;
    }
}
