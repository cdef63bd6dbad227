using System.Numerics;

namespace Weir.Text.Tokenizers.Models;

/// <summary>Which pairs of tokens merge, at what rank, into which token: an open-addressing hash table that is built
/// once and then only read, so that any number of threads may use it.</summary>
internal sealed class MergeTable
{
    /// <summary>What <see cref="Find"/> gives for a pair that does not merge.</summary>
    public const ulong NoMerge = ulong.MaxValue;

    private const ulong Empty = ulong.MaxValue;

    // Key and value side by side, so that a look-up touches one line of the cache.
    private readonly (ulong Key, ulong Value)[] _slots;
    private readonly int _shift;
    private readonly int _capacity;

    /// <param name="merges">The most pairs that will be added.</param>
    public MergeTable(int merges)
    {
        // At most half full, so that a miss (the common case) ends after one or two probes.
        var slots = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, merges * 2L));
        (_shift, _capacity) = (64 - BitOperations.Log2((uint)slots), Math.Max(8, merges));
        _slots = new (ulong, ulong)[slots];
        Array.Fill(_slots, (Empty, NoMerge));
    }

    public int Count { get; private set; }

    /// <summary>False when the pair has a rank already. Pairs of one rank merge from left to right.</summary>
    public bool TryAdd(int left, int right, int rank, int result)
    {
        var key = Key(left, right);
        var slot = Slot(key);
        while (_slots[slot].Key != Empty)
        {
            if (_slots[slot].Key == key) return false;
            slot = slot + 1 & _slots.Length - 1;
        }
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(Count, _capacity);
        _slots[slot] = (key, (ulong)(uint)rank << 32 | (uint)result);
        Count++;
        return true;
    }

    /// <summary>The pair's rank in the upper half and the token that it makes in the lower; or
    /// <see cref="NoMerge"/>.</summary>
    public ulong Find(int left, int right)
    {
        var key = Key(left, right);
        var slots = _slots;
        for (var slot = Slot(key); ; slot = slot + 1 & slots.Length - 1)
        {
            ref readonly var found = ref slots[slot];
            if (found.Key == key) return found.Value;
            if (found.Key == Empty) return NoMerge;
        }
    }

    private static ulong Key(int left, int right) => (ulong)(uint)left << 32 | (uint)right;

    // Fibonacci hashing: the product's high bits depend on all bits of the key.
    private int Slot(ulong key) => (int)((key ^ key >> 29) * 0x9E3779B97F4A7C15UL >> _shift);
}
