using Weir.Inference.Batching;
using Weir.Inference.Grammars.Vocabularies;
using Weir.Text.Chat;
using Weir.Text.Tokenizers;

namespace Weir.Inference.Generation;

/// <summary>A model as an engine serves it.</summary>
/// <param name="Runner">Computes; the engine owns it.</param>
/// <param name="Tokenizer">May know fewer tokens than the runner has logits.</param>
/// <param name="EndTokens">Tokens that end an answer.</param>
/// <param name="Hash">Names the weights in the key of the prefix cache: other weights, another hash.</param>
internal sealed record ServedModel(IModelRunner Runner, Tokenizer Tokenizer, IReadOnlySet<int> EndTokens, string Hash)
{
    private readonly Lazy<TokenVocabulary> _vocabulary = new(() => VocabularyOf(Tokenizer, EndTokens));

    /// <summary>The model's own chat templates; null where it has none, and Weir's fits.</summary>
    public ChatTemplateSet? Templates { get; init; }

    /// <summary>Tokens that can be chosen: without the padding that a model may have beyond its tokenizer's.</summary>
    public int VocabularySize => Math.Min(Runner.VocabularySize, Tokenizer.VocabularySize);

    /// <summary>Tokens of one sequence at most: by the context, and by the KV cache as a whole.</summary>
    public int Positions => Math.Min(Runner.ContextLength, Runner.BlockCount * Runner.BlockTokens);

    /// <summary>As grammars see it; made when it is first wanted.</summary>
    public TokenVocabulary Vocabulary => _vocabulary.Value;

    private static TokenVocabulary VocabularyOf(Tokenizer tokenizer, IReadOnlySet<int> ends) =>
        new(tokenizer.VocabularySize, id => tokenizer.TokenBytes(id).ToArray(),
            ends.Where(id => id < tokenizer.VocabularySize),
            Enumerable.Range(0, tokenizer.VocabularySize).Where(id => tokenizer.IsSpecial(id) && !ends.Contains(id)));
}

/// <summary>What an engine is allowed.</summary>
/// <param name="Parallel">Sequences computed at the same time.</param>
/// <param name="MaxWaiting">Sequences that may wait for a place.</param>
internal sealed record EngineLimits(int Parallel, int MaxWaiting = Engine.MaxWaiting)
{
    /// <summary>Tokens of one step; the runner may allow fewer.</summary>
    public int BatchTokens { get; init; } = 256;
    public bool PrefixCache { get; init; } = true;

    /// <summary>Draft tokens of one sequence in one step at most; 0 is off.</summary>
    public int Speculate { get; init; } = 4;
}
