using Weir.Formats.Bcl;
using Weir.Text.Tokenizers.Models;
using Weir.Text.Tokenizers.Training;

namespace Weir.Text.Tokenizers;

/// <summary>What a tokenizer is to become.</summary>
public sealed record BpeTrainerOptions
{
    /// <summary>Tokens in all: special tokens, the 256 byte symbols and merges. Fewer come out when the text has not
    /// enough pairs.</summary>
    public int VocabularySize { get; init; } = 8192;

    /// <summary>Special tokens; their ids are their places in this list. Weir's models take
    /// <c>WeirTokens.All</c>.</summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = [];

    /// <summary>Pairs that occur less often do not merge.</summary>
    public int MinimumPairCount { get; init; } = 2;

    /// <summary>Training looks at the first so many bytes (UTF-8) of the documents, so mix them before.</summary>
    public long MaxTrainingBytes { get; init; } = 64L << 20;

    /// <summary>No token spells more characters than this.</summary>
    public int MaxTokenCharacters { get; init; } = 16;
}

/// <summary>Trains a byte-level BPE tokenizer. The same documents in the same order and the same options give the same
/// tokenizer: of equally frequent pairs, the one with the lowest ids merges first.</summary>
public static class BpeTrainer
{
    // Keeps positions within an array's reach; more text makes no better tokenizer.
    private const long MostTrainingBytes = 1L << 30;

    // Counting the pieces takes about this part of the time.
    private const double CountingPart = 0.4;

    /// <summary>Learns the merges from the documents. Special tokens written in documents count as plain
    /// text.</summary>
    /// <param name="documents">Texts in an order that has been mixed; read once, up to the limit of the
    /// options.</param>
    /// <param name="options">What the tokenizer is to become.</param>
    /// <param name="ct">Stops the training with <see cref="OperationCanceledException"/>.</param>
    /// <param name="progress">Called now and then with the part done, 0 to 1.</param>
    /// <exception cref="UserErrorException">The options contradict each other, or there is no text.</exception>
    public static Tokenizer Train(IEnumerable<string> documents, BpeTrainerOptions options, CancellationToken ct,
        Action<double>? progress = null)
    {
        Check(options);
        var pieces = new PieceCounts(options.MaxTrainingBytes);
        foreach (var document in documents)
        {
            ct.ThrowIfCancellationRequested();
            pieces.Add(document);
            progress?.Invoke(Math.Min(CountingPart, CountingPart * pieces.Bytes / options.MaxTrainingBytes));
            if (pieces.IsFull) break;
        }
        if (pieces.Bytes == 0)
            throw new UserErrorException(
                "There is no text to train a tokenizer on. Give documents that are not empty.");

        var vocabulary = new GrowingVocabulary(options.SpecialTokens, options.MaxTokenCharacters);
        var learner = new MergeLearner(pieces, vocabulary.IdOfByte, options.VocabularySize, options.MinimumPairCount);
        pieces.Clear();
        while (vocabulary.Count < options.VocabularySize && learner.TryNext(out var left, out var right))
        {
            ct.ThrowIfCancellationRequested();
            if (!vocabulary.TryAddMerge(left, right, out var result)) continue;
            learner.Apply(left, right, result);
            progress?.Invoke(CountingPart + (1 - CountingPart) * vocabulary.Count / options.VocabularySize);
        }
        progress?.Invoke(1);
        return Tokenizer.FromBpe(vocabulary.Texts, vocabulary.Merges, vocabulary.SpecialTokens);
    }

    private static void Check(BpeTrainerOptions options)
    {
        var least = options.SpecialTokens.Count + 256;
        if (options.VocabularySize < least || options.VocabularySize > TokenIndex.MaxTokens)
            throw new UserErrorException($"A vocabulary of {options.VocabularySize} tokens is not possible with "
                + $"{options.SpecialTokens.Count} special tokens: use {least} to {TokenIndex.MaxTokens}.");
        if (options.MinimumPairCount < 1) throw new UserErrorException("The minimum pair count must be 1 or more.");
        if (options.MaxTrainingBytes is < 1 or > MostTrainingBytes)
            throw new UserErrorException($"The limit of training bytes must be 1 to {MostTrainingBytes:N0}.");
        if (options.MaxTokenCharacters < 1)
            throw new UserErrorException("A token must be allowed 1 character or more.");
    }
}
