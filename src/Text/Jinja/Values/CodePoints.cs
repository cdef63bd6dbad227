namespace Weir.Text.Jinja.Values;

/// <summary>Texts as Python counts them, in code points; .NET counts UTF-16 units. A lone surrogate counts as
/// one.</summary>
internal static class CodePoints
{
    public static int Length(string text)
    {
        var length = text.Length;
        if (text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0) return length;
        for (var i = 0; i + 1 < text.Length; i++)
            if (char.IsSurrogatePair(text[i], text[i + 1]))
            {
                length--;
                i++;
            }
        return length;
    }

    /// <summary>Where in UTF-16 units each code point begins, and the end of the text; null where both counts are the
    /// same.</summary>
    public static int[]? Starts(string text)
    {
        var count = Length(text);
        if (count == text.Length) return null;
        var starts = new int[count + 1];
        for (int i = 0, at = 0; i < count; i++)
        {
            starts[i] = at;
            at += at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1]) ? 2 : 1;
        }
        starts[count] = text.Length;
        return starts;
    }

    /// <summary>The place in code points of a place in UTF-16 units; -1 stays -1, as <c>find</c> has it.</summary>
    public static int Index(string text, int utf16) => utf16 < 0 ? utf16 : Length(text[..utf16]);

    /// <summary>The order of code points, which UTF-16 units do not keep above the basic plane.</summary>
    public static int Compare(string left, string right)
    {
        var common = left.AsSpan().CommonPrefixLength(right);
        if (common == left.Length || common == right.Length) return left.Length.CompareTo(right.Length);
        char a = left[common], b = right[common];
        return char.IsSurrogate(a) == char.IsSurrogate(b) ? a.CompareTo(b) : char.IsSurrogate(a) ? 1 : -1;
    }

    /// <summary>Python's white space: Unicode's, and the four separators of ASCII.</summary>
    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\x1c' and <= '\x1f';

    /// <summary>The places of a Python slice, in order.</summary>
    /// <param name="length">Of the sequence.</param>
    /// <param name="start">Null for the beginning.</param>
    /// <param name="stop">Null for the end.</param>
    /// <param name="step">Not 0; negative goes backwards.</param>
    public static (int First, int Count, int Step) SliceOf(int length, long? start, long? stop, long step)
    {
        if (step == 0) throw new TemplateFaultException("the step of a slice cannot be 0");
        step = Math.Clamp(step, -int.MaxValue, int.MaxValue);
        long low = step < 0 ? -1 : 0, high = step < 0 ? length - 1 : length;
        var first = Place(start, step < 0 ? high : low);
        var end = Place(stop, step < 0 ? low : high);
        var span = step < 0 ? first - end : end - first;
        var count = span <= 0 ? 0 : (span - 1) / Math.Abs(step) + 1;
        return ((int)first, (int)count, (int)step);

        long Place(long? at, long otherwise) =>
            at is null ? otherwise : Math.Clamp(at < 0 ? at.Value + length : at.Value, low, high);
    }
}
