using System.Buffers;
using System.Text;

namespace Weir.Text.Tokenizers.Models;

/// <summary>Lets the merging of a piece start from whole characters instead of bytes, which for Chinese saves most of
/// the merges, where that gives the same tokens.</summary>
// Why it does: let every merge come after the merges that make its two sides, as in every vocabulary that was trained.
// Then pairs merge in the order of ranks. A merge whose boundary lies between two characters and one of whose sides
// begins or ends within a character is called crossing. In a piece where no crossing merge fits between any two
// characters, the bytes of each merge as if it stood alone, and they have done so before a merge can use the result.
// Only the last and the first byte at the boundary are looked at: that is more careful than it need be.
internal sealed class WholeCharacters
{
    private readonly int[] _idOfByte;
    private readonly MergeTable _merges;
    private readonly CharacterTable _ofBasic = new();
    // A bit for each last byte and first byte.
    private readonly ulong[] _crossings;

    private WholeCharacters(int[] idOfByte, MergeTable merges, ulong[] crossings) =>
        (_idOfByte, _merges, _crossings) = (idOfByte, merges, crossings);

    /// <summary>Null when the merges are in no such order, or when no token is a character beyond ASCII.</summary>
    /// <param name="tokens">What tokens spell; null for those that do not take part.</param>
    /// <param name="ranked">The merges by rank, as ids.</param>
    /// <param name="idOfByte">The tokens of single bytes.</param>
    /// <param name="merges">The same merges.</param>
    public static WholeCharacters? Build(byte[]?[] tokens, IReadOnlyList<(int Left, int Right, int Result)> ranked,
        int[] idOfByte, MergeTable merges)
    {
        if (FindCrossings(tokens, ranked) is not { } crossings) return null;
        WholeCharacters? result = null;
        Span<int> symbols = stackalloc int[4];
        for (var id = 0; id < tokens.Length; id++)
        {
            if (tokens[id] is not { Length: 2 or 3 } bytes || (bytes[0] & 0xC0) != 0xC0) continue;
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var length) != OperationStatus.Done
                || length != bytes.Length) continue;
            for (var i = 0; i < length; i++) symbols[i] = idOfByte[bytes[i]];
            if (BytePairMerger.MergeByScan(symbols[..length], merges) != 1 || symbols[0] != id) continue;
            result ??= new WholeCharacters(idOfByte, merges, crossings);
            result._ofBasic[(char)rune.Value] = id;
        }
        return result;
    }

    /// <summary>Fills in the symbols that the piece starts from; false when it has to start from bytes.</summary>
    /// <param name="piece">Well-formed text.</param>
    /// <param name="symbols">At least as many places as the piece has bytes.</param>
    /// <param name="count">How many symbols there are.</param>
    public bool TryFill(ReadOnlySpan<char> piece, Span<int> symbols, out int count)
    {
        count = 0;
        var last = -1;
        for (var at = 0; at < piece.Length; at++)
        {
            var c = piece[at];
            var first = c < 0x80 ? c : c < 0x800 ? 0xC0 | c >> 6 : char.IsSurrogate(c) ? 0xF0 : 0xE0 | c >> 12;
            if (last >= 0 && Crosses(_crossings, last, first)) return false;
            last = c < 0x80 ? c : 0x80 | c & 0x3F;
            if (c < 0x80) symbols[count++] = _idOfByte[c];
            else if (_ofBasic[c] is >= 0 and var symbol) symbols[count++] = symbol;
            else
            {
                Rune.DecodeFromUtf16(piece[at..], out var rune, out var length);
                if (length == 2) last = 0x80 | rune.Value & 0x3F;
                at += length - 1;
                count += MergeAlone(rune, symbols[count..]);
            }
        }
        return true;
    }

    private int MergeAlone(Rune rune, Span<int> symbols)
    {
        Span<byte> bytes = stackalloc byte[4];
        var length = rune.EncodeToUtf8(bytes);
        for (var i = 0; i < length; i++) symbols[i] = _idOfByte[bytes[i]];
        return BytePairMerger.MergeByScan(symbols[..length], _merges);
    }

    private static ulong[]? FindCrossings(byte[]?[] tokens, IReadOnlyList<(int Left, int Right, int Result)> ranked)
    {
        var crossings = new ulong[256 * 256 / 64];
        var madeAt = new int[tokens.Length];
        Array.Fill(madeAt, -1);
        for (var rank = 0; rank < ranked.Count; rank++) madeAt[ranked[rank].Result] = rank;
        for (var rank = 0; rank < ranked.Count; rank++)
        {
            var (left, right) = (ranked[rank].Left, ranked[rank].Right);
            if (madeAt[left] >= rank || madeAt[right] >= rank) return null;
            if (tokens[left] is not { Length: > 0 } before || tokens[right] is not { Length: > 0 } behind) return null;
            // A boundary within a character crosses nothing.
            if (IsContinuation(behind[0])) continue;
            if (!IsContinuation(before[0]) && EndsWhole(before) && EndsWhole(behind)) continue;
            // Characters of four bytes begin with one of several bytes; TryFill asks for the first of these.
            var first = behind[0] >= 0xF0 ? 0xF0 : behind[0];
            var place = before[^1] << 8 | first;
            crossings[place >> 6] |= 1UL << place;
        }
        return crossings;
    }

    private static bool Crosses(ulong[] crossings, int last, int first)
    {
        var place = last << 8 | first;
        return (crossings[place >> 6] >> place & 1) != 0;
    }

    private static bool IsContinuation(byte value) => (value & 0xC0) == 0x80;

    private static bool EndsWhole(byte[] bytes) =>
        Rune.DecodeLastFromUtf8(bytes, out _, out _) == OperationStatus.Done;
}
