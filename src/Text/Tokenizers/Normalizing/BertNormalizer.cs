using System.Globalization;
using System.Text;

namespace Weir.Text.Tokenizers.Normalizing;

/// <summary>BERT's normaliser: controls out, every white space a space, spaces around Han, accents off, lower
/// case.</summary>
internal sealed record BertNormalizer(bool CleansText, bool SeparatesHan, bool StripsAccents, bool Lowercases)
{
    // BERT's ranges; the fourth begins a hundred too late in the library that models were trained with.
    private static readonly (int First, int Last)[] Han =
    [
        (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F),
        (0x2B920, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
    ];

    public string Apply(string text)
    {
        var result = new StringBuilder(text.Length + 16);
        foreach (var rune in text.EnumerateRunes())
        {
            if (CleansText && IsRemoved(rune)) continue;
            if (CleansText && Rune.IsWhiteSpace(rune)) result.Append(' ');
            else if (SeparatesHan && Array.Exists(Han, range => rune.Value >= range.First && rune.Value <= range.Last))
                result.Append(' ').Append(rune).Append(' ');
            else result.Append(rune);
        }
        text = result.ToString();
        if (StripsAccents) text = NormalizerSteps.StripMarks(text.Normalize(NormalizationForm.FormD));
        return Lowercases ? NormalizerSteps.Lowercase(text) : text;
    }

    private static bool IsRemoved(Rune rune) => rune.Value is 0 or 0xFFFD
        || (rune.Value is not ('\t' or '\n' or '\r') && Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control
            or UnicodeCategory.Format or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse);
}
