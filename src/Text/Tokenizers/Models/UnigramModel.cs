using System.Buffers;
using System.Text;
using Weir.Formats.Bcl;

namespace Weir.Text.Tokenizers.Models;

/// <summary>SentencePiece unigram: of all ways to write a piece with tokens, the one with the highest sum of scores
/// (Kudo 2018, Viterbi). A character without a token costs 10 more than the worst token.</summary>
internal sealed class UnigramModel : ISubwordModel
{
    private const double UnknownPenalty = 10;

    private readonly TokenTrie _trie;
    private readonly double[] _scores;
    private readonly double _unknownScore;
    private readonly UnknownCharacters _unknown;

    /// <param name="tokens">Tokens by id.</param>
    /// <param name="isPlain">Which of them text may become.</param>
    /// <param name="scores">Logarithms of probability by id.</param>
    /// <param name="worst">The lowest score of a normal token.</param>
    /// <param name="unknown">What becomes of characters without a token.</param>
    /// <param name="where">What messages call the source.</param>
    /// <exception cref="UserErrorException">The parts contradict each other.</exception>
    public UnigramModel(IReadOnlyList<string> tokens, bool[] isPlain, double[] scores, double worst,
        UnknownCharacters unknown, string where)
    {
        TokenIndex.Build(tokens, where);
        for (var id = 0; id < scores.Length; id++)
            if (!double.IsFinite(scores[id]))
                throw new UserErrorException($"{where}: the score of token {id} is no finite number.");
        (_scores, _unknownScore, _unknown) = (scores, worst - UnknownPenalty, unknown);
        _trie = new TokenTrie(tokens, isPlain, where);
    }

    // 1. Forward: from each place that a character starts, try every token that stands there, and keep for each place
    //    the best way to come to it.
    // 2. Back: walk from the end along the ways kept, and mark where tokens start.
    // 3. Write them out; a run of unknown characters becomes bytes or one unknown token.
    public void Encode(ReadOnlySpan<char> piece, List<int> into)
    {
        var places = piece.Length + 1;
        var best = ArrayPool<double>.Shared.Rent(places);
        var from = ArrayPool<int>.Shared.Rent(places * 2);
        var ids = from.AsSpan(places, places);
        Forward(piece, best.AsSpan(0, places), from.AsSpan(0, places), ids);
        // Turned around in place: next[start] is where the token that starts there ends.
        var next = from.AsSpan(0, places);
        for (int end = piece.Length, after = -1; end >= 0;)
        {
            var start = end == 0 ? -1 : next[end];
            next[end] = after;
            (after, end) = (end, start);
        }
        Write(piece, next, ids, into);
        ArrayPool<double>.Shared.Return(best);
        ArrayPool<int>.Shared.Return(from);
    }

    private void Forward(ReadOnlySpan<char> piece, Span<double> best, Span<int> from, Span<int> ids)
    {
        best.Fill(double.NegativeInfinity);
        best[0] = 0;
        for (var start = 0; start < piece.Length;)
        {
            var length = char.IsHighSurrogate(piece[start]) && start + 1 < piece.Length ? 2 : 1;
            var isWritten = false;
            var node = TokenTrie.Root;
            for (var end = start; end < piece.Length && _trie.TryStep(ref node, piece[end]);)
            {
                end++;
                if (_trie.TokenAt(node) is not (>= 0 and var id)) continue;
                isWritten |= end == start + length;
                Offer(best, from, ids, start, end, id, _scores[id]);
            }
            if (!isWritten) Offer(best, from, ids, start, start + length, TokenTrie.NoToken, _unknownScore);
            start += length;
        }
    }

    private static void Offer(Span<double> best, Span<int> from, Span<int> ids, int start, int end, int id,
        double score)
    {
        var sum = best[start] + score;
        if (!(sum > best[end])) return;
        (best[end], from[end], ids[end]) = (sum, start, id);
    }

    private void Write(ReadOnlySpan<char> piece, ReadOnlySpan<int> next, ReadOnlySpan<int> ids, List<int> into)
    {
        var afterUnknown = false;
        for (var start = 0; start < piece.Length; start = next[start])
        {
            var id = ids[next[start]];
            if (id != TokenTrie.NoToken) into.Add(id);
            else if (_unknown.ByteIds is not null)
            {
                Rune.DecodeFromUtf16(piece[start..], out var rune, out _);
                TokenIndex.AddBytes(rune, _unknown.ByteIds, into);
            }
            else if (_unknown.UnknownId is { } unknown && !(_unknown.FusesUnknown && afterUnknown)) into.Add(unknown);
            afterUnknown = id == TokenTrie.NoToken;
        }
    }
}

/// <summary>All tokens by their characters.</summary>
internal sealed class TokenTrie
{
    public const int Root = 0, NoToken = -1;

    private const int MaxNodes = 1 << 25;

    private readonly MergeTable _edges;
    private readonly List<int> _tokens = [NoToken];

    /// <exception cref="UserErrorException">The tokens take too many nodes.</exception>
    public TokenTrie(IReadOnlyList<string> tokens, bool[] isPlain, string where)
    {
        long nodes = 1;
        for (var id = 0; id < tokens.Count; id++) nodes += isPlain[id] ? tokens[id].Length : 0;
        if (nodes > MaxNodes)
            throw new UserErrorException($"{where}: the tokens have more than {MaxNodes:N0} characters in all.");
        _edges = new MergeTable((int)nodes);
        for (var id = 0; id < tokens.Count; id++)
        {
            if (!isPlain[id] || tokens[id].Length == 0) continue;
            var node = Root;
            foreach (var c in tokens[id])
            {
                if (TryStep(ref node, c)) continue;
                _edges.TryAdd(node, c, 0, _tokens.Count);
                node = _tokens.Count;
                _tokens.Add(NoToken);
            }
            _tokens[node] = id;
        }
    }

    /// <summary>Goes to the child by this character, if there is one.</summary>
    public bool TryStep(ref int node, char c)
    {
        var found = _edges.Find(node, c);
        if (found == MergeTable.NoMerge) return false;
        node = (int)(uint)found;
        return true;
    }

    public int TokenAt(int node) => _tokens[node];
}
