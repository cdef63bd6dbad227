using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using Weir.Formats.Bcl;

namespace Weir.Text.Tokenizers.Models;

/// <summary>What a model over characters does with one that its vocabulary lacks.</summary>
/// <param name="ByteIds">The 256 byte tokens that spell it, where there are any.</param>
/// <param name="UnknownId">Otherwise this token, where there is one.</param>
/// <param name="FusesUnknown">Whether several in a row are one unknown token.</param>
internal sealed record UnknownCharacters(int[]? ByteIds, int? UnknownId, bool FusesUnknown);

/// <summary>BPE over characters: SentencePiece's, where the pair that makes the token of the highest score merges
/// first, and the Hugging Face form of the same with ranked merges. Immutable but for the cache.</summary>
// Symbols are ids of tokens; then a number for each further character that tokens are made of; and negative numbers
// for characters that no token has.
internal sealed class CharacterPairModel : ISubwordModel
{
    private const int StackLimit = 256;

    private readonly MergeTable _merges;
    private readonly CharacterNeighbours _neighbours;
    private readonly CharacterSymbols _symbols;
    private readonly UnknownCharacters _unknown;
    private readonly Dictionary<string, int>? _wholePieces;
    private readonly PieceCache _cache = new();

    private CharacterPairModel(CharacterSymbols symbols, MergeTable merges, CharacterNeighbours neighbours,
        UnknownCharacters unknown, Dictionary<string, int>? wholePieces) =>
        (_symbols, _merges, _neighbours, _unknown, _wholePieces) =
            (symbols, merges, neighbours, unknown, wholePieces);

    /// <summary>Pairs merge by the scores of what they make.</summary>
    /// <exception cref="UserErrorException">The parts contradict each other.</exception>
    public static CharacterPairModel FromScores(IReadOnlyList<string> tokens, bool[] isPlain,
        IReadOnlyList<float> scores, UnknownCharacters unknown, string where)
    {
        var symbols = new CharacterSymbols(tokens, isPlain, where);
        return new CharacterPairModel(symbols, ScoredMerges.Build(tokens, isPlain, scores, symbols, where),
            new CharacterNeighbours(tokens, isPlain), unknown, wholePieces: null);
    }

    /// <summary>Pairs merge by rank.</summary>
    /// <exception cref="UserErrorException">The parts contradict each other.</exception>
    public static CharacterPairModel FromMerges(IReadOnlyList<string> tokens, bool[] isPlain,
        IReadOnlyList<(string Left, string Right)> merges, UnknownCharacters unknown, bool ignoresMerges, string where)
    {
        var symbols = new CharacterSymbols(tokens, isPlain, where);
        if (merges.Count > TokenIndex.MaxMerges)
            throw new UserErrorException(
                $"{where}: {merges.Count:N0} merges are more than {TokenIndex.MaxMerges:N0}, the limit.");
        var table = new MergeTable(merges.Count);
        for (var rank = 0; rank < merges.Count; rank++)
        {
            var (left, right) = merges[rank];
            if (!table.TryAdd(Known(left, rank), Known(right, rank), rank, Known(left + right, rank)))
                throw new UserErrorException($"{where}: merge {rank} ('{left}' with '{right}') stands there twice.");
        }
        return new CharacterPairModel(symbols, table, new CharacterNeighbours(tokens, isPlain), unknown,
            ignoresMerges ? symbols.Tokens : null);

        int Known(string text, int rank) => symbols.Tokens.TryGetValue(text, out var id) ? id
            : throw new UserErrorException(
                $"{where}: merge {rank} needs the token '{text}', which the vocabulary does not have as plain text.");
    }

    // No merge crosses two characters that no token has side by side, so there the text can be cut: then words are
    // short, and come again.
    public void Encode(ReadOnlySpan<char> piece, List<int> into)
    {
        if (_wholePieces is not null
            && _wholePieces.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(piece, out var whole))
        {
            into.Add(whole);
            return;
        }
        var afterUnknown = false;
        for (var start = 0; start < piece.Length;)
        {
            var end = _neighbours.EndOfRun(piece, start);
            EncodeRun(piece[start..end], into, ref afterUnknown);
            start = end;
        }
    }

    private void EncodeRun(ReadOnlySpan<char> run, List<int> into, ref bool afterUnknown)
    {
        if (run.Length > PieceCache.MaxPieceLength)
        {
            MergeRun(run, into, ref afterUnknown);
            return;
        }
        var hash = PieceCache.HashOf(run);
        if (_cache.TryAppend(hash, run, into))
        {
            afterUnknown = false;
            return;
        }
        var before = into.Count;
        // What an unknown character gives can depend on what stands before it, so it is not remembered.
        if (MergeRun(run, into, ref afterUnknown))
            _cache.Remember(hash, run, CollectionsMarshal.AsSpan(into)[before..]);
    }

    /// <summary>False when there was an unknown character without byte tokens.</summary>
    private bool MergeRun(ReadOnlySpan<char> run, List<int> into, ref bool afterUnknown)
    {
        if (run.Length > BytePairModel.MaxPieceBytes)
            throw new UserErrorException($"A run of {run.Length:N0} characters without a break is more than the "
                + $"tokenizer takes ({BytePairModel.MaxPieceBytes:N0}). Divide the text.");
        var rented = run.Length > StackLimit ? ArrayPool<int>.Shared.Rent(run.Length) : null;
        var symbols = rented ?? stackalloc int[StackLimit];
        var count = 0;
        foreach (var rune in run.EnumerateRunes()) symbols[count++] = _symbols.Of(rune);
        count = BytePairMerger.Merge(symbols[..count], _merges);
        var isKnown = true;
        foreach (var symbol in symbols[..count])
        {
            if ((uint)symbol < (uint)_symbols.TokenCount) into.Add(symbol);
            else if (_unknown.ByteIds is not null)
                TokenIndex.AddBytes(_symbols.CharacterOf(symbol), _unknown.ByteIds, into);
            else
            {
                isKnown = false;
                if (_unknown.UnknownId is { } id && !(_unknown.FusesUnknown && afterUnknown)) into.Add(id);
                afterUnknown = true;
                continue;
            }
            afterUnknown = false;
        }
        if (rented is not null) ArrayPool<int>.Shared.Return(rented);
        return isKnown;
    }
}
