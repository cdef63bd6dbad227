namespace Weir.Text.Tokenizers.Splitting;

/// <summary>One pre-tokenizer: it cuts text into pieces that the next one cuts further. Immutable.</summary>
internal abstract class SplitStep
{
    /// <summary>The pattern whose matches and gaps are the pieces, or null when the step is more than that.</summary>
    public virtual string? Pattern => null;

    /// <summary>The text to cut instead of this one, or null for the text as it is.</summary>
    /// <param name="text">What the step before has cut.</param>
    /// <param name="atStart">Whether the whole text starts here.</param>
    public virtual string? Rewrite(ReadOnlySpan<char> text, bool atStart) => null;

    /// <summary>The end of the piece that starts at <paramref name="start"/>, always behind it.</summary>
    public abstract int EndOfPiece(ReadOnlySpan<char> text, int start, out bool isDropped);

    /// <summary>The step whose pieces are the matches of a known pattern and the gaps between them.</summary>
    public static SplitStep Isolating(string pattern) => pattern switch
    {
        SplitPatterns.Qwen2 => new WordStep(mostDigits: 1),
        SplitPatterns.Llama3 => new WordStep(mostDigits: 3),
        SplitPatterns.TrailingSpace => new TrailingSpaceStep(),
        _ => new PatternStep(pattern, SplitBehavior.Isolated, isInverted: false),
    };
}

/// <summary>The patterns of Qwen2 and Llama 3 by hand, for speed.</summary>
internal sealed class WordStep(int mostDigits) : SplitStep
{
    public override string Pattern => mostDigits == 1 ? SplitPatterns.Qwen2 : SplitPatterns.Llama3;

    public override int EndOfPiece(ReadOnlySpan<char> text, int start, out bool isDropped)
    {
        isDropped = false;
        return PreTokenizer.EndOfPiece(text, start, mostDigits);
    }
}

/// <summary><c>\s+$</c> by hand: looking for it at every place of a long run of spaces would be quadratic.</summary>
internal sealed class TrailingSpaceStep : SplitStep
{
    public override string Pattern => SplitPatterns.TrailingSpace;

    public override int EndOfPiece(ReadOnlySpan<char> text, int start, out bool isDropped)
    {
        isDropped = false;
        // No white space is outside of the basic plane.
        var trailing = text.Length;
        while (trailing > start && char.IsWhiteSpace(text[trailing - 1])) trailing--;
        return trailing > start ? trailing : text.Length;
    }
}
