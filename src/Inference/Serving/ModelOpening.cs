using System.Text.Json;
using Weir.Formats.Bcl;
using Weir.Formats.Gguf;
using Weir.Formats.Models;
using Weir.Inference.Decoding;
using Weir.Inference.Generation;
using Weir.Inference.Models;
using Weir.Text.Chat;

namespace Weir.Inference.Serving;

/// <summary>From files, or a loaded model, to one that an engine serves.</summary>
internal static class ModelOpening
{
    private const string TemplateFileName = "chat_template.jinja";

    /// <summary>Part of the machine's memory that the KV cache may take where nothing else was said.</summary>
    private const int MemoryShare = 4;

    /// <exception cref="UserErrorException">The model is missing, damaged, or of a kind that this version does not
    /// run.</exception>
    public static ServedModel Open(string path, EngineOptions options) =>
        Open(LoadedModel.Load(path), options) with { Templates = TemplatesOf(path) };

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
        return new ServedModel(runner, model.Tokenizer, model.EndTokens, Guid.NewGuid().ToString());
    }

    private static int DefaultBlocks(ModelConfig config, int parallel, KvType type)
    {
        long wanted = (config.ContextLength + KvStore.BlockTokens - 1L) / KvStore.BlockTokens * parallel;
        long memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / MemoryShare;
        return (int)Math.Clamp(Math.Min(wanted, memory / KvStore.BytesOf(config, 1, type)), 1, 1 << 24);
    }

    private static ChatTemplateSet? TemplatesOf(string path)
    {
        if (File.Exists(path))
        {
            using var gguf = GgufFile.Open(path);
            return ChatTemplateSet.FromGguf(gguf.Metadata);
        }
        var file = Path.Combine(path, TokenizerConfigFile.ConfigFileName);
        ChatTemplateSet? templates = null;
        if (File.Exists(file))
            try
            {
                using var config = JsonDocument.Parse(File.ReadAllText(file));
                templates = ChatTemplateSet.FromTokenizerConfig(config.RootElement);
            }
            catch (JsonException e)
            {
                throw new UserErrorException($"{file} is no JSON: {e.Message} Fetch the model's file again.", inner: e);
            }
        // Newer models have their template in a file of its own, which goes first.
        var own = Path.Combine(path, TemplateFileName);
        return File.Exists(own) ? ChatTemplateSet.Of(File.ReadAllText(own), templates?.BosToken, templates?.EosToken)
            : templates;
    }
}
