using System.Buffers;
using System.Text;

namespace Weir.Text.Unicode;

/// <summary>Makes text fit for training and for the console: well-formed, in normal form C, with <c>\n</c> line ends
/// and without control characters. Cleaning clean text returns the same instance.</summary>
public static class TextCleaner
{
    private static readonly SearchValues<char> Unwanted = SearchValues.Create(
        string.Concat(Enumerable.Range(0, 0x20).Where(c => c is not ('\n' or '\t'))
            .Concat(Enumerable.Range(0x7F, 0x21)).Select(c => (char)c)) + "\uFEFF\uFFFE\uFFFF");

    /// <summary>Turns CRLF and CR into LF; removes C0 (but LF and TAB), DEL, C1, the byte order mark and U+FFFE/U+FFFF;
    /// replaces lone surrogates by U+FFFD; normalises to form C.</summary>
    public static string Clean(string text)
    {
        var cleaned = UnicodeRepair.RepairSurrogates(text);
        var first = cleaned.AsSpan().IndexOfAny(Unwanted);
        if (first >= 0) cleaned = RemoveUnwanted(cleaned, first);
        // Last, because what a control character kept apart may compose once it is gone.
        return UnicodeRepair.Normalise(cleaned);
    }

    private static string RemoveUnwanted(string text, int first)
    {
        var kept = new StringBuilder(text.Length);
        var rest = text.AsSpan();
        for (var at = first; at >= 0; at = rest.IndexOfAny(Unwanted))
        {
            kept.Append(rest[..at]);
            // CRLF loses its CR; a CR alone becomes the LF.
            if (rest[at] == '\r' && (at + 1 == rest.Length || rest[at + 1] != '\n')) kept.Append('\n');
            rest = rest[(at + 1)..];
        }
        return kept.Append(rest).ToString();
    }
}
