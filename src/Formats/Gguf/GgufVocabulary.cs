using Weir.Formats.Bcl;

namespace Weir.Formats.Gguf;

/// <summary>What a GGUF file says of its tokens must agree with itself before a tokenizer or a sampler counts on
/// it.</summary>
public static class GgufVocabulary
{
    public const string TokensKey = "tokenizer.ggml.tokens";
    private const string ScoresKey = "tokenizer.ggml.scores", TypesKey = "tokenizer.ggml.token_type",
        MergesKey = "tokenizer.ggml.merges", Prefix = "tokenizer.ggml.", IdSuffix = "_token_id";

    /// <summary>1. Tokens, scores and types are as many, and no more than the model has embeddings. 2. Ids of special
    /// tokens are within it. 3. Each merge is a pair. (Merges of tokens that there are not
    /// stand in files whose vocabulary was cut; a tokenizer passes them over.)</summary>
    /// <exception cref="UserErrorException">It does not.</exception>
    public static void Check(GgufFile file, int vocabularySize)
    {
        var tokens = file.Get<string[]>(TokensKey);
        if (tokens.Length == 0 || tokens.Length > vocabularySize)
            throw Bad(file, $"it has {tokens.Length} tokens and {vocabularySize} embeddings");
        CheckLength(file, ScoresKey, tokens.Length);
        CheckLength(file, TypesKey, tokens.Length);
        foreach (var key in file.Metadata.Keys)
        {
            if (!key.StartsWith(Prefix, StringComparison.Ordinal)
                || !key.EndsWith(IdSuffix, StringComparison.Ordinal)) continue;
            if (file.TryGetInteger(key) is not (>= 0 and var id) || id >= vocabularySize)
                throw Bad(file, $"'{key}' is outside of the vocabulary of {vocabularySize}");
        }
        CheckMerges(file);
    }

    private static void CheckLength(GgufFile file, string key, int expected)
    {
        if (!file.Metadata.TryGetValue(key, out var value)) return;
        if (value is not Array array || value is string[] or bool[] or object[])
            throw Bad(file, $"'{key}' is no list of numbers");
        if (array.Length != expected) throw Bad(file, $"it has {expected} tokens, and '{key}' has {array.Length}");
    }

    private static void CheckMerges(GgufFile file)
    {
        if (!file.Metadata.TryGetValue(MergesKey, out var value)) return;
        if (value is not string[] merges) throw Bad(file, $"'{MergesKey}' is no list of texts");
        foreach (var merge in merges)
        {
            int space = merge.Length > 0 ? merge.IndexOf(' ', 1) : -1;
            if (space < 0 || space == merge.Length - 1) throw Bad(file, $"the merge '{merge}' is not a pair");
        }
    }

    private static UserErrorException Bad(GgufFile file, string what) => GgufPart.Bad(file.Path, what);
}
