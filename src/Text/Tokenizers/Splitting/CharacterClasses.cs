using System.Globalization;

namespace Weir.Text.Tokenizers.Splitting;

/// <summary>What the pre-tokenizer's pattern can tell apart about a character.</summary>
internal enum CharacterClass : byte
{
    /// <summary>Neither letter, number nor white space: punctuation, symbols, marks, controls.</summary>
    Other,
    /// <summary><c>\p{L}</c></summary>
    Letter,
    /// <summary><c>\p{N}</c></summary>
    Number,
    /// <summary><c>\s</c> (White_Space) but CR and LF.</summary>
    Space,
    /// <summary>CR or LF.</summary>
    LineEnd,
}

/// <summary>The class of a character: a table for the basic plane, the runtime's Unicode data for the planes
/// above.</summary>
internal static class CharacterClasses
{
    private static readonly CharacterClass[] BasicPlane = BuildBasicPlane();

    /// <summary>The class of the character that starts at <paramref name="at"/> and its length in UTF-16 units (1 or
    /// 2).</summary>
    public static CharacterClass At(ReadOnlySpan<char> text, int at, out int length)
    {
        var c = text[at];
        length = 1;
        if (!char.IsHighSurrogate(c) || at + 1 >= text.Length || !char.IsLowSurrogate(text[at + 1]))
            return BasicPlane[c];
        length = 2;
        return OfCategory(CharUnicodeInfo.GetUnicodeCategory(char.ConvertToUtf32(c, text[at + 1])));
    }

    private static CharacterClass[] BuildBasicPlane()
    {
        var table = new CharacterClass[char.MaxValue + 1];
        for (var c = 0; c < table.Length; c++)
            table[c] = c is '\r' or '\n' ? CharacterClass.LineEnd
                : char.IsWhiteSpace((char)c) ? CharacterClass.Space
                : OfCategory(CharUnicodeInfo.GetUnicodeCategory((char)c));
        return table;
    }

    // White space exists in the basic plane only, so the planes above need no test for it.
    private static CharacterClass OfCategory(UnicodeCategory category) => category switch
    {
        <= UnicodeCategory.OtherLetter => CharacterClass.Letter,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber
            => CharacterClass.Number,
        _ => CharacterClass.Other,
    };
}
