using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;
using Weir.Formats.Bcl;

namespace Weir.Text.Tokenizers.Models;

/// <summary>Byte-level BPE: a piece's bytes merge by rank. Immutable but for the cache.</summary>
internal sealed class BytePairModel : ISubwordModel
{
    /// <summary>A piece of more bytes is refused: merging takes some 40 bytes of memory for each.</summary>
    public const int MaxPieceBytes = 1 << 24;

    private readonly MergeTable _merges;
    private readonly int[] _idOfByte;
    private readonly WholeCharacters? _wholeCharacters;
    private readonly Dictionary<string, int>? _wholePieces;
    private readonly PieceCache _cache = new();

    /// <param name="tokens">Tokens in byte-level text form by id.</param>
    /// <param name="isPlain">Which of them text may become.</param>
    /// <param name="merges">Merges by rank.</param>
    /// <param name="ignoresMerges">Whether a piece that is a token as a whole is not merged.</param>
    /// <param name="where">What messages call the source, such as the file's path.</param>
    /// <exception cref="UserErrorException">The parts contradict each other.</exception>
    public BytePairModel(IReadOnlyList<string> tokens, bool[] isPlain,
        IReadOnlyList<(string Left, string Right)> merges, bool ignoresMerges, string where)
    {
        var ids = TokenIndex.Build(tokens, where);
        _idOfByte = FindBytes(ids, isPlain, where);
        (_merges, var ranked) = BuildMerges(ids, isPlain, merges, where);
        _wholeCharacters = WholeCharacters.Build([.. tokens.Select((text, id) => isPlain[id]
            ? ByteAlphabet.ToBytes(text) : null)], ranked, _idOfByte, _merges);
        if (ignoresMerges) _wholePieces = FindWholePieces(tokens, isPlain);
    }

    public void Encode(ReadOnlySpan<char> piece, List<int> into)
    {
        if (piece.Length > PieceCache.MaxPieceLength)
        {
            MergePiece(piece, into);
            return;
        }
        var hash = PieceCache.HashOf(piece);
        if (_cache.TryAppend(hash, piece, into)) return;
        var before = into.Count;
        MergePiece(piece, into);
        _cache.Remember(hash, piece, CollectionsMarshal.AsSpan(into)[before..]);
    }

    private void MergePiece(ReadOnlySpan<char> piece, List<int> into)
    {
        if (_wholePieces is not null
            && _wholePieces.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(piece, out var whole))
        {
            into.Add(whole);
            return;
        }
        if (piece.Length > MaxPieceBytes / 3)
            throw new UserErrorException($"A run of {piece.Length:N0} characters without a break is more than the "
                + $"tokenizer takes ({MaxPieceBytes / 3:N0}). Divide the text.");
        if (piece.Length * 3 <= BytePairMerger.ScanLimit)
        {
            MergeShort(piece, into);
            return;
        }
        var symbols = ArrayPool<int>.Shared.Rent(piece.Length * 3);
        into.AddRange(symbols.AsSpan(0, Merge(piece, symbols)));
        ArrayPool<int>.Shared.Return(symbols);
    }

    // Most pieces come through here.
    [SkipLocalsInit]
    private void MergeShort(ReadOnlySpan<char> piece, List<int> into)
    {
        Span<int> symbols = stackalloc int[BytePairMerger.ScanLimit];
        into.AddRange(symbols[..Merge(piece, symbols)]);
    }

    private int Merge(ReadOnlySpan<char> piece, Span<int> symbols)
    {
        if (_wholeCharacters is null || !_wholeCharacters.TryFill(piece, symbols, out var count))
            count = FillBytes(piece, symbols);
        return BytePairMerger.Merge(symbols[..count], _merges);
    }

    private int FillBytes(ReadOnlySpan<char> piece, Span<int> symbols)
    {
        Span<byte> bytes = stackalloc byte[4];
        var count = 0;
        foreach (var rune in piece.EnumerateRunes())
            foreach (var value in bytes[..rune.EncodeToUtf8(bytes)]) symbols[count++] = _idOfByte[value];
        return count;
    }

    private static int[] FindBytes(Dictionary<string, int> ids, bool[] isPlain, string where)
    {
        var found = new int[256];
        for (var b = 0; b < 256; b++)
        {
            var symbol = ByteAlphabet.Symbol((byte)b);
            if (ids.TryGetValue(symbol, out found[b]) && isPlain[found[b]]) continue;
            // UTF-8 has no use for these, and some vocabularies leave them out.
            if (b is 0xC0 or 0xC1 or >= 0xF5) continue;
            throw new UserErrorException($"{where}: the token '{symbol}' of byte 0x{b:X2} is missing, "
                + "so this is no complete byte-level vocabulary.");
        }
        return found;
    }

    private static (MergeTable Table, (int Left, int Right, int Result)[] Ranked) BuildMerges(
        Dictionary<string, int> ids, bool[] isPlain, IReadOnlyList<(string Left, string Right)> merges, string where)
    {
        if (merges.Count > TokenIndex.MaxMerges)
            throw new UserErrorException(
                $"{where}: {merges.Count:N0} merges are more than {TokenIndex.MaxMerges:N0}, the limit.");
        var table = new MergeTable(merges.Count);
        var ranked = new (int Left, int Right, int Result)[merges.Count];
        for (var rank = 0; rank < merges.Count; rank++)
        {
            var (left, right) = merges[rank];
            // A special token that a merge could make could be forged by plain text.
            ranked[rank] = (Known(left, rank), Known(right, rank), Known(left + right, rank));
            if (!table.TryAdd(ranked[rank].Left, ranked[rank].Right, rank, ranked[rank].Result))
                throw new UserErrorException($"{where}: merge {rank} ('{left}' with '{right}') stands there twice.");
        }
        return (table, ranked);

        int Known(string text, int rank) => ids.TryGetValue(text, out var id) && isPlain[id] ? id
            : throw new UserErrorException(
                $"{where}: merge {rank} needs the token '{text}', which the vocabulary does not have as plain text.");
    }

    private static Dictionary<string, int> FindWholePieces(IReadOnlyList<string> tokens, bool[] isPlain)
    {
        var pieces = new Dictionary<string, int>(tokens.Count, StringComparer.Ordinal);
        for (var id = 0; id < tokens.Count; id++)
        {
            if (!isPlain[id] || ByteAlphabet.ToBytes(tokens[id]) is not { } bytes) continue;
            // A token that ends within a character is no piece of text.
            if (Utf8.IsValid(bytes)) pieces.TryAdd(Encoding.UTF8.GetString(bytes), id);
        }
        return pieces;
    }
}
