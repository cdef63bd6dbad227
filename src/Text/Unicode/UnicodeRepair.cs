using System.Buffers;
using System.Text;

namespace Weir.Text.Unicode;

/// <summary>Well-formed UTF-16 and normal form C, each with a fast path that costs one pass and no
/// allocation.</summary>
internal static class UnicodeRepair
{
    public const char Replacement = '\uFFFD';
    private const char NoCharacter = '\uFFFE';

    /// <summary>Characters that are normal in form C whatever stands beside them, so that text made of these alone
    /// needs no normaliser: the ranges hold no combining mark, no singleton (U+2126 and the like) and no conjoining
    /// jamo.</summary>
    private static readonly SearchValues<char> AlwaysNormal = SearchValues.Create(AlwaysNormalCharacters());

    /// <summary>Replaces every surrogate without its partner by U+FFFD; returns the same instance when there is
    /// none.</summary>
    public static string RepairSurrogates(string text)
    {
        var first = IndexOfLoneSurrogate(text);
        if (first < 0) return text;
        return string.Create(text.Length, (text, first), static (target, state) =>
        {
            state.text.CopyTo(target);
            for (var i = state.first; i >= 0;)
            {
                target[i] = Replacement;
                var next = IndexOfLoneSurrogate(target[(i + 1)..]);
                i = next < 0 ? -1 : i + 1 + next;
            }
        });
    }

    /// <summary>Normal form C; the text must be well-formed UTF-16. Returns the same instance when it is normal
    /// already.</summary>
    public static string Normalise(string text)
    {
        if (IsPlainlyNormal(text)) return text;
        return !text.Contains(NoCharacter) && text.IsNormalized(NormalizationForm.FormC) ? text
            : ToForm(text, NormalizationForm.FormC);
    }

    /// <summary>Any normal form; the text must be well-formed UTF-16. The base library refuses U+FFFE, which every form
    /// leaves as it is, and which joins with nothing: what lies between is normalised by itself.</summary>
    public static string ToForm(string text, NormalizationForm form) =>
        !text.Contains(NoCharacter) ? text.Normalize(form)
            : string.Join(NoCharacter, text.Split(NoCharacter).Select(part => part.Normalize(form)));

    /// <summary>True when a glance shows that the text is well-formed and in form C; false when it takes a closer
    /// look.</summary>
    public static bool IsPlainlyNormal(ReadOnlySpan<char> text) => text.IndexOfAnyExcept(AlwaysNormal) < 0;

    private static int IndexOfLoneSurrogate(ReadOnlySpan<char> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var step = text[i..].IndexOfAnyInRange('\uD800', '\uDFFF');
            if (step < 0) return -1;
            i += step;
            if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1])) return i;
            i++;
        }
        return -1;
    }

    private static string AlwaysNormalCharacters()
    {
        var characters = new StringBuilder(40_000);
        Add(0x0000, 0x02FF);
        Add(0x2002, 0x20CF);
        Add(0x2190, 0x2328);
        Add(0x2500, 0x27FF);
        Add(0x3000, 0x3029);
        Add(0x3041, 0x3096);
        Add(0x309B, 0x30FF);
        Add(0x3105, 0x312F);
        Add(0x3400, 0x9FFF);
        Add(0xFF00, 0xFFEF);
        return characters.ToString();

        void Add(int first, int last)
        {
            for (var c = first; c <= last; c++) characters.Append((char)c);
        }
    }
}
