using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Weir.Text.Tokenizers.Models;

/// <summary>Remembers the ids of short pieces, without an allocation a piece. Bounded: a fixed number of slots, where a
/// newcomer takes the place of whatever had the same hash. Threads share it without locks: a slot's version is odd
/// while it is written, and a reader who sees it change has read nothing.</summary>
internal sealed class PieceCache
{
    /// <summary>Longer pieces seldom come again (characters).</summary>
    public const int MaxPieceLength = 24;

    /// <summary>Pieces of more ids are not remembered.</summary>
    public const int MaxIds = 14;

    private const int Blocks = 256, SlotsOfBlock = 128;

    private readonly Slot[]?[] _blocks = new Slot[Blocks][];

    /// <summary>The hash of a piece of at most <see cref="MaxPieceLength"/> characters.</summary>
    public static ulong HashOf(ReadOnlySpan<char> piece)
    {
        const ulong Factor = 0x9E3779B97F4A7C15UL;
        var hash = (ulong)piece.Length * Factor;
        var words = MemoryMarshal.Cast<char, ulong>(piece);
        foreach (var word in words) hash = (hash ^ word ^ hash >> 29) * Factor;
        foreach (var c in piece[(words.Length * 4)..]) hash = (hash ^ c ^ hash >> 29) * Factor;
        return hash ^ hash >> 32;
    }

    /// <summary>Appends the ids of the piece; false when they are not known (any more).</summary>
    public bool TryAppend(ulong hash, ReadOnlySpan<char> piece, List<int> into)
    {
        var block = Volatile.Read(ref _blocks[(int)(hash / SlotsOfBlock % Blocks)]);
        if (block is null) return false;
        ref var slot = ref block[(int)(hash % SlotsOfBlock)];
        var version = Volatile.Read(ref slot.Version);
        int idCount = slot.IdCount;
        if ((version & 1) != 0 || slot.Length != piece.Length || idCount > MaxIds
            || !piece.SequenceEqual(((ReadOnlySpan<char>)slot.Piece)[..piece.Length])) return false;
        var before = into.Count;
        CollectionsMarshal.SetCount(into, before + idCount);
        ((ReadOnlySpan<int>)slot.Ids)[..idCount].CopyTo(CollectionsMarshal.AsSpan(into)[before..]);
        Volatile.ReadBarrier();
        if (slot.Version == version) return true;
        CollectionsMarshal.SetCount(into, before);
        return false;
    }

    public void Remember(ulong hash, ReadOnlySpan<char> piece, ReadOnlySpan<int> ids)
    {
        if (ids.Length > MaxIds) return;
        ref var block = ref _blocks[(int)(hash / SlotsOfBlock % Blocks)];
        if (Volatile.Read(ref block) is null) Interlocked.CompareExchange(ref block, new Slot[SlotsOfBlock], null);
        ref var slot = ref block![(int)(hash % SlotsOfBlock)];
        var version = Volatile.Read(ref slot.Version);
        if ((version & 1) != 0 || Interlocked.CompareExchange(ref slot.Version, version + 1, version) != version)
            return;
        slot.Length = (short)piece.Length;
        slot.IdCount = (short)ids.Length;
        piece.CopyTo(slot.Piece);
        ids.CopyTo(slot.Ids);
        Volatile.Write(ref slot.Version, version + 2);
    }

    private struct Slot
    {
        public int Version;
        public short Length, IdCount;
        public Characters Piece;
        public Numbers Ids;
    }

    [InlineArray(MaxPieceLength)]
    private struct Characters
    {
        private char _first;
    }

    [InlineArray(MaxIds)]
    private struct Numbers
    {
        private int _first;
    }
}
