using System.Globalization;
using System.Text;

namespace Weir.Inference.Grammars.Patterns;

/// <summary>A set of Unicode scalar values: sorted ranges, both ends included, that neither touch nor hold surrogates.
/// Immutable.</summary>
internal sealed class CodePointSet
{
    private const int Last = 0x10FFFF, FirstSurrogate = 0xD800, LastSurrogate = 0xDFFF;

    private static readonly Lazy<Dictionary<string, CodePointSet>> Categories = new(ReadCategories);

    private CodePointSet(List<(int Low, int High)> ranges) => Ranges = ranges;

    public static CodePointSet Empty { get; } = Of();
    public static CodePointSet All { get; } = Of((0, Last));

    // The classes of ECMA-262, which is what JSON Schema asks for: digits and words are of ASCII, white space is not.
    public static CodePointSet Digits { get; } = Of(('0', '9'));
    public static CodePointSet WordCharacters { get; } = Of(('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z'));
    public static CodePointSet LineEnds { get; } = Of(('\n', '\n'), ('\r', '\r'), (0x2028, 0x2029));
    public static CodePointSet WhiteSpace { get; } = Of(('\t', '\r'), (' ', ' '), (0xA0, 0xA0), (0x1680, 0x1680),
        (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF));

    public IReadOnlyList<(int Low, int High)> Ranges { get; }

    public static CodePointSet Of(params IEnumerable<(int Low, int High)> ranges)
    {
        var sorted = new List<(int Low, int High)>();
        foreach (var (low, high) in ranges)
        {
            if (low < FirstSurrogate) sorted.Add((low, Math.Min(high, FirstSurrogate - 1)));
            if (high > LastSurrogate) sorted.Add((Math.Max(low, LastSurrogate + 1), high));
        }
        sorted.Sort();
        var merged = new List<(int Low, int High)>();
        foreach (var (low, high) in sorted)
        {
            if (low > high) continue;
            if (merged.Count > 0 && low <= merged[^1].High + 1)
                merged[^1] = (merged[^1].Low, Math.Max(high, merged[^1].High));
            else merged.Add((low, high));
        }
        return new CodePointSet(merged);
    }

    /// <summary>A general category of Unicode (<c>Lu</c>) or a group of them (<c>L</c>); null if there is none of that
    /// name.</summary>
    public static CodePointSet? OfCategory(string name) => Categories.Value.GetValueOrDefault(name);

    public CodePointSet Union(CodePointSet other) => Of(Ranges.Concat(other.Ranges));

    public CodePointSet Negated()
    {
        var gaps = new List<(int, int)>();
        int next = 0;
        foreach (var (low, high) in Ranges)
        {
            if (low > next) gaps.Add((next, low - 1));
            next = high + 1;
        }
        if (next <= Last) gaps.Add((next, Last));
        return Of(gaps);
    }

    public CodePointSet Without(CodePointSet other) => Negated().Union(other).Negated();

    public bool Contains(int codePoint)
    {
        foreach (var (low, high) in Ranges) if (low <= codePoint && codePoint <= high) return true;
        return false;
    }

    private static Dictionary<string, CodePointSet> ReadCategories()
    {
        var ranges = new Dictionary<string, List<(int, int)>>();
        for (int start = 0, c = 1; c <= Last + 1; c++)
        {
            if (c <= Last && CategoryOf(c) == CategoryOf(start)) continue;
            var name = ShortName(CategoryOf(start));
            foreach (var key in (string[])[name, name[..1]])
            {
                if (!ranges.TryGetValue(key, out var list)) ranges.Add(key, list = []);
                list.Add((start, c - 1));
            }
            start = c;
        }
        return ranges.ToDictionary(r => r.Key, r => Of(r.Value));

        static UnicodeCategory CategoryOf(int c) => CharUnicodeInfo.GetUnicodeCategory(c);
    }

    private static string ShortName(UnicodeCategory category) =>
        "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Zs Zl Zp Cc Cf Cs Co Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Cn"
            .Split(' ')[(int)category];
}
