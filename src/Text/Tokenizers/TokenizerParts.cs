using Weir.Text.Tokenizers.Models;
using Weir.Text.Tokenizers.Normalizing;
using Weir.Text.Tokenizers.Splitting;

namespace Weir.Text.Tokenizers;

/// <summary>All that a <see cref="Tokenizer"/> is made of, checked and built.</summary>
internal sealed record TokenizerParts
{
    public required TokenizerDescription Description { get; init; }
    public required ISubwordModel Model { get; init; }
    public required IReadOnlyList<AddedToken> AddedTokens { get; init; }

    /// <summary>What each token spells, by id.</summary>
    public required byte[][] TokenBytes { get; init; }

    public TextNormalizer Normalizer { get; init; } = TextNormalizer.None;
    public IReadOnlyList<SplitStep> Steps { get; init; } = [];

    /// <summary>Whether a space that decoded text begins with is left out.</summary>
    public bool DropsLeadingSpace { get; init; }

    /// <summary>Why the description does not give the same ids, or null.</summary>
    public string? Obstacle { get; init; }

    /// <summary>The file that it was read from, to be saved as it is; null for a tokenizer that is written
    /// anew.</summary>
    public byte[]? Source { get; init; }
}
