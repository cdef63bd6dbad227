using System.Diagnostics;
using Weir.Formats.Bcl;
using Weir.Inference.Batching;
using Weir.Inference.Decoding;
using Weir.Inference.Models;

namespace Weir.Bench.Engines;

/// <summary>Times the engine's forward passes in this process, in llama-bench's shape: random tokens, logits after the
/// last token of a batch, no sampling. Owns the runner.</summary>
internal sealed class RunnerTrial : IDisposable
{
    private const int WarmUpRounds = 2;
    private readonly IModelRunner _runner;
    private readonly Random _random = new(20_260_601);
    private readonly int[] _shallow, _deep;
    private int _depth;

    /// <param name="runner">With at least as many blocks of cache as <see cref="CacheBlocks"/> says.</param>
    /// <param name="promptTokens">Of the prompts to be read.</param>
    /// <param name="depth">Tokens in the context of the deep decoding.</param>
    /// <param name="generatedTokens">Most tokens decoded in one go.</param>
    public RunnerTrial(IModelRunner runner, int promptTokens, int depth, int generatedTokens)
    {
        _runner = runner;
        var (shallow, deep) = Split(promptTokens, depth, generatedTokens, runner.BlockTokens);
        if (shallow + deep > runner.BlockCount)
            throw new ArgumentException($"{shallow + deep} cache blocks are needed and there are {runner.BlockCount}.",
                nameof(runner));
        // Two sequences, so that the long context stays as it is between the runs.
        _shallow = [.. Enumerable.Range(0, shallow)];
        _deep = [.. Enumerable.Range(shallow, deep)];
    }

    /// <summary>Makes a runner with the cache that the trial needs.</summary>
    /// <exception cref="UserErrorException">The model's context is too short.</exception>
    public static RunnerTrial Open(LoadedModel model, int threads, int promptTokens, int depth, int generatedTokens)
    {
        int context = Math.Max(promptTokens, depth + generatedTokens);
        if (model.Config.ContextLength < context)
            throw new UserErrorException($"The model's context is {model.Config.ContextLength} tokens, and this "
                + $"benchmark needs {context}. Give a model with a longer one.");
        int blocks = CacheBlocks(promptTokens, depth, generatedTokens, KvStore.BlockTokens);
        var runner = new ModelRunner(model, new RunnerOptions { Threads = threads, KvBlocks = blocks });
        return new RunnerTrial(runner, promptTokens, depth, generatedTokens);
    }

    /// <summary>Blocks of cache of the two sequences.</summary>
    public static int CacheBlocks(int promptTokens, int depth, int generatedTokens, int blockTokens)
    {
        var (shallow, deep) = Split(promptTokens, depth, generatedTokens, blockTokens);
        return shallow + deep;
    }

    /// <summary>Until the run-time compiler has nothing left to improve.</summary>
    public void WarmUp(int promptTokens)
    {
        for (int i = 0; i < WarmUpRounds; i++)
        {
            Prefill(promptTokens);
            Decode(depth: 0, promptTokens / 16);
            Thread.Sleep(TimeSpan.FromMilliseconds(150)); // methods are compiled anew 100 ms after the last new one
        }
    }

    /// <summary>Tokens a second while reading a prompt.</summary>
    public double Prefill(int tokens)
    {
        Read(_shallow, 0, tokens); // as llama-bench does before it begins to time
        long began = Stopwatch.GetTimestamp();
        Read(_shallow, 0, tokens);
        return tokens / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    /// <summary>Tokens a second while decoding after <paramref name="depth"/> tokens of context.</summary>
    public double Decode(int depth, int tokens)
    {
        var blocks = depth == 0 ? _shallow : _deep;
        if (depth != 0 && _depth != depth)
        {
            Read(_deep, 0, depth);
            _depth = depth;
        }
        Step(blocks, depth); // as llama-bench does before it begins to time
        long began = Stopwatch.GetTimestamp();
        for (int i = 0; i < tokens; i++) Step(blocks, depth + i);
        return tokens / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    public void Dispose() => _runner.Dispose();

    private static (int Shallow, int Deep) Split(int promptTokens, int depth, int generatedTokens, int blockTokens)
    {
        int Blocks(int tokens) => (tokens + blockTokens - 1) / blockTokens;
        return (Blocks(Math.Max(promptTokens, generatedTokens)), Blocks(depth + generatedTokens));
    }

    /// <summary>A prompt in batches as large as the runner takes them.</summary>
    private void Read(int[] blocks, int first, int tokens)
    {
        var batch = new int[Math.Min(tokens, _runner.MaxBatchTokens)];
        for (int done = 0; done < tokens;)
        {
            int count = Math.Min(batch.Length, tokens - done);
            for (int i = 0; i < count; i++) batch[i] = _random.Next(_runner.VocabularySize);
            int rows = done + count == tokens ? 1 : 0;
            _runner.Forward(batch.AsSpan(0, count), [new BatchSegment(0, count, first + done, blocks, rows)]);
            done += count;
        }
    }

    private void Step(int[] blocks, int position)
    {
        int token = _random.Next(_runner.VocabularySize);
        _runner.Forward([token], [new BatchSegment(0, 1, position, blocks, LogitRows: 1)]);
    }
}
