using Weir.Formats.Bcl;

namespace Weir.Text.Tokenizers;

/// <summary>Weir's own kind: byte-level BPE with the rules of Qwen2, where only special tokens stand outside of the
/// merges.</summary>
internal static class WeirTokenizer
{
    public const string Rules = "qwen2";

    /// <exception cref="UserErrorException">The parts contradict each other.</exception>
    public static TokenizerParts Build(IReadOnlyList<string> tokens,
        IReadOnlyList<(string Left, string Right)> merges, IReadOnlyDictionary<string, int> specialTokens, string where)
    {
        var types = new TokenType[tokens.Count];
        Array.Fill(types, TokenType.Normal);
        foreach (var (text, id) in specialTokens)
        {
            if (text.Length == 0) throw new UserErrorException($"{where}: special token {id} has no text.");
            if ((uint)id >= (uint)tokens.Count || tokens[id] != text)
                throw new UserErrorException($"{where}: the special token '{text}' is not the token with id {id}.");
            types[id] = TokenType.Control;
        }
        return new DescribedTokenizer(new TokenizerDescription
        {
            Kind = TokenizerKind.ByteLevelBpe,
            PreTokenizer = Rules,
            Tokens = [.. tokens],
            Types = types,
            Merges = [.. merges],
        }, where, isStrict: true).Build();
    }

    /// <summary>Whether the file that is written for the tokenizer gives the same ids as the tokenizer.</summary>
    public static bool Is(TokenizerParts parts) => parts.Source is null
        && parts.Description is { Kind: TokenizerKind.ByteLevelBpe, PreTokenizer: Rules } description
        && description.Types.All(type => type is TokenType.Normal or TokenType.Control
            or TokenType.Unused);
}
