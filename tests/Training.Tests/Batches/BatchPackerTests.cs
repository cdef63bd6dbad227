using Weir.Formats.Tokens;
using Weir.Training.Batches;

namespace Weir.Training.Tests.Batches;

public sealed class BatchPackerTests
{
    private static readonly BatchLayout s_layout = new(2, 3, 24, 1);

    [Fact]
    public void Every_target_of_an_epoch_is_seen_exactly_once_and_long_documents_are_cut()
    {
        // Each document has ids of its own, so that a target names where it came from; the second is longer than four
        // rows.
        int[] lengths = [5, 100, 3, 17, 24, 25, 26, 2, 60, 9];
        var starts = lengths.Aggregate(new List<long> { 0 }, (s, n) => [.. s, s[^1] + n]);
        int total = lengths.Sum();
        var corpus = TokenCorpus.Of(new TokenShard(total, [.. Enumerable.Range(0, total)], [.. starts], null));
        var packer = new BatchPacker(corpus, s_layout, 7);
        var seen = new Dictionary<long, int>();
        var cursor = DataCursor.Start;
        while (cursor.Epoch < 3)
        {
            var step = packer.Pack(cursor);
            foreach (var target in step.Parts.SelectMany(p => p.Targets))
                seen[target] = seen.GetValueOrDefault(target) + 1;
            cursor = step.After;
        }
        var firsts = starts.ToHashSet();
        for (int d = 0; d < lengths.Length; d++)
        {
            int drawn = Enumerable.Range(0, (int)cursor.Epoch).Sum(e => EpochOrder.Of(corpus, 7, e).Count(x => x == d))
                + EpochOrder.Of(corpus, 7, cursor.Epoch).Take(cursor.Position).Count(x => x == d);
            for (int i = 1; i < lengths[d]; i++)
                Assert.Equal(drawn - cursor.Carried.Count(p => p.Document == d && p.Offset < i),
                    seen.GetValueOrDefault(starts[d] + i));
        }
        Assert.DoesNotContain(seen.Keys, firsts.Contains);
        var swept = BatchPacker.Sweep(corpus, s_layout, long.MaxValue).SelectMany(b => b.Targets).Order().ToArray();
        Assert.Equal(Enumerable.Range(0, total).Select(i => (long)i).Where(i => !firsts.Contains(i)), swept);
    }

    [Fact]
    public void Rows_are_nearly_full_and_hold_whole_documents()
    {
        var packer = new BatchPacker(TokenCorpus.Of(ToyWorld.Counting(500, 1, false)),
            new BatchLayout(1, 16, 128, 1), 1);
        var cursor = DataCursor.Start;
        for (int i = 0; i < 10; i++)
        {
            var step = packer.Pack(cursor);
            Assert.True(step.RealTokens > 0.95 * 16 * 128, $"{step.RealTokens} of {16 * 128}");
            cursor = step.After;
            Assert.InRange(cursor.Carried.Count, 0, 40);
        }
    }

    [Fact]
    public void The_order_depends_on_seed_and_cursor_alone()
    {
        var corpus = TokenCorpus.Of(ToyWorld.Counting(50, 1, false));
        var one = new BatchPacker(corpus, s_layout, 3);
        var cursor = DataCursor.Start;
        for (int i = 0; i < 40; i++)
        {
            var expected = one.Pack(cursor);
            var again = new BatchPacker(corpus, s_layout, 3).Pack(cursor);
            Assert.Equal(expected.Parts.SelectMany(p => p.Ids), again.Parts.SelectMany(p => p.Ids));
            Assert.Equal(expected.After.Carried, again.After.Carried);
            cursor = expected.After;
        }
        Assert.True(cursor.Epoch > 1);
        Assert.NotEqual(one.Pack(DataCursor.Start).Parts[0].Ids,
            new BatchPacker(corpus, s_layout, 4).Pack(DataCursor.Start).Parts[0].Ids);
    }

    [Fact]
    public void Weights_repeat_a_dataset_or_take_a_different_part_of_it_each_epoch()
    {
        using var world = new ToyWorld(documents: 40);
        var corpus = TokenCorpus.Load([new(world.PathOf("data"), 2), new(world.PathOf("data"), 0.25)], "train");
        int[] first = EpochOrder.Of(corpus, 1, 0), second = EpochOrder.Of(corpus, 1, 1);
        Assert.Equal(90, first.Length);
        Assert.Equal(80, first.Count(d => d < 40));
        Assert.NotEqual(first.Where(d => d >= 40).Order(), second.Where(d => d >= 40).Order());
    }
}
