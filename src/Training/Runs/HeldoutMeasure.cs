using Weir.Training.Batches;
using Weir.Training.Models;
using static TorchSharp.torch;

namespace Weir.Training.Runs;

/// <summary><paramref name="Loss"/> in nats a target; <paramref name="BitsPerByte"/> of the text, null where not all of
/// it was scored.</summary>
internal sealed record HeldoutResult(double Loss, double? BitsPerByte, long Targets);

internal static class HeldoutMeasure
{
    /// <summary>
    /// Scores at most <paramref name="limit"/> tokens from the beginning of the corpus. With <paramref name="marked"/>
    /// only marked tokens count. Otherwise all do, and bits per byte are given: a document's first token, which the
    /// model is not asked for, is charged as a uniform guess, so that the figure is an upper bound; bytes are counted
    /// in proportion to the tokens scored.
    /// </summary>
    public static HeldoutResult? Run(Decoder decoder, TokenCorpus corpus, BatchLayout layout, bool marked, int limit,
        CancellationToken cancel)
    {
        double nats = 0, targets = 0;
        long scored = 0;
        using var off = no_grad();
        foreach (var batch in BatchPacker.Sweep(corpus, layout with { UnsupervisedWeight = marked ? 0 : 1 }, limit))
        {
            cancel.ThrowIfCancellationRequested();
            scored += batch.RealTokens;
            if (batch.WeightSum == 0) continue;
            using var scope = NewDisposeScope();
            nats += decoder.Loss(batch, 1).item<float>();
            targets += batch.WeightSum;
        }
        if (targets == 0) return null;
        double? bits = null;
        if (!marked && corpus.TextBytes > 0)
        {
            double all = corpus.TokenCount - corpus.DocumentCount, share = scored / all;
            double guesses = corpus.DocumentCount * share * Math.Log(corpus.VocabularySize);
            bits = (nats + guesses) / Math.Log(2) / (corpus.TextBytes * share);
        }
        return new HeldoutResult(nats / targets, bits, (long)targets);
    }
}
