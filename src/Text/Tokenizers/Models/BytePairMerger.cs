using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Weir.Text.Tokenizers.Models;

/// <summary>Merges the symbols of one piece: again and again the pair of the lowest rank, the leftmost of equals, until
/// no pair merges. Short pieces scan for that pair; long ones keep a heap, so that a run of a megabyte is not
/// quadratic.</summary>
internal static class BytePairMerger
{
    /// <summary>Up to here a scan beats the heap's bookkeeping (symbols).</summary>
    public const int ScanLimit = 128;

    /// <summary>The rank of a pair that does not merge.</summary>
    public const uint NoRank = uint.MaxValue;

    /// <summary>Merges in place and returns how many symbols are left at the front of
    /// <paramref name="symbols"/>.</summary>
    public static int Merge(Span<int> symbols, MergeTable merges) =>
        symbols.Length <= ScanLimit ? MergeByScan(symbols, merges) : MergeByHeap(symbols, merges);

    [SkipLocalsInit]
    internal static int MergeByScan(Span<int> symbols, MergeTable merges)
    {
        Span<uint> ranks = stackalloc uint[ScanLimit];
        Span<int> results = stackalloc int[ScanLimit];
        for (var i = 0; i + 1 < symbols.Length; i++)
        {
            var found = merges.Find(symbols[i], symbols[i + 1]);
            (ranks[i], results[i]) = ((uint)(found >> 32), (int)(uint)found);
        }
        return MergeRanked(symbols, ranks, results, merges);
    }

    /// <summary>Merges up to <see cref="ScanLimit"/> symbols in place.</summary>
    /// <param name="symbols">What merges.</param>
    /// <param name="ranks">Of <see cref="ScanLimit"/> places; ranks[i] is the rank of symbols i and i + 1, or
    /// <see cref="NoRank"/>.</param>
    /// <param name="results">results[i] is the token that these two make.</param>
    /// <param name="merges">The pairs that merge.</param>
    public static int MergeRanked(Span<int> symbols, Span<uint> ranks, Span<int> results, MergeTable merges)
    {
        // Vectors read beyond the last pair.
        var pairs = Math.Max(0, symbols.Length - 1);
        ranks[pairs..Math.Min(ScanLimit, pairs + Vector256<uint>.Count)].Fill(NoRank);
        while (pairs > 0)
        {
            var best = LowestOf(ranks, pairs);
            if (best == NoRank) break;
            var at = ranks[..pairs].IndexOf(best);
            symbols[at] = results[at];
            symbols[(at + 2)..(pairs + 1)].CopyTo(symbols[(at + 1)..]);
            if (at + 2 < pairs)
            {
                ranks[(at + 2)..pairs].CopyTo(ranks[(at + 1)..]);
                results[(at + 2)..pairs].CopyTo(results[(at + 1)..]);
            }
            pairs--;
            ranks[pairs] = NoRank;
            if (at < pairs) Rank(at, symbols, ranks, results, merges);
            if (at > 0) Rank(at - 1, symbols, ranks, results, merges);
        }
        return symbols.Length == 0 ? 0 : pairs + 1;
    }

    private static void Rank(int at, Span<int> symbols, Span<uint> ranks, Span<int> results, MergeTable merges)
    {
        var found = merges.Find(symbols[at], symbols[at + 1]);
        (ranks[at], results[at]) = ((uint)(found >> 32), (int)(uint)found);
    }

    // Eight ranks a vector, one a lane; the places behind the last pair hold NoRank, so there is no remainder.
    private static uint LowestOf(ReadOnlySpan<uint> ranks, int pairs)
    {
        var lowest = Vector256.Create(NoRank);
        for (var i = 0; i < pairs; i += Vector256<uint>.Count)
            lowest = Vector256.Min(lowest, Vector256.Create(ranks.Slice(i, Vector256<uint>.Count)));
        var half = Vector128.Min(lowest.GetLower(), lowest.GetUpper());
        half = Vector128.Min(half, Vector128.Shuffle(half, Vector128.Create(2u, 3, 0, 1)));
        return Math.Min(half[0], half[1]);
    }

    // 1. Link the symbols into a list and queue every pair that merges, by rank and then position.
    // 2. Take the first. It is stale when a neighbour has merged since: then the pair there has another rank or none.
    // 3. Merge it, unlink the right symbol and queue the two pairs that came to be.
    // 4. Pack what is left to the front.
    internal static int MergeByHeap(Span<int> symbols, MergeTable merges)
    {
        var count = symbols.Length;
        var links = ArrayPool<int>.Shared.Rent(count * 2);
        var next = links.AsSpan(0, count);
        var previous = links.AsSpan(count, count);
        var queue = new PriorityQueue<int, ulong>(count);
        for (var i = 0; i < count; i++)
        {
            previous[i] = i - 1;
            next[i] = i + 1;
            if (i + 1 < count) Enqueue(queue, i, merges.Find(symbols[i], symbols[i + 1]));
        }
        while (queue.TryDequeue(out var at, out var priority))
        {
            var right = next[at];
            // A symbol that was merged away has no right neighbour (see below), so it is passed over too.
            if (right >= count) continue;
            var found = merges.Find(symbols[at], symbols[right]);
            if (found >> 32 != priority >> 32 || found == MergeTable.NoMerge) continue;
            symbols[at] = (int)(uint)found;
            next[at] = next[right];
            if (next[right] < count) previous[next[right]] = at;
            next[right] = int.MaxValue;
            if (next[at] < count) Enqueue(queue, at, merges.Find(symbols[at], symbols[next[at]]));
            if (previous[at] >= 0) Enqueue(queue, previous[at], merges.Find(symbols[previous[at]], symbols[at]));
        }
        var left = 0;
        for (var i = 0; i < count; i = next[i]) symbols[left++] = symbols[i];
        ArrayPool<int>.Shared.Return(links);
        return left;
    }

    private static void Enqueue(PriorityQueue<int, ulong> queue, int at, ulong found)
    {
        if (found != MergeTable.NoMerge) queue.Enqueue(at, found >> 32 << 32 | (uint)at);
    }
}
