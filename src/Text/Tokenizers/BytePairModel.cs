using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using Weir.Formats.Bcl;

namespace Weir.Text.Tokenizers;

/// <summary>A vocabulary with its merges, checked and laid out for encoding. Immutable but for the cache.</summary>
internal sealed class BytePairModel
{
    /// <summary>More tokens or merges than any known tokenizer has; a limit against hostile files.</summary>
    public const int MaxTokens = 1 << 21;

    private readonly MergeTable _merges;
    private readonly int[] _idOfByte = new int[256];
    private readonly byte[][] _bytes;
    private readonly bool[] _isSpecial;
    private readonly PieceCache _cache = new();

    /// <param name="vocabulary">Tokens in the order of their ids, merges in the order of their ranks.</param>
    /// <param name="where">What messages call the source, such as the file's path.</param>
    /// <exception cref="UserErrorException">The parts contradict each other.</exception>
    public BytePairModel(BytePairVocabulary vocabulary, string where)
    {
        Vocabulary = vocabulary;
        if (vocabulary.Tokens.Count > MaxTokens || vocabulary.Merges.Count > MaxTokens)
            throw new UserErrorException($"{where}: more than {MaxTokens:N0} tokens or merges.");
        var ids = new Dictionary<string, int>(vocabulary.Tokens.Count, StringComparer.Ordinal);
        for (var id = 0; id < vocabulary.Tokens.Count; id++)
        {
            var text = vocabulary.Tokens[id];
            if (!ids.TryAdd(text, id))
                throw new UserErrorException($"{where}: ids {ids[text]} and {id} are the same token '{text}'.");
        }
        _isSpecial = MarkSpecials(vocabulary, ids, where);
        _bytes = vocabulary.Tokens.Select((text, id) => BytesOf(text, id, where)).ToArray();
        for (var b = 0; b < 256; b++)
        {
            var symbol = ByteAlphabet.Symbol((byte)b);
            if (!ids.TryGetValue(symbol, out _idOfByte[b]) || _isSpecial[_idOfByte[b]])
                throw new UserErrorException(
                    $"{where}: the token '{symbol}' of byte 0x{b:X2} is missing, "
                    + "so this is no complete byte-level vocabulary.");
        }
        _merges = BuildMerges(vocabulary, ids, where);
    }

    public BytePairVocabulary Vocabulary { get; }

    public bool IsSpecial(int id) => _isSpecial[id];

    public ReadOnlySpan<byte> BytesOf(int id) => _bytes[id];

    /// <summary>Appends the ids of well-formed text in normal form; special tokens are not looked for.</summary>
    public void Encode(ReadOnlySpan<char> text, List<int> into)
    {
        for (var start = 0; start < text.Length;)
        {
            var end = PreTokenizer.EndOfPiece(text, start);
            EncodePiece(text[start..end], into);
            start = end;
        }
    }

    private void EncodePiece(ReadOnlySpan<char> piece, List<int> into)
    {
        if (piece.Length > PieceCache.MaxPieceLength)
        {
            MergePiece(piece, into);
            return;
        }
        if (_cache.Find(piece, out var hash) is { } known)
        {
            into.AddRange(known);
            return;
        }
        var before = into.Count;
        MergePiece(piece, into);
        _cache.Remember(hash, piece, CollectionsMarshal.AsSpan(into)[before..]);
    }

    private void MergePiece(ReadOnlySpan<char> piece, List<int> into)
    {
        const int StackLimit = 512;
        var most = Encoding.UTF8.GetMaxByteCount(piece.Length);
        var rentedBytes = most > StackLimit ? ArrayPool<byte>.Shared.Rent(most) : null;
        var bytes = rentedBytes ?? stackalloc byte[StackLimit];
        var count = Encoding.UTF8.GetBytes(piece, bytes);
        var rentedSymbols = count > StackLimit ? ArrayPool<int>.Shared.Rent(count) : null;
        var symbols = (rentedSymbols ?? stackalloc int[StackLimit])[..count];
        for (var i = 0; i < count; i++) symbols[i] = _idOfByte[bytes[i]];
        var left = BytePairMerger.Merge(symbols, _merges);
        into.AddRange(symbols[..left]);
        if (rentedBytes is not null) ArrayPool<byte>.Shared.Return(rentedBytes);
        if (rentedSymbols is not null) ArrayPool<int>.Shared.Return(rentedSymbols);
    }

    private static bool[] MarkSpecials(BytePairVocabulary vocabulary, Dictionary<string, int> ids, string where)
    {
        var marks = new bool[vocabulary.Tokens.Count];
        foreach (var (text, id) in vocabulary.SpecialTokens)
        {
            if (text.Length == 0) throw new UserErrorException($"{where}: special token {id} has no text.");
            if (!ids.TryGetValue(text, out var found) || found != id)
                throw new UserErrorException($"{where}: the special token '{text}' is not the token with id {id}.");
            marks[id] = true;
        }
        return marks;
    }

    private byte[] BytesOf(string text, int id, string where)
    {
        if (_isSpecial[id]) return Encoding.UTF8.GetBytes(text);
        return text.Length > 0 && ByteAlphabet.ToBytes(text) is { } bytes ? bytes : throw new UserErrorException(
            $"{where}: token {id} '{text}' is not byte-level text, and it is not among the special tokens.");
    }

    private MergeTable BuildMerges(BytePairVocabulary vocabulary, Dictionary<string, int> ids, string where)
    {
        var table = new MergeTable(vocabulary.Merges.Count);
        for (var rank = 0; rank < vocabulary.Merges.Count; rank++)
        {
            var (left, right) = vocabulary.Merges[rank];
            var leftId = Known(left, rank);
            var rightId = Known(right, rank);
            // A special token that a merge could make could be forged by plain text.
            if (!table.TryAdd(leftId, rightId, rank, Known(left + right, rank)))
                throw new UserErrorException($"{where}: merge {rank} ('{left}' with '{right}') stands there twice.");
        }
        return table;

        int Known(string text, int rank) => ids.TryGetValue(text, out var id) && !_isSpecial[id] ? id
            : throw new UserErrorException(
                $"{where}: merge {rank} needs the token '{text}', which the vocabulary does not have as plain text.");
    }
}

/// <summary>A byte-level BPE as files state it: tokens in byte-level text form by id (special tokens as they are),
/// merges by rank.</summary>
internal sealed record BytePairVocabulary(
    IReadOnlyList<string> Tokens,
    IReadOnlyList<(string Left, string Right)> Merges,
    IReadOnlyDictionary<string, int> SpecialTokens);
