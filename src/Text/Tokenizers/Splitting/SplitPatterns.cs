namespace Weir.Text.Tokenizers.Splitting;

/// <summary>The patterns by which known tokenizers split text, as their <c>tokenizer.json</c> spell them. A pattern of
/// a file that is not among them is refused: this way no file brings a pattern that takes for ever.</summary>
internal static class SplitPatterns
{
    private const string Contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private const string Symbols = @" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Upper = @"\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}", Lower = @"\p{Ll}\p{Lm}\p{Lo}\p{M}";
    private const string Start = @"[^\r\n\p{L}\p{N}]?";
    private const string CasedWords = Start + "[" + Upper + "]*[" + Lower + "]+";
    private const string UpperWords = Start + "[" + Upper + "]+[" + Lower + "]*";
    private const string CasedSymbols = @" ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string AsciiSymbol = @"[!""#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]";

    /// <summary>GPT-2, and the ByteLevel pre-tokenizer's own.</summary>
    public const string Gpt2 =
        @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    public const string Llama3 = Contractions + "|" + Start + @"\p{L}+|\p{N}{1,3}|" + Symbols;
    public const string Qwen2 = PreTokenizer.Pattern;
    public const string Qwen35 = Contractions + "|" + Start + @"[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*"
        + @"|\s*[\r\n]+|\s+(?!\S)|\s+";
    public const string MiniCpm5 = Contractions + "|" + Start + @"\p{L}+|\p{N}+|" + Symbols;
    public const string SeedCoder = Contractions + "|" + Start + @"\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+"
        + @"|\s*[\r\n]+|\s+(?!\S)|\s+";
    public const string Bailing = @"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*"
        + @"|\s*[\r\n]|\s+(?!\S)|\s+";
    public const string Gpt4O = CasedWords + Contractions + "?|" + UpperWords + Contractions + @"?|\p{N}{1,3}|"
        + CasedSymbols;
    public const string Tekken = CasedWords + "|" + UpperWords + @"|\p{N}|" + CasedSymbols;

    public const string LineEnd = @"[\r\n]";
    public const string DeepSeekLetters = @"\s?["
        + "A-Za-z\u00B5\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u01BA\u01BC-\u01BF\u01C4-\u0293\u0295-\u02AF\u0370-\u0373"
        + "\u0376\u0377\u037B-\u037D\u037F\u0386\u0388-\u038A\u038C\u038E-\u03A1\u03A3-\u03F5\u03F7-\u0481"
        + "\u048A-\u052F\u0531-\u0556\u10A0-\u10C5\u13A0-\u13F5\u13F8-\u13FD\u1C90-\u1CBA\u1CBD-\u1CBF"
        + "\u1D00-\u1D2B\u1D6B-\u1D77\u1D79-\u1D9A\u1E00-\u1F15\u1F18-\u1F1D\u1F20-\u1F45\u1F48-\u1F4D"
        + "\u1F50-\u1F57\u1F59\u1F5B\u1F5D\u1F5F-\u1F7D\u1F80-\u1FB4\u1FB6-\u1FBC\u1FBE\u1FC2-\u1FC4"
        + "\u1FC6-\u1FCC\u1FD0-\u1FD3\u1FD6-\u1FDB\u1FE0-\u1FEC\u1FF2-\u1FF4\u1FF6-\u1FFC\u2102\u2107"
        + "\u210A-\u2113\u2115\u2119-\u211D\u2124\u2126\u2128\u212A-\u212D\u212F-\u2134\u2139\u213C-\u213F"
        + "\u2145-\u2149\u214E\u2183\u2184\u2C00-\u2C7B\u2C7E-\u2CE4\u2CEB-\u2CEE\u2CF2\u2CF3\uA640-\uA66D"
        + "\uA680-\uA69B\uA722-\uA76F\uA771-\uA787\uA78B-\uA78E\uAB70-\uABBF\uFB00-\uFB06\uFB13-\uFB17"
        + "\uFF21-\uFF3A\uFF41-\uFF5A\U00010400-\U0001044F\U000104B0-\U000104D3\U000104D8-\U000104FB"
        + "\U00010C80-\U00010CB2\U00010CC0-\U00010CF2\U000118A0-\U000118DF\U0001E900-\U0001E943]+";
    public const string DeepSeekSymbols = "\\s?[!-/:-~\uFF01-\uFF0F\uFF1A-\uFF5E\u2018-\u201F\u3000-\u3002]+";
    public const string TrailingSpace = @"\s+$";
    public const string DeepSeekHan = "[\u4E00-\u9FA5\u0800-\u4E00\uAC00-\uD7FF]+";
    public const string Numbers = @"\p{N}+", OneNumber = @"\p{N}", ThreeNumbers = @"\p{N}{1,3}";
    public const string DeepSeekCoderLetters = @"\s?\p{L}+", DeepSeekCoderSymbols = @"\s?\p{P}+";
    public const string DeepSeek3Han = "[\u4E00-\u9FA5\u3040-\u309F\u30A0-\u30FF]+";
    public const string DeepSeek3 = AsciiSymbol + @"[A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"
        + @"| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    public const string FalconSymbols = @"[\p{P}\$\+<=>\^~\|`]+", DefaultSymbols = @"[\p{P}\$\+<=>\^~\|]+";
    public const string ThreeDigits = "[0-9][0-9][0-9]";
    /// <summary>As llama.cpp has it; the file has a set within the set, which means the same.</summary>
    public const string Bloom = " ?[^(\\s|.,!?\u2026\u3002\uFF0C\u3001\u0964\u06D4\u060C)]+";
    private const string BloomInFiles = " ?[^(\\s|[.,!?\u2026\u3002\uFF0C\u3001\u0964\u06D4\u060C])]+";

    public const string WhiteSpace = @"\s+", NoWhiteSpace = @"\S+", Spaces = " {2,}", Lines = @"[^\n]+|[\n]+";
    public const string WordsOrSymbols = @"\w+|[^\w\s]+";
    /// <summary>BERT's punctuation: Unicode's, and every symbol of ASCII.</summary>
    public const string Punctuation = @"[\p{P}!-/:-@\[-`{-~]";
    public const string PunctuationRun = Punctuation + "+";

    private static readonly Dictionary<string, string> Known = new string[]
    {
        Gpt2, Llama3, Qwen2, Qwen35, MiniCpm5, SeedCoder, Bailing, Gpt4O, Tekken, LineEnd, DeepSeekLetters,
        DeepSeekSymbols, TrailingSpace, DeepSeekHan, Numbers, OneNumber, ThreeNumbers, DeepSeekCoderLetters,
        DeepSeekCoderSymbols, DeepSeek3Han, DeepSeek3, FalconSymbols, DefaultSymbols, ThreeDigits, Bloom, WhiteSpace,
        NoWhiteSpace, Spaces, Lines, WordsOrSymbols, Punctuation, PunctuationRun,
    }.ToDictionary(pattern => pattern, StringComparer.Ordinal).Append(new(BloomInFiles, Bloom)).ToDictionary();

    /// <summary>All patterns.</summary>
    public static IReadOnlyCollection<string> All => Known.Values;

    /// <summary>The pattern that is understood for one in a file, or null when it is unknown. Files write line ends in
    /// patterns as they are or escaped.</summary>
    public static string? Find(string inFile) => Known.GetValueOrDefault(inFile
        .Replace("\r", @"\r", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal));
}
