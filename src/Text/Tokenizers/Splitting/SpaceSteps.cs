namespace Weir.Text.Tokenizers.Splitting;

/// <summary>When a text that does not begin with a space gets one.</summary>
internal enum PrependScheme
{
    Never,
    /// <summary>Only where the whole text starts.</summary>
    First,
    Always,
}

/// <summary>Metaspace: spaces become U+2581, each opens a piece when <paramref name="cuts"/> is set.</summary>
internal sealed class MetaspaceStep(PrependScheme scheme, bool cuts) : SplitStep
{
    /// <summary>U+2581, which stands for a space in SentencePiece's tokens.</summary>
    public const char Space = '\u2581';

    public PrependScheme Scheme => scheme;

    public override string? Rewrite(ReadOnlySpan<char> text, bool atStart)
    {
        var prepends = text[0] is not (' ' or Space)
            && (scheme == PrependScheme.Always || (scheme == PrependScheme.First && atStart));
        if (!prepends && !text.Contains(' ')) return null;
        var spaced = text.ToString().Replace(' ', Space);
        return prepends ? Space + spaced : spaced;
    }

    public override int EndOfPiece(ReadOnlySpan<char> text, int start, out bool isDropped)
    {
        isDropped = false;
        if (!cuts) return text.Length;
        // A space without a word behind it stands alone.
        var next = text[(start + 1)..].IndexOf(Space);
        return next < 0 ? text.Length : start + 1 + next;
    }
}

/// <summary>ByteLevel with its own pattern or none. (That it writes bytes as characters is the model's
/// matter.)</summary>
internal sealed class ByteLevelStep(bool addsPrefixSpace, bool usesPattern) : SplitStep
{
    private readonly SplitPattern _pattern = SplitPattern.Of(SplitPatterns.Gpt2);

    public override string? Pattern => usesPattern && !addsPrefixSpace ? SplitPatterns.Gpt2 : null;

    /// <summary>Whether the step leaves text as it is.</summary>
    public bool DoesNothing => !addsPrefixSpace && !usesPattern;

    public override string? Rewrite(ReadOnlySpan<char> text, bool atStart) =>
        addsPrefixSpace && text[0] != ' ' ? string.Concat(" ", text) : null;

    public override int EndOfPiece(ReadOnlySpan<char> text, int start, out bool isDropped)
    {
        isDropped = false;
        return usesPattern ? _pattern.EndOfStretch(text, start, out _) : text.Length;
    }
}
