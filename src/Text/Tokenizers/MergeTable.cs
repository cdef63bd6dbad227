using System.Numerics;

namespace Weir.Text.Tokenizers;

/// <summary>Which pairs of tokens merge, at what rank, into which token: an open-addressing hash table that is built
/// once and then only read, so that any number of threads may use it.</summary>
internal sealed class MergeTable
{
    /// <summary>The rank of a pair that does not merge.</summary>
    public const int NoRank = int.MaxValue;

    private const ulong Empty = ulong.MaxValue;

    private readonly ulong[] _keys;
    private readonly int[] _ranks;
    private readonly int[] _results;
    private readonly int _shift;

    public MergeTable(int merges)
    {
        _results = new int[merges];
        // At most half full, so that a miss (the common case) ends after one or two probes.
        var slots = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, merges * 2L));
        _shift = 64 - BitOperations.Log2((uint)slots);
        _keys = new ulong[slots];
        _ranks = new int[slots];
        Array.Fill(_keys, Empty);
    }

    /// <summary>False when the pair has a rank already.</summary>
    public bool TryAdd(int left, int right, int rank, int result)
    {
        var key = Key(left, right);
        var slot = Slot(key);
        while (_keys[slot] != Empty)
        {
            if (_keys[slot] == key) return false;
            slot = slot + 1 & _keys.Length - 1;
        }
        _keys[slot] = key;
        _ranks[slot] = rank;
        _results[rank] = result;
        return true;
    }

    public int RankOf(int left, int right)
    {
        var key = Key(left, right);
        var keys = _keys;
        for (var slot = Slot(key); ; slot = slot + 1 & keys.Length - 1)
        {
            var found = keys[slot];
            if (found == key) return _ranks[slot];
            if (found == Empty) return NoRank;
        }
    }

    public int ResultOf(int rank) => _results[rank];

    private static ulong Key(int left, int right) => (ulong)(uint)left << 32 | (uint)right;

    // Fibonacci hashing: the product's high bits depend on all bits of the key.
    private int Slot(ulong key) => (int)((key ^ key >> 29) * 0x9E3779B97F4A7C15UL >> _shift);
}
