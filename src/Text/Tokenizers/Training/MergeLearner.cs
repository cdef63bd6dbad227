using System.Text;

namespace Weir.Text.Tokenizers.Training;

/// <summary>Counts the pairs of neighbouring symbols in all pieces and keeps the counts right while pairs merge,
/// without ever counting anew.</summary>
// 1. Lay all pieces out in one array of symbols; count the pairs of bytes and note for each which pieces hold it.
// 2. Queue every pair by its count, then its ids.
// 3. Take the first. Counts only fall once a pair is queued, so a stale entry stands too far in front: it goes back
//    with its true count.
// 4. Merge the pair in the pieces that hold it (a piece noted may hold it no longer; then nothing happens to it).
// 5. What changes is known by the neighbours: "x left right y" turns (x,left) and (right,y) into (x,new) and (new,y).
//    Sum these changes by neighbour over all pieces, then apply each once; pairs with the new symbol join the queue.
internal sealed class MergeLearner
{
    private readonly int[] _symbols;
    private readonly Place[] _places;
    private readonly Dictionary<ulong, PairState> _pairs = [];
    private readonly PriorityQueue<ulong, (long, ulong)> _queue = new();
    private readonly Neighbours _before;
    private readonly Neighbours _after;
    private readonly int _minimumCount;

    public MergeLearner(PieceCounts pieces, int[] idOfByte, int vocabularySize, int minimumCount)
    {
        _minimumCount = minimumCount;
        _before = new Neighbours(vocabularySize);
        _after = new Neighbours(vocabularySize);
        _places = new Place[pieces.Count];
        _symbols = LayOut(pieces, idOfByte);
        for (var piece = 0; piece < _places.Length; piece++) CountPairs(piece);
        foreach (var (pair, state) in _pairs) _queue.Enqueue(pair, (-state.Count, pair));
    }

    /// <summary>The most frequent pair, which leaves the queue for good; false when none occurs often enough.</summary>
    public bool TryNext(out int left, out int right)
    {
        while (_queue.TryDequeue(out var pair, out var priority))
        {
            (left, right) = ((int)(pair >> 32), (int)(uint)pair);
            var count = _pairs[pair].Count;
            if (count < _minimumCount) _pairs.Remove(pair);
            else if (count != -priority.Item1) _queue.Enqueue(pair, (-count, pair));
            else return true;
        }
        (left, right) = (0, 0);
        return false;
    }

    /// <summary>Merges the pair into the new symbol in every piece.</summary>
    public void Apply(int left, int right, int result)
    {
        if (!_pairs.Remove(Pair(left, right), out var state)) return;
        foreach (var piece in state.Pieces) MergeIn(piece, left, right, result);
        // Before comes last: where the pair stands twice in a row, it takes back the (new,left) that after has brought.
        _after.Drain((symbol, count, pieces) => Replace(Pair(right, symbol), Pair(result, symbol), count, pieces));
        _before.Drain((symbol, count, pieces) => Replace(Pair(symbol, left), Pair(symbol, result), count, pieces));
    }

