namespace Weir.Text.Tokenizers.Splitting;

/// <summary>What becomes of a match, in the words of <c>tokenizer.json</c>.</summary>
internal enum SplitBehavior
{
    Isolated,
    Removed,
    MergedWithPrevious,
    MergedWithNext,
    Contiguous,
}

/// <summary>Cuts where something is found.</summary>
/// <param name="behavior">What becomes of matches.</param>
/// <param name="isInverted">Whether gaps count as matches and the other way round.</param>
internal abstract class CutStep(SplitBehavior behavior, bool isInverted) : SplitStep
{
    protected bool IsIsolating => behavior == SplitBehavior.Isolated;

    public override int EndOfPiece(ReadOnlySpan<char> text, int start, out bool isDropped)
    {
        var end = EndOfStretch(text, start, out var isMatch);
        isMatch ^= isInverted;
        isDropped = behavior == SplitBehavior.Removed && isMatch;
        if (behavior is SplitBehavior.Isolated or SplitBehavior.Removed) return end;
        while (end < text.Length)
        {
            var next = EndOfStretch(text, end, out var nextIsMatch);
            nextIsMatch ^= isInverted;
            var joins = behavior switch
            {
                SplitBehavior.Contiguous => isMatch && nextIsMatch,
                SplitBehavior.MergedWithNext => isMatch && !nextIsMatch,
                _ => !isMatch && nextIsMatch,
            };
            if (!joins) break;
            end = next;
            if (behavior != SplitBehavior.Contiguous) break;
        }
        return end;
    }

    /// <summary>The end of the match or of the gap that starts at <paramref name="start"/>.</summary>
    protected abstract int EndOfStretch(ReadOnlySpan<char> text, int start, out bool isMatch);
}

/// <summary>Cuts at the matches of a known pattern.</summary>
internal sealed class PatternStep(string pattern, SplitBehavior behavior, bool isInverted)
    : CutStep(behavior, isInverted)
{
    private readonly SplitPattern _pattern = SplitPattern.Of(pattern);

    // Isolating cuts at both ends of a match, so it does not matter which of match and gap is which.
    public override string? Pattern => IsIsolating ? pattern : null;

    protected override int EndOfStretch(ReadOnlySpan<char> text, int start, out bool isMatch) =>
        _pattern.EndOfStretch(text, start, out isMatch);
}

/// <summary>Cuts at every occurrence of a text that is not empty.</summary>
internal sealed class LiteralStep(string literal, SplitBehavior behavior, bool isInverted)
    : CutStep(behavior, isInverted)
{
    protected override int EndOfStretch(ReadOnlySpan<char> text, int start, out bool isMatch)
    {
        var at = text[start..].IndexOf(literal, StringComparison.Ordinal);
        isMatch = at == 0;
        return at == 0 ? start + literal.Length : at < 0 ? text.Length : start + at;
    }
}
