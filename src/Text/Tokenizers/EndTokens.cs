namespace Weir.Text.Tokenizers;

/// <summary>The special tokens that end an answer. Many files name one of several, so the known ones are found by their
/// text.</summary>
internal static class EndTokens
{
    private const string End = "<|end|>", Return = "<|return|>", Call = "<|call|>";

    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        End, Return, Call, "<|endoftext|>", "<|end_of_text|>", "<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|EOT|>",
        "<EOT>", "[EOT]", "[EOS]", "</s>", "<eos>", "<end_of_turn>", "<|end_of_turn|>", "<|endofturn|>",
        "<end_of_utterance>", "<turn|>", "<|END_OF_TURN_TOKEN|>", "<|user_end|>", "<|eos|>",
        "<\uFF5Cend\u2581of\u2581sentence\uFF5C>",
    };

    /// <summary>Whether a token of this name ends answers, so that text must not forge it whatever its type.</summary>
    public static bool IsKnown(string text) => Known.Contains(text);

    public static IReadOnlySet<int> Find(TokenizerDescription description,
        IReadOnlyDictionary<string, int> specialTokens)
    {
        var ends = specialTokens.Where(token => Known.Contains(token.Key)).Select(token => token.Value).ToHashSet();
        // Where answers have several parts, this one only ends a part.
        if (specialTokens.ContainsKey(Return) && specialTokens.ContainsKey(Call)
            && specialTokens.TryGetValue(End, out var end)) ends.Remove(end);
        if (description.EosId is { } eos) ends.Add(eos);
        if (description.EotId is { } eot) ends.Add(eot);
        return ends;
    }
}
