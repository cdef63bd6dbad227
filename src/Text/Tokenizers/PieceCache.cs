namespace Weir.Text.Tokenizers;

/// <summary>Remembers the ids of short pieces. Bounded: a fixed number of slots, where a newcomer takes the place of
/// whatever had the same hash. Safe without locks, because an entry is immutable and a slot changes by one
/// reference.</summary>
internal sealed class PieceCache
{
    /// <summary>Longer pieces seldom come again (characters).</summary>
    public const int MaxPieceLength = 24;

    private const int Slots = 1 << 15;

    private readonly Entry?[] _entries = new Entry?[Slots];

    /// <summary>The ids of the piece, or null when they are not known (any more).</summary>
    public int[]? Find(ReadOnlySpan<char> piece, out int hash)
    {
        hash = string.GetHashCode(piece);
        var entry = Volatile.Read(ref _entries[hash & Slots - 1]);
        return entry is not null && entry.Hash == hash && piece.SequenceEqual(entry.Piece) ? entry.Ids : null;
    }

    public void Remember(int hash, ReadOnlySpan<char> piece, ReadOnlySpan<int> ids) =>
        Volatile.Write(ref _entries[hash & Slots - 1], new Entry(hash, piece.ToString(), ids.ToArray()));

    private sealed record Entry(int Hash, string Piece, int[] Ids);
}
