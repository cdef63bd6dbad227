using Weir.Formats.Bcl;
using Weir.Formats.Models;
using Weir.Inference.Decoding;
using Weir.Inference.Generation;
using Weir.Inference.Models;

namespace Weir.Inference.Serving;

/// <summary>From files, or a loaded model, to one that an engine serves.</summary>
internal static class ModelOpening
{
    /// <summary>Part of the machine's memory that the KV cache may take where nothing else was said.</summary>
    private const int MemoryShare = 4;

    /// <exception cref="UserErrorException">The model is missing, damaged, or of a kind that this version does not
    /// run.</exception>
    public static ServedModel Open(string path, EngineOptions options) =>
        Open(LoadedModel.Load(path), options);

    public static ServedModel Open(LoadedModel model, EngineOptions options)
    {
        if (options.Context is { } context) model = model.WithContext(context);
        var type = options.KvInEightBits ? KvType.Q8 : KvType.F16;
        var runner = new ModelRunner(model, new RunnerOptions
        {
            Threads = options.Threads, KvType = type, MaxBatchTokens = options.BatchTokens,
            KvBlocks = options.KvBlocks ?? DefaultBlocks(model.Config, options.Parallel, type),
            Cores = options.Pin ? [.. Enumerable.Range(0, options.Threads)] : [],
        });
        // Each load is other weights: nothing that was cached before fits.
        return new ServedModel(runner, model.Tokenizer, model.EndTokens, Guid.NewGuid().ToString())
        {
            Templates = model.Templates,
        };
    }

    private static int DefaultBlocks(ModelConfig config, int parallel, KvType type)
    {
        long wanted = (config.ContextLength + KvStore.BlockTokens - 1L) / KvStore.BlockTokens * parallel;
        long memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / MemoryShare;
        return (int)Math.Clamp(Math.Min(wanted, memory / KvStore.BytesOf(config, 1, type)), 1, 1 << 24);
    }
}