    private int[] LayOut(PieceCounts pieces, int[] idOfByte)
    {
        var symbols = new int[pieces.DistinctBytes];
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(PieceCounts.MaxPieceLength)];
        var (at, start) = (0, 0);
        foreach (var (text, count) in pieces.All)
        {
            var length = Encoding.UTF8.GetBytes(text, bytes);
            _places[at] = new Place { Start = start, Length = length, Weight = count };
            for (var i = 0; i < length; i++) symbols[start + i] = idOfByte[bytes[i]];
            start += length;
            at++;
        }
        return symbols;
    }

    private void CountPairs(int piece)
    {
        var place = _places[piece];
        var symbols = _symbols.AsSpan(place.Start, place.Length);
        for (var i = 0; i + 1 < symbols.Length; i++)
        {
            var pair = Pair(symbols[i], symbols[i + 1]);
            if (!_pairs.TryGetValue(pair, out var state)) _pairs.Add(pair, state = new PairState([]));
            state.Count += place.Weight;
            AddOnce(state.Pieces, piece);
        }
    }

    private void MergeIn(int piece, int left, int right, int result)
    {
        ref var place = ref _places[piece];
        var symbols = _symbols.AsSpan(place.Start, place.Length);
        var at = IndexOfPair(symbols, 0, left, right);
        if (at < 0) return;
        var kept = at;
        while (true)
        {
            // The neighbour before may be a symbol that this very walk made; the one after is still as it was. If it
            // merges in its turn, what is booked here is taken back there.
            if (kept > 0) _before.Note(symbols[kept - 1], place.Weight, piece);
            if (at + 2 < symbols.Length) _after.Note(symbols[at + 2], place.Weight, piece);
            symbols[kept++] = result;
            var rest = at + 2;
            at = IndexOfPair(symbols, rest, left, right);
            var unchanged = symbols[rest..(at < 0 ? symbols.Length : at)];
            unchanged.CopyTo(symbols[kept..]);
            kept += unchanged.Length;
            if (at < 0) break;
        }
        place.Length = kept;
    }

    private static int IndexOfPair(ReadOnlySpan<int> symbols, int from, int left, int right)
    {
        while (true)
        {
            // Vectorised, and most pieces that once held the pair hold it no longer.
            var step = symbols[from..].IndexOf(left);
            if (step < 0 || from + step + 1 >= symbols.Length) return -1;
            if (symbols[from + step + 1] == right) return from + step;
            from += step + 1;
        }
    }

    /// <summary>Moves the count from one pair to another; false when the other is too rare to keep the list of
    /// pieces.</summary>
    private bool Replace(ulong before, ulong after, long count, List<int> pieces)
    {
        if (_pairs.TryGetValue(before, out var old)) old.Count -= count;
        // Counts only fall, so it will never matter; and most new pairs are of this kind.
        if (count < _minimumCount) return false;
        // Always new: it holds the new symbol, and the walk never sees that symbol after a merge, only before one.
        _pairs.Add(after, new PairState(pieces) { Count = count });
        _queue.Enqueue(after, (-count, after));
        return true;
    }

    private static ulong Pair(int left, int right) => (ulong)(uint)left << 32 | (uint)right;

    private static void AddOnce(List<int> pieces, int piece)
    {
        if (pieces.Count == 0 || pieces[^1] != piece) pieces.Add(piece);
    }

    /// <summary>Where a piece lies among the symbols, how many it still has, and how often it occurs in the
    /// text.</summary>
    private struct Place
    {
        public int Start, Length, Weight;
    }

    /// <summary>A pair's count, and the pieces that hold it or once held it.</summary>
    private sealed class PairState(List<int> pieces)
    {
        public long Count { get; set; }
        public List<int> Pieces { get; } = pieces;
    }

    /// <summary>Sums, for one merge, over the symbols on one side of it.</summary>
    private sealed class Neighbours(int vocabularySize)
    {
        private readonly long[] _counts = new long[vocabularySize];
        private readonly List<int>?[] _pieces = new List<int>?[vocabularySize];
        private readonly List<int> _noted = [];
        private readonly Stack<List<int>> _spare = [];

        public void Note(int symbol, int weight, int piece)
        {
            if (_pieces[symbol] is not { } pieces)
            {
                _pieces[symbol] = pieces = _spare.TryPop(out var spare) ? spare : [];
                _noted.Add(symbol);
            }
            _counts[symbol] += weight;
            AddOnce(pieces, piece);
        }

        /// <summary>Hands over the sums and forgets them; a list of pieces that is not kept serves again.</summary>
        public void Drain(Func<int, long, List<int>, bool> keeps)
        {
            foreach (var symbol in _noted)
            {
                var pieces = _pieces[symbol]!;
                if (!keeps(symbol, _counts[symbol], pieces))
                {
                    pieces.Clear();
                    _spare.Push(pieces);
                }
                _counts[symbol] = 0;
                _pieces[symbol] = null;
            }
            _noted.Clear();
        }
    }
}
