namespace Weir.Inference.Generation;

/// <summary>Counts of durations by upper bound, in seconds. One thread adds; any may read.</summary>
internal sealed class Histogram
{
    private static readonly double[] Bounds =
        [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
    private readonly long[] _counts = new long[Bounds.Length + 1];
    private double _sum;

    public void Add(double seconds)
    {
        int at = 0;
        while (at < Bounds.Length && seconds > Bounds[at]) at++;
        Interlocked.Increment(ref _counts[at]);
        Volatile.Write(ref _sum, _sum + seconds);
    }

    public HistogramCounts Read() =>
        new(Bounds, [.. _counts.Select((_, i) => Interlocked.Read(ref _counts[i]))], Volatile.Read(ref _sum));
}

/// <summary>A histogram at one moment.</summary>
/// <param name="Bounds">Upper bounds in seconds, inclusive.</param>
/// <param name="Counts">One for each bound, and one for what is above all.</param>
/// <param name="Sum">Of all durations, in seconds.</param>
internal sealed record HistogramCounts(double[] Bounds, long[] Counts, double Sum);
