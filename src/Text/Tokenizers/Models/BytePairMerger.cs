using System.Buffers;

namespace Weir.Text.Tokenizers.Models;

/// <summary>Merges the symbols of one piece: again and again the pair of the lowest rank, the leftmost of equals, until
/// no pair merges. Short pieces scan for that pair; long ones keep a heap, so that a run of a megabyte is not
/// quadratic.</summary>
internal static class BytePairMerger
{
    /// <summary>Up to here a scan beats the heap's bookkeeping (symbols).</summary>
    public const int ScanLimit = 128;

    /// <summary>Merges in place and returns how many symbols are left at the front of
    /// <paramref name="symbols"/>.</summary>
    public static int Merge(Span<int> symbols, MergeTable merges) =>
        symbols.Length <= ScanLimit ? MergeByScan(symbols, merges) : MergeByHeap(symbols, merges);

    internal static int MergeByScan(Span<int> symbols, MergeTable merges)
    {
        var count = symbols.Length;
        // found[i] is the rank and the result of (symbols[i], symbols[i + 1]).
        Span<ulong> found = stackalloc ulong[ScanLimit];
        for (var i = 0; i + 1 < count; i++) found[i] = merges.Find(symbols[i], symbols[i + 1]);
        while (count > 1)
        {
            var best = (uint)(MergeTable.NoMerge >> 32);
            var at = -1;
            for (var i = 0; i < count - 1; i++)
            {
                var rank = (uint)(found[i] >> 32);
                if (rank >= best) continue;
                (best, at) = (rank, i);
            }
            if (at < 0) break;
            symbols[at] = (int)(uint)found[at];
            symbols[(at + 2)..count].CopyTo(symbols[(at + 1)..]);
            count--;
            if (at + 2 < count) found[(at + 2)..count].CopyTo(found[(at + 1)..]);
            if (at + 1 < count) found[at] = merges.Find(symbols[at], symbols[at + 1]);
            if (at > 0) found[at - 1] = merges.Find(symbols[at - 1], symbols[at]);
        }
        return count;
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
