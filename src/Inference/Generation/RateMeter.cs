namespace Weir.Inference.Generation;

/// <summary>Events a second over the last ten seconds, in one-second buckets. Not thread-safe.</summary>
internal sealed class RateMeter(TimeProvider time)
{
    private const int Seconds = 10;
    private readonly long[] _buckets = new long[Seconds];
    private readonly long _start = time.GetTimestamp();
    private long _now;

    public void Add(long count)
    {
        Advance();
        _buckets[_now % Seconds] += count;
    }

    /// <summary>Over the whole window, or over the meter's life where that is shorter.</summary>
    public double PerSecond()
    {
        Advance();
        return _buckets.Sum() / Math.Clamp(time.GetElapsedTime(_start).TotalSeconds, 1, Seconds);
    }

    private void Advance()
    {
        long now = (long)time.GetElapsedTime(_start).TotalSeconds;
        for (long second = Math.Max(_now + 1, now - Seconds + 1); second <= now; second++)
            _buckets[second % Seconds] = 0;
        _now = now;
    }
}
