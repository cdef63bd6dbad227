namespace Weir.Text.Tokenizers.Splitting;

/// <summary>How a family of byte-level tokenizers splits text.</summary>
/// <param name="Patterns">Applied one after the other, each to the pieces of the one before.</param>
/// <param name="NormalisesToNfc">Whether text is brought into normal form C first.</param>
/// <param name="IgnoresMerges">Whether a piece that is a token as a whole is not merged.</param>
/// <param name="AddsBos">Whether a text begins with the BOS token unless the file says otherwise.</param>
internal sealed record PreTokenizerRules(
    string[] Patterns, bool NormalisesToNfc = false, bool IgnoresMerges = false, bool AddsBos = false)
{
    private static readonly PreTokenizerRules Gpt2 = new([SplitPatterns.Gpt2]);
    private static readonly PreTokenizerRules Gpt2Nfc = new([SplitPatterns.Gpt2], NormalisesToNfc: true);
    private static readonly PreTokenizerRules DigitByDigit = new([SplitPatterns.OneNumber, SplitPatterns.Gpt2]);
    private static readonly PreTokenizerRules Llama3 =
        new([SplitPatterns.Llama3], IgnoresMerges: true, AddsBos: true);
    private static readonly PreTokenizerRules Llama3Plain = new([SplitPatterns.Llama3]);
    private static readonly PreTokenizerRules Qwen2 = new([SplitPatterns.Qwen2], NormalisesToNfc: true);
    private static readonly PreTokenizerRules Qwen2Plain = new([SplitPatterns.Qwen2]);
    private static readonly PreTokenizerRules Gpt4O = new([SplitPatterns.Gpt4O]);
    private static readonly PreTokenizerRules DeepSeek3 =
        new([SplitPatterns.ThreeNumbers, SplitPatterns.DeepSeek3Han, SplitPatterns.DeepSeek3]);
    private static readonly PreTokenizerRules Bailing = new([SplitPatterns.Bailing]);
    private static readonly PreTokenizerRules BloomLike = new([SplitPatterns.Bloom]);

    private static readonly Dictionary<string, PreTokenizerRules> ByName = new(StringComparer.Ordinal)
    {
        ["default"] = new([SplitPatterns.DefaultSymbols, SplitPatterns.Gpt2, SplitPatterns.Numbers,
            SplitPatterns.ThreeDigits], NormalisesToNfc: true),
        ["gpt-2"] = Gpt2, ["phi-2"] = Gpt2, ["roberta-bpe"] = Gpt2, ["modern-bert"] = Gpt2Nfc, ["jina-es"] = Gpt2,
        ["jina-de"] = Gpt2, ["jina-v1-en"] = Gpt2, ["jina-v2-es"] = Gpt2, ["jina-v2-de"] = Gpt2,
        ["jina-v2-code"] = Gpt2, ["gigachat"] = Gpt2, ["a.x-4.0"] = Gpt2, ["mellum"] = Gpt2, ["exaone4"] = Gpt2,
        ["jais"] = Gpt2, ["trillion"] = Gpt2, ["granite-docling"] = Gpt2, ["mpt"] = Gpt2Nfc, ["olmo"] = Gpt2Nfc,
        ["starcoder"] = DigitByDigit, ["refact"] = DigitByDigit, ["smollm"] = DigitByDigit,
        ["codeshell"] = DigitByDigit, ["exaone"] = DigitByDigit, ["minerva-7b"] = DigitByDigit,
        ["mellum2"] = DigitByDigit, ["command-r"] = DigitByDigit with { NormalisesToNfc = true },
        ["llama-bpe"] = Llama3, ["llama3"] = Llama3, ["llama-v3"] = Llama3, ["falcon3"] = Llama3,
        ["falcon-h1"] = Llama3, ["pixtral"] = Llama3, ["midm-2.0"] = Llama3, ["lfm2"] = Llama3,
        ["dbrx"] = Llama3Plain, ["smaug-bpe"] = Llama3Plain, ["glm4"] = Llama3Plain, ["chatglm-bpe"] = Llama3Plain,
        ["qwen2"] = Qwen2, ["deepseek-r1-qwen"] = Qwen2, ["megrez"] = Qwen2, ["stablelm2"] = Qwen2,
        ["kormo"] = Qwen2, ["f2llmv2"] = Qwen2, ["hunyuan"] = Qwen2Plain, ["solar-open"] = Qwen2Plain,
        ["grok-2"] = Qwen2Plain, ["qwen35"] = new([SplitPatterns.Qwen35], NormalisesToNfc: true),
        ["deepseek-llm"] = new([SplitPatterns.LineEnd, SplitPatterns.DeepSeekLetters, SplitPatterns.DeepSeekSymbols,
            SplitPatterns.TrailingSpace, SplitPatterns.DeepSeekHan, SplitPatterns.Numbers]),
        ["deepseek-coder"] = new([SplitPatterns.LineEnd, SplitPatterns.DeepSeekCoderLetters,
            SplitPatterns.DeepSeekCoderSymbols, SplitPatterns.DeepSeekHan, SplitPatterns.OneNumber]),
        ["deepseek-v3"] = DeepSeek3, ["hunyuan-dense"] = DeepSeek3, ["joyai-llm"] = DeepSeek3, ["hy_v4"] = DeepSeek3,
        ["falcon"] = new([SplitPatterns.FalconSymbols, SplitPatterns.Gpt2, SplitPatterns.ThreeDigits]),
        ["tekken"] = new([SplitPatterns.Tekken], IgnoresMerges: true, AddsBos: true),
        ["gpt-4o"] = Gpt4O, ["llama4"] = Gpt4O, ["kanana2"] = Gpt4O, ["talkie"] = Gpt4O, ["minimax-m2"] = Gpt4O,
        ["bailingmoe"] = Bailing, ["bailingmoe2"] = Bailing, ["llada-moe"] = Bailing,
        ["seed-coder"] = new([SplitPatterns.SeedCoder]),
        ["minicpm5"] = new([SplitPatterns.ThreeNumbers, SplitPatterns.MiniCpm5], IgnoresMerges: true),
        ["laguna"] = new([SplitPatterns.Lines, SplitPatterns.Qwen2]),
        ["poro-chat"] = BloomLike, ["bloom"] = BloomLike, ["gpt3-finnish"] = BloomLike,
        ["viking"] = new([SplitPatterns.Bloom, SplitPatterns.OneNumber]),
    };

    /// <summary>The names by which GGUF files know the families (<c>tokenizer.ggml.pre</c>).</summary>
    public static IReadOnlyCollection<string> Names => ByName.Keys;

    /// <summary>Null for an unknown name.</summary>
    public static PreTokenizerRules? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>The name of a family that splits and merges like this, or null.</summary>
    public static string? NameOf(IReadOnlyList<string> patterns, bool normalisesToNfc, bool ignoresMerges) =>
        ByName.FirstOrDefault(entry => entry.Value.Patterns.SequenceEqual(patterns)
            && entry.Value.NormalisesToNfc == normalisesToNfc && entry.Value.IgnoresMerges == ignoresMerges).Key;
}
