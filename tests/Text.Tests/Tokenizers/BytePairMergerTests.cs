using Weir.Text.Tokenizers.Models;

namespace Weir.Text.Tests.Tokenizers;

public sealed class BytePairMergerTests
{
    [Fact]
    public void The_heap_merges_as_the_scan_does()
    {
        var random = new Random(21);
        for (var round = 0; round < 2000; round++)
        {
            var merges = RandomMerges(random, count: random.Next(1, 30));
            var symbols = Enumerable.Range(0, random.Next(0, BytePairMerger.ScanLimit + 1))
                .Select(_ => random.Next(3)).ToArray();
            int[] scanned = [.. symbols], heaped = [.. symbols];
            var left = BytePairMerger.MergeByScan(scanned, merges);
            Assert.Equal(left, BytePairMerger.MergeByHeap(heaped, merges));
            Assert.Equal(scanned[..left], heaped[..left]);
        }
    }

    private static MergeTable RandomMerges(Random random, int count)
    {
        var table = new MergeTable(count);
        var next = 3;
        for (var rank = 0; rank < count;)
        {
            if (!table.TryAdd(random.Next(next), random.Next(next), rank, next)) continue;
            next++;
            rank++;
        }
        return table;
    }
}
