using Weir.Inference.Batching;
using Weir.Inference.Decoding;
using Weir.Inference.Kernels;
using Weir.Inference.Models;
using Weir.Inference.Sampling;

namespace Weir.Inference.Quantization;

/// <summary>How far a model is from another one on the same text.</summary>
/// <param name="Tokens">Predictions compared.</param>
/// <param name="Perplexity">Of the first model: e to the mean negative log-probability of the text's tokens.</param>
/// <param name="OtherPerplexity">Of the second.</param>
/// <param name="MeanDivergence">Mean Kullback-Leibler divergence of the second's predictions from the first's, in
/// nats.</param>
/// <param name="SameTop">Share of predictions with the same likeliest token.</param>
internal sealed record QualityReport(long Tokens, double Perplexity, double OtherPerplexity, double MeanDivergence,
    double SameTop)
{
    private const int WindowTokens = 512;

    /// <summary>Texts as windows of tokens, each read by itself.</summary>
    public static IReadOnlyList<int[]> Windows(LoadedModel model, string text, int most)
    {
        var ids = model.Tokenizer.Encode(text).Take(most).ToArray();
        int size = Math.Min(WindowTokens, model.Config.ContextLength);
        return [.. ids.Chunk(size).Where(w => w.Length > 1)];
    }

    public static QualityReport Compare(LoadedModel first, LoadedModel second, IReadOnlyList<int[]> windows,
        int threads, Action<double> progress, CancellationToken ct)
    {
        int longest = windows.Max(w => w.Length);
        using var one = Runner(first, longest, threads);
        using var two = Runner(second, longest, threads);
        double firstLoss = 0, secondLoss = 0, divergence = 0;
        long tokens = 0, same = 0;
        for (int w = 0; w < windows.Count; w++)
        {
            ct.ThrowIfCancellationRequested();
            foreach (var runner in (ModelRunner[])[one, two])
                runner.Forward(windows[w], [new BatchSegment(0, windows[w].Length, 0,
                    [.. Enumerable.Range(0, runner.BlockCount)], windows[w].Length)]);
            for (int t = 0; t + 1 < windows[w].Length; t++)
            {
                Span<float> a = one.Logits(t), b = two.Logits(t);
                double aTotal = LogitMath.LogSumExp(a), bTotal = LogitMath.LogSumExp(b);
                int next = windows[w][t + 1];
                firstLoss += aTotal - a[next];
                secondLoss += bTotal - b[next];
                divergence += Divergence(a, aTotal, b, bTotal);
                if (Top(a) == Top(b)) same++;
                tokens++;
            }
            progress((w + 1.0) / windows.Count);
        }
        return new QualityReport(tokens, Math.Exp(firstLoss / tokens), Math.Exp(secondLoss / tokens),
            divergence / tokens, (double)same / tokens);
    }

    private static ModelRunner Runner(LoadedModel model, int longest, int threads) => new(model, new RunnerOptions
    {
        Threads = threads, KvBlocks = (longest + KvStore.BlockTokens - 1) / KvStore.BlockTokens,
        MaxBatchTokens = longest,
    });

    private static double Divergence(ReadOnlySpan<float> a, double aTotal, ReadOnlySpan<float> b, double bTotal)
    {
        double sum = 0;
        for (int v = 0; v < a.Length; v++)
        {
            double log = a[v] - aTotal;
            sum += Math.Exp(log) * (log - (b[v] - bTotal));
        }
        return sum;
    }

    private static int Top(ReadOnlySpan<float> logits) => logits.IndexOf(Elementwise.Largest(logits));
}
