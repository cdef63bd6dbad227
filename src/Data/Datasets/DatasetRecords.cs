using Weir.Data.Readers;
using Weir.Formats.Bcl;
using Weir.Formats.Datasets;

namespace Weir.Data.Datasets;

/// <summary>Reads the shards of a text or chat dataset. Unlike raw sources they are Weir's own, so anything wrong in
/// them is an error.</summary>
internal static class DatasetRecords
{
    /// <summary>The blocks of a shard; after the last one its digest is checked.</summary>
    public static IEnumerable<Block> Blocks(DatasetFolder dataset, DatasetShard shard, ReadLimits limits)
    {
        var blocks = new FileBlocks(dataset.FileOf(shard), limits);
        foreach (var block in blocks.Read()) yield return block;
        if (blocks.Digest != shard.Digest)
            throw Damaged(dataset, $"{shard.Path} is not the file that the manifest names ({shard.Digest})");
    }

    public static IReadOnlyList<SourceRecord> Parse(DatasetFolder dataset, Block block)
    {
        var parsed = BlockParser.Parse(block);
        return parsed.Issues is [var first, ..] ? throw Damaged(dataset, first.Message) : parsed.Records;
    }

    private static UserErrorException Damaged(DatasetFolder dataset, string what) =>
        new($"{dataset.Path}: the dataset is damaged: {what.TrimEnd('.')}. Copy it again, or curate it again.");
}
