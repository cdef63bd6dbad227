using Weir.Formats.Bcl;
using Weir.Formats.Models;
using Weir.Text.Chat;
using Weir.Text.Tokenizers;

namespace Weir.Inference.Models;

/// <summary>A model in memory, ready to run: sizes, weights, tokenizer, and the ids that end an answer. Read-only, so
/// any number of sequences share it.</summary>
public sealed class LoadedModel
{
    private LoadedModel(ModelConfig config, ModelWeights weights, Tokenizer tokenizer, IReadOnlySet<int> endTokens,
        ChatTemplateSet? templates)
    {
        Templates = templates;
        Config = config;
        Weights = weights;
        Tokenizer = tokenizer;
        EndTokens = endTokens;
    }

    public ModelConfig Config { get; }
    public Tokenizer Tokenizer { get; }

    /// <summary>Ids after which generation stops: those that the model's files name, and the end of a
    /// document.</summary>
    public IReadOnlySet<int> EndTokens { get; }

    /// <summary>The model's own chat templates; null where its files have none.</summary>
    public ChatTemplateSet? Templates { get; }

    internal ModelWeights Weights { get; }

    /// <summary>Loads a Hugging Face folder (config.json, model.safetensors, tokenizer.json) or a .gguf file.</summary>
    /// <exception cref="UserErrorException">It is missing, damaged, or of a kind that this version does not
    /// run.</exception>
    public static LoadedModel Load(string path)
    {
        using var files = ModelFiles.Open(path);
        return files.Load(Environment.ProcessorCount);
    }

    /// <exception cref="UserErrorException">Tokenizer and weights do not belong together.</exception>
    internal static LoadedModel Create(ModelConfig config, ModelWeights weights, Tokenizer tokenizer,
        IEnumerable<int> endTokens, string where, ChatTemplateSet? templates = null)
    {
        // More embeddings than tokens are padding, and harmless.
        if (tokenizer.VocabularySize > config.VocabularySize)
            throw new UserErrorException($"{where}: the tokenizer has {tokenizer.VocabularySize} tokens, the model "
                + $"only {config.VocabularySize}. They do not belong together.");
        HashSet<int> ends = [.. endTokens, .. tokenizer.EndIds];
        if (tokenizer.IdOf(WeirTokens.EndOfText) is { } endOfText) ends.Add(endOfText);
        return new LoadedModel(config, weights, tokenizer, ends, templates);
    }

    /// <summary>The same weights with a shorter context.</summary>
    internal LoadedModel WithContext(int context) =>
        new(Config with { ContextLength = Math.Min(context, Config.ContextLength) }, Weights, Tokenizer, EndTokens,
            Templates);
}
