using Weir.Data.Curation;
using Weir.Data.Datasets;
using Weir.Data.Readers;
using Weir.Formats.Datasets;
using Weir.Text.Chat;
using Weir.Text.Tokenizers;

namespace Weir.Data.Tokenization;

/// <summary>Learns a tokenizer from an even sample of datasets' training documents.</summary>
internal static class TokenizerTrainer
{
    /// <summary>Documents are sampled in pieces of this many characters, so that a few long ones do not
    /// decide.</summary>
    private const int PieceCharacters = 1 << 14;

    /// <summary>Independent of the draw between train and held-out.</summary>
    private const long SampleSeed = 0x746F6B656E;

    public static Tokenizer Train(IReadOnlyList<DatasetFolder> datasets, int vocabulary, long maximumBytes,
        Action<double>? progress, CancellationToken cancel)
    {
        long total = datasets.Sum(d => Train(d).Sum(s => s.TextBytes));
        double share = total == 0 ? 1 : maximumBytes / (double)total;
        var options = new BpeTrainerOptions
        {
            VocabularySize = vocabulary, SpecialTokens = WeirTokens.All, MaxTrainingBytes = maximumBytes,
        };
        return BpeTrainer.Train(Sample(datasets, share), options, cancel, progress);
    }

    /// <summary>The text that training looks at, in bytes.</summary>
    public static long TrainingBytes(IReadOnlyList<DatasetFolder> datasets, long maximumBytes) =>
        Math.Min(maximumBytes, datasets.Sum(d => Train(d).Sum(s => s.TextBytes)));

    private static IEnumerable<DatasetShard> Train(DatasetFolder dataset) =>
        dataset.Manifest.Shards.Where(s => s.Split == Splits.Train);

    private static IEnumerable<string> Sample(IReadOnlyList<DatasetFolder> datasets, double share)
    {
        foreach (var dataset in datasets)
            foreach (var shard in Train(dataset))
                foreach (var block in DatasetRecords.Blocks(dataset, shard, new ReadLimits()))
                    foreach (var record in DatasetRecords.Parse(dataset, block))
                        foreach (var text in record.Text is null ? record.Turns!.Select(t => t.Content) : [record.Text])
                            foreach (var piece in TextPieces.Split(text, PieceCharacters))
                                if (share >= 1 || Fingerprint.Draw(Fingerprint.OfText(piece), SampleSeed) < share)
                                    yield return piece;
    }
}
