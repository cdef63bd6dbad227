namespace Weir.Data.Tokenization;

/// <summary>Cuts a long text where the cut does not change its tokens.</summary>
internal static class TextPieces
{
    /// <summary>The end of the piece that begins at <paramref name="start"/>: at most <paramref name="maximum"/>
    /// characters on, behind a line end that no white space follows (the pre-tokenizer ends a piece there in any
    /// case). A text without such a place is cut behind a whole character, which may cost a token.</summary>
    public static int End(string text, int start, int maximum)
    {
        if (text.Length - start <= maximum) return text.Length;
        int limit = start + maximum;
        for (int i = limit; i > start + 1; i--)
            if (text[i - 1] == '\n' && !char.IsWhiteSpace(text[i])) return i;
        return char.IsLowSurrogate(text[limit]) && limit - 1 > start ? limit - 1 : limit;
    }

    public static IEnumerable<string> Split(string text, int maximum)
    {
        for (int start = 0, end; start < text.Length; start = end)
        {
            end = End(text, start, maximum);
            yield return start == 0 && end == text.Length ? text : text[start..end];
        }
    }
}
