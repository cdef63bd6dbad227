using System.Text;
using Weir.Formats.Bcl;
using Weir.Text.Unicode;

namespace Weir.Text.Tokenizers.Normalizing;

/// <summary>What is done to text before it is cut: rewriting steps, one after the other.</summary>
/// <param name="steps">Each takes and gives well-formed text.</param>
/// <param name="isNfc">Whether the only step is normal form C, which most text has already.</param>
internal sealed class TextNormalizer(IReadOnlyList<Func<string, string>> steps, bool isNfc = false)
{
    /// <summary>Of normalised text (UTF-16 units): steps that make text longer could otherwise go on and on.</summary>
    public const int MaxLength = 1 << 27;

    /// <summary>Leaves well-formed text as it is.</summary>
    public static TextNormalizer None { get; } = new([]);

    public static TextNormalizer Nfc { get; } = new([UnicodeRepair.Normalise], isNfc: true);

    public bool IsNfc => isNfc;

    public bool DoesNothing => steps.Count == 0;

    /// <summary>The text to tokenize; the same memory where nothing changes. Lone surrogates become U+FFFD.</summary>
    public ReadOnlySpan<char> Apply(ReadOnlySpan<char> text)
    {
        if ((isNfc || steps.Count == 0) && UnicodeRepair.IsPlainlyNormal(text)) return text;
        return Apply(UnicodeRepair.RepairSurrogates(text.ToString()));
    }

    public string Apply(string wellFormed)
    {
        foreach (var step in steps)
        {
            wellFormed = step(wellFormed);
            if (wellFormed.Length > MaxLength)
                throw new UserErrorException($"Normalising makes the text longer than {MaxLength:N0} characters, which "
                    + "is more than the tokenizer takes. Divide it.");
        }
        return wellFormed;
    }
}

/// <summary>The small steps.</summary>
internal static class NormalizerSteps
{
    public static string Nfkc(string text) => text.IsNormalized(NormalizationForm.FormKC) ? text
        : text.Normalize(NormalizationForm.FormKC);

    /// <summary>Each character by itself, without regard to what stands around it.</summary>
    public static string Lowercase(string text)
    {
        // The only character whose lower case is two.
        var lower = text.ToLowerInvariant();
        return lower.Contains('\u0130') ? lower.Replace("\u0130", "i\u0307", StringComparison.Ordinal) : lower;
    }

    public static Func<string, string> Prepend(string prefix) => text => text.Length == 0 ? text : prefix + text;

    public static Func<string, string> Replace(string what, string with) =>
        text => text.Replace(what, with, StringComparison.Ordinal);

    public static Func<string, string> Strip(bool left, bool right) => text =>
        (left, right) switch
        {
            (true, true) => text.Trim(),
            (true, false) => text.TrimStart(),
            (false, true) => text.TrimEnd(),
            _ => text,
        };

    /// <summary>Removes non-spacing marks; text that is to lose its accents must have been decomposed before.</summary>
    public static string StripMarks(string text)
    {
        var kept = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
            if (Rune.GetUnicodeCategory(rune) != System.Globalization.UnicodeCategory.NonSpacingMark)
                kept.Append(rune);
        return kept.ToString();
    }
}
