namespace Weir.Inference.Batching;

/// <summary>One sequence's share of a forward pass.</summary>
/// <param name="Start">Where its tokens begin in the batch.</param>
/// <param name="Count">How many tokens; positions FirstPosition to FirstPosition + Count - 1.</param>
/// <param name="FirstPosition">Position of its first token; everything before is in the cache already.</param>
/// <param name="Blocks">KV block ids; block i holds positions i * BlockTokens and on. Only the first
/// ceil((FirstPosition + Count) / BlockTokens) are looked at.</param>
/// <param name="LogitRows">Logits are made after its last LogitRows tokens (0 to Count).</param>
/// <param name="WantsHidden">Whether the final hidden states of all its tokens are kept (embeddings).</param>
internal readonly record struct BatchSegment(int Start, int Count, int FirstPosition, int[] Blocks, int LogitRows,
    bool WantsHidden = false);

/// <summary>What computes: one model's weights and its paged KV cache. One thread calls it at a time.</summary>
internal interface IModelRunner : IDisposable
{
    /// <summary>Of the logits; may exceed the tokenizer's.</summary>
    int VocabularySize { get; }
    int HiddenSize { get; }
    int ContextLength { get; }
    /// <summary>Positions of one KV block.</summary>
    int BlockTokens { get; }
    int BlockCount { get; }
    /// <summary>Tokens of one forward pass at most, over all segments.</summary>
    int MaxBatchTokens { get; }
    long KvBytes { get; }

    /// <summary>One step over all segments; a token's result does not depend on what else is in the batch, bit for
    /// bit.</summary>
    void Forward(ReadOnlySpan<int> tokens, ReadOnlySpan<BatchSegment> segments);

    /// <summary>Row r counts the logit rows of all segments in order; valid (and writable) until the next
    /// Forward.</summary>
    Span<float> Logits(int row);

    /// <summary>Final-normed hidden state of token <paramref name="token"/> of the batch; only where its segment
    /// wanted it.</summary>
    ReadOnlySpan<float> Hidden(int token);

    /// <summary>Copies the content of a KV block (copy on write of shared, partly filled blocks).</summary>
    void CopyBlock(int from, int to);
}
