using System.Numerics;

namespace Weir.Data.Synthesis.Grammar;

/// <summary>SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014). Our own, because the
/// corpus of a seed must be the same bytes on every machine and with every later release of the runtime.</summary>
internal sealed class SplitMix(ulong state)
{
    private ulong _state = state;

    /// <summary>The stream of a seed for one purpose; streams of different purposes are unrelated.</summary>
    public static SplitMix For(long seed, string purpose) => new(Mix((ulong)seed) ^ StableHash.Of(purpose));

    /// <summary>0 up to, not including, <paramref name="bound"/>.</summary>
    public int Below(int bound) => (int)(((UInt128)Next() * (ulong)bound) >> 64);

    /// <summary>Both ends included.</summary>
    public int Between(int low, int high) => low + Below(high - low + 1);

    public bool Chance(int percent) => Below(100) < percent;

    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    public void Shuffle<T>(Span<T> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int other = Below(i + 1);
            (items[i], items[other]) = (items[other], items[i]);
        }
    }

    /// <summary>Different items in random order.</summary>
    public T[] Sample<T>(IReadOnlyList<T> items, int count)
    {
        T[] all = [.. items];
        Shuffle<T>(all);
        return all[..count];
    }

    internal static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    private ulong Next() => Mix(_state += 0x9E3779B97F4A7C15);
}

/// <summary>A hash of text that never changes: FNV-1a over UTF-16 units, finished by the mixer of SplitMix64.</summary>
internal static class StableHash
{
    public static ulong Of(string text)
    {
        ulong hash = 14695981039346656037;
        foreach (char unit in text) hash = (hash ^ unit) * 1099511628211;
        return SplitMix.Mix(BitOperations.RotateLeft(hash, 17));
    }
}
