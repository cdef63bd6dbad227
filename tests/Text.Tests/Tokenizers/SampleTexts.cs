using System.Text;

namespace Weir.Text.Tests.Tokenizers;

/// <summary>Texts for the tokenizer's tests, the same for the same seed: words that repeat (so that there is something
/// to learn), both languages, digits, code, emoji, rare Han, marks and controls.</summary>
internal static class SampleTexts
{
    private static readonly string[] Chinese =
    [
        "水", "河流", "城市", "电力", "公司", "模型", "数据", "计算", "今天", "明天", "我们", "你好", "的", "了",
        "在", "是",
        "不", "可以", "学习", "文字", "繁體字", "龍", "算力网络", "，", "。", "？", "！", "《", "》", "一二三",
        "百分之", "　",
    ];

    private static readonly string[] English =
    [
        " the", " river", " model", " data", " water", "'s", "'LL", " don't", " we've", " I'm", " learns", " tokens",
        "ing",
        " Über", " naïve", " résumé", ", ", ". ", "! ", "?", " -- ", "(a + b) * c;", "{\n\t", "}\n\n", "=> ", "\r\n",
        "   ",
        " \n ", "\t\t", " 2024", " 3.14", "1234567", "x_1", "#", "</p>", "http://weir.example/a?b=1", "ſ", "'ſx", "İ",
    ];

    private static readonly string[] Strange =
    [
        "😀", "👩‍👩‍👧", "🇨🇳", "👍🏽", "❤️", "𠀀", "𠮷", "𪚥", "𫝆", "𬺰", "㐀", "丽", "é", "e\u0301", "ä̈", "Å",
        "Ω", "가", "각",
        "が", "か\u3099", "ﬁ", "①", "½", "٣", "𝟘", "𝒜", "\u0001", "\u001B[0m", "\u007F", "\u0085", "\u00A0",
        "\u200B", "\u200D",
        "\u2028", "\uFEFF", "\uFFFD", "\uFFFF", "\u3000\u3000", "\u0300", "<|end|", "|>", "العربية", "हिन्दी",
        "Ω\u0345\u0301",
    ];

    /// <summary>Documents to train on; words follow each other with habits, so that longer merges pay.</summary>
    public static IEnumerable<string> Documents(int seed, int count)
    {
        var random = new Random(seed);
        for (var i = 0; i < count; i++)
        {
            var text = new StringBuilder();
            var words = i % 2 == 0 ? Chinese : English;
            var at = random.Next(words.Length);
            for (var w = random.Next(20, 80); w > 0; w--)
            {
                text.Append(words[at]);
                at = random.Next(3) == 0 ? random.Next(words.Length) : (at * 7 + random.Next(3)) % words.Length;
            }
            if (random.Next(4) == 0) text.Append(Strange[random.Next(Strange.Length)]);
            yield return text.ToString();
        }
    }

    /// <summary>Short texts that mix everything, arbitrary characters of all planes included.</summary>
    public static IEnumerable<string> Mixed(int seed, int count)
    {
        var random = new Random(seed);
        for (var i = 0; i < count; i++)
        {
            var text = new StringBuilder();
            for (var w = random.Next(1, 24); w > 0; w--)
            {
                _ = random.Next(8) switch
                {
                    0 or 1 or 2 => text.Append(Chinese[random.Next(Chinese.Length)]),
                    3 or 4 or 5 => text.Append(English[random.Next(English.Length)]),
                    6 => text.Append(Strange[random.Next(Strange.Length)]),
                    _ => text.Append(AnyCharacter(random)),
                };
            }
            yield return text.ToString();
        }
    }

    /// <summary>UTF-16 that need not be well-formed.</summary>
    public static string AnyUtf16(Random random, int length) =>
        string.Create(length, random, (target, source) =>
        {
            foreach (ref var c in target)
                c = source.Next(3) switch
                {
                    0 => (char)source.Next(0xD700, 0xE100),
                    1 => (char)source.Next(0, 0x250),
                    _ => (char)source.Next(0, 0x10000),
                };
        });

    // Blocks whose characters have kept their categories for many versions of Unicode, so that libraries of different
    // age agree.
    private static string AnyCharacter(Random random)
    {
        (int First, int Last)[] blocks =
        [
            (0x20, 0x7E), (0xA0, 0x17F), (0x391, 0x3A1), (0x410, 0x44F), (0x3041, 0x3096), (0x4E00, 0x9FA5),
            (0x3400, 0x4DB5),
            (0x20000, 0x2A6D6), (0x2A700, 0x2B734), (0x1F600, 0x1F64F), (0xAC00, 0xD7A3), (0x2200, 0x22FF),
            (0xFF01, 0xFF5E),
        ];
        var (first, last) = blocks[random.Next(blocks.Length)];
        return new Rune(random.Next(first, last + 1)).ToString();
    }
}
