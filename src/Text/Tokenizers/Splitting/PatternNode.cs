namespace Weir.Text.Tokenizers.Splitting;

/// <summary>A step of a compiled pattern. Each knows what follows it, so that a match is one descent and going back is
/// a return.</summary>
internal abstract class PatternNode
{
    /// <summary>The end of the match of this step and all that follow from <paramref name="at"/>, or -1.</summary>
    public abstract int Match(ReadOnlySpan<char> text, int at);
}

/// <summary>The end of the pattern.</summary>
internal sealed class AcceptNode : PatternNode
{
    public static readonly AcceptNode Instance = new();

    public override int Match(ReadOnlySpan<char> text, int at) => at;
}

/// <summary><c>$</c>: the end of the text.</summary>
internal sealed class TextEndNode(PatternNode next) : PatternNode
{
    public override int Match(ReadOnlySpan<char> text, int at) => at == text.Length ? next.Match(text, at) : -1;
}

/// <summary>A set with its quantifier: as many as there are, then fewer until the rest matches.</summary>
internal sealed class RunNode(CharacterSet set, int minimum, int maximum, bool isPossessive, PatternNode next)
    : PatternNode
{
    public CharacterSet Set => set;

    public bool MayBeEmpty => minimum == 0;

    public PatternNode Next => next;

    public override int Match(ReadOnlySpan<char> text, int at)
    {
        var count = 0;
        while (count < maximum && at < text.Length && set.LengthAt(text, at) is > 0 and var length)
        {
            at += length;
            count++;
        }
        if (count < minimum) return -1;
        if (next == AcceptNode.Instance) return at;
        while (true)
        {
            var end = next.Match(text, at);
            if (end >= 0 || count == minimum || isPossessive) return end;
            at -= at > 1 && char.IsLowSurrogate(text[at - 1]) && char.IsHighSurrogate(text[at - 2]) ? 2 : 1;
            count--;
        }
    }
}

/// <summary>Alternatives in their order; each goes on to the same rest.</summary>
internal sealed class BranchNode(IReadOnlyList<PatternNode> alternatives) : PatternNode
{
    private readonly PatternNode[] _alternatives = [.. alternatives];

    public IReadOnlyList<PatternNode> Alternatives => _alternatives;

    public override int Match(ReadOnlySpan<char> text, int at)
    {
        foreach (var alternative in _alternatives)
            if (alternative.Match(text, at) is >= 0 and var end) return end;
        return -1;
    }
}

/// <summary><c>(?=...)</c> and <c>(?!...)</c>.</summary>
internal sealed class LookaheadNode(PatternNode condition, bool isNegated, PatternNode next) : PatternNode
{
    public override int Match(ReadOnlySpan<char> text, int at) =>
        condition.Match(text, at) >= 0 != isNegated ? next.Match(text, at) : -1;
}
