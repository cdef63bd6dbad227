using System.Globalization;

namespace Weir.Text.Tokenizers.Splitting;

/// <summary>A set of characters of all planes: a bit a character for the basic plane, the rule itself for the planes
/// above. Immutable.</summary>
internal sealed class CharacterSet
{
    /// <summary>White_Space, which is <c>\s</c>.</summary>
    public static readonly (int First, int Last)[] WhiteSpace =
    [
        (0x09, 0x0D), (0x20, 0x20), (0x85, 0x85), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029),
        (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000),
    ];

    private static readonly byte[] Categories = BuildCategories();

    private readonly ulong[] _basic = new ulong[(char.MaxValue + 1) / 64];
    private readonly uint _categories;
    private readonly (int First, int Last)[] _ranges;
    private readonly bool _isNegated;

    /// <param name="categories">A bit for each <see cref="UnicodeCategory"/> whose characters belong.</param>
    /// <param name="ranges">Further characters that belong, ends included.</param>
    /// <param name="isNegated">Whether all others belong instead.</param>
    public CharacterSet(uint categories, IEnumerable<(int First, int Last)> ranges, bool isNegated)
    {
        (_categories, _ranges, _isNegated) = (categories, [.. ranges], isNegated);
        for (var c = 0; c <= char.MaxValue; c++)
            if ((categories >> Categories[c] & 1) != 0) _basic[c >> 6] |= 1UL << c;
        foreach (var (first, last) in _ranges)
            for (var c = first; c <= Math.Min(last, char.MaxValue); c++) _basic[c >> 6] |= 1UL << c;
        if (!isNegated) return;
        for (var i = 0; i < _basic.Length; i++) _basic[i] = ~_basic[i];
    }

    public bool Contains(char c) => (_basic[c >> 6] >> c & 1) != 0;

    /// <summary>The length in UTF-16 units of the character at <paramref name="at"/>, or 0 when it does not
    /// belong.</summary>
    public int LengthAt(ReadOnlySpan<char> text, int at)
    {
        var c = text[at];
        if (!char.IsHighSurrogate(c) || at + 1 >= text.Length || !char.IsLowSurrogate(text[at + 1]))
            return Contains(c) ? 1 : 0;
        return Contains(char.ConvertToUtf32(c, text[at + 1])) ? 2 : 0;
    }

    private bool Contains(int codePoint)
    {
        var found = (_categories >> (int)CharUnicodeInfo.GetUnicodeCategory(codePoint) & 1) != 0;
        foreach (var (first, last) in _ranges) found |= codePoint >= first && codePoint <= last;
        return found != _isNegated;
    }

    private static byte[] BuildCategories()
    {
        var categories = new byte[char.MaxValue + 1];
        for (var c = 0; c < categories.Length; c++) categories[c] = (byte)CharUnicodeInfo.GetUnicodeCategory((char)c);
        return categories;
    }
}
