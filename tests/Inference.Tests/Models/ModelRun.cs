using Weir.Inference.Batching;
using Weir.Inference.Decoding;
using Weir.Inference.Models;

namespace Weir.Inference.Tests.Models;

/// <summary>One sequence on a runner of its own, without an engine.</summary>
internal static class ModelRun
{
    public static ModelRunner Runner(LoadedModel model, int batch = 64, int threads = 1, int positions = 512,
        KvType type = KvType.F16) => new(model, new RunnerOptions
        {
            Threads = threads, KvBlocks = (Math.Min(positions, model.Config.ContextLength) + 15) / 16, KvType = type,
            MaxBatchTokens = batch,
        });

    /// <summary>Logits after each token; blocks of the cache lie in mixed order.</summary>
    public static float[][] Forward(LoadedModel model, int[] tokens, int chunk, int threads = 1,
        KvType type = KvType.F16)
    {
        using var runner = Runner(model, chunk, threads, tokens.Length, type);
        var blocks = Blocks(runner);
        var logits = new List<float[]>();
        for (int at = 0; at < tokens.Length; at += chunk)
        {
            int count = Math.Min(chunk, tokens.Length - at);
            runner.Forward(tokens.AsSpan(at, count), [new BatchSegment(0, count, at, blocks, count)]);
            for (int row = 0; row < count; row++) logits.Add(runner.Logits(row).ToArray());
        }
        return [.. logits];
    }

    public static int[] Greedy(LoadedModel model, int[] prompt, int steps)
    {
        using var runner = Runner(model, Math.Max(1, prompt.Length), positions: prompt.Length + steps);
        var blocks = Blocks(runner);
        runner.Forward(prompt, [new BatchSegment(0, prompt.Length, 0, blocks, 1)]);
        var generated = new List<int>();
        while (true)
        {
            generated.Add(Largest(runner.Logits(0)));
            if (generated.Count == steps || model.EndTokens.Contains(generated[^1])) return [.. generated];
            int position = prompt.Length + generated.Count - 1;
            runner.Forward([generated[^1]], [new BatchSegment(0, 1, position, blocks, 1)]);
        }
    }

    public static int Largest(ReadOnlySpan<float> logits)
    {
        int best = 0;
        for (int i = 1; i < logits.Length; i++) if (logits[i] > logits[best]) best = i;
        return best;
    }

    private static int[] Blocks(ModelRunner runner)
    {
        var blocks = Enumerable.Range(0, runner.BlockCount).ToArray();
        new Random(1).Shuffle(blocks);
        return blocks;
    }
}
