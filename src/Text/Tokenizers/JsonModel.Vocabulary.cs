using System.Text;
using System.Text.Json;
using Weir.Text.Tokenizers.Models;
using Weir.Text.Tokenizers.Splitting;

namespace Weir.Text.Tokenizers;

/// <summary>This half reads tokens and merges, and says what each token is.</summary>
internal sealed partial class JsonModel
{
    private string[] ReadTokens()
    {
        var vocabulary = part["vocab"];
        part.Require(vocabulary.IsObject, "has no vocab");
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (text, id) in vocabulary.Members())
        {
            part.Require(ids.TryAdd(text, id.Id(text)), $"has the token '{text}' twice");
            part.Require(ids.Count <= TokenIndex.MaxTokens, $"has more than {TokenIndex.MaxTokens:N0} tokens");
        }
        return ById(ids);
    }

    private string[] WithAdded(string[] tokens)
    {
        var ids = TokenIndex.Build(tokens, path);
        return ById(ids);
    }

    private string[] ById(Dictionary<string, int> ids)
    {
        foreach (var token in added)
            if (!ids.TryAdd(token.Text, token.Id))
                part.Require(ids[token.Text] == token.Id,
                    $"gives the token '{token.Text}' the ids {ids[token.Text]} and {token.Id}");
        var tokens = new string?[ids.Count];
        foreach (var (text, id) in ids)
        {
            part.Require(id < tokens.Length,
                $"gives '{text}' the id {id} among {tokens.Length} tokens: the ids have holes");
            part.Require(tokens[id] is null, $"gives '{tokens[id]}' and '{text}' the same id {id}");
            tokens[id] = text;
        }
        return tokens!;
    }

    private (string, string)[] ReadMerges()
    {
        var items = part["merges"].Items("merges", TokenIndex.MaxMerges);
        var merges = new (string, string)[items.Length];
        for (var rank = 0; rank < items.Length; rank++)
        {
            var parts = items[rank].TextOrNull is { } text ? text.Split(' ')
                : items[rank].IsArray ? [.. items[rank].Items("merges", most: 2).Select(item => item.Text("merges"))]
                : [];
            part.Require(parts.Length == 2 && parts[0].Length > 0 && parts[1].Length > 0,
                $"merge {rank} does not name two tokens");
            merges[rank] = (parts[0], parts[1]);
        }
        return merges;
    }

    private TokenType[] Types(string[] tokens, bool joinsBytes)
    {
        var types = new TokenType[tokens.Length];
        for (var id = 0; id < types.Length; id++)
            types[id] = joinsBytes && TokenIndex.ByteOf(tokens[id]) is not null ? TokenType.Byte : TokenType.Normal;
        foreach (var token in added) types[token.Id] = token.IsSpecial ? TokenType.Control : TokenType.UserDefined;
        return types;
    }

    private static bool[] Plain(TokenType[] types) =>
        [.. types.Select(type => type is TokenType.Normal or TokenType.UserDefined)];

    private UnknownCharacters Unknown(string[] tokens, TokenType[] types, string? unknown, bool fuses)
    {
        var bytes = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var id = 0; id < tokens.Length; id++)
            if (types[id] == TokenType.Byte) bytes.TryAdd(tokens[id], id);
        var unknownId = unknown is null ? -1 : Array.IndexOf(tokens, unknown);
        part.Require(unknown is null || unknownId >= 0, $"has the unk_token '{unknown}' that is not in its vocabulary");
        return new UnknownCharacters(TokenIndex.ByteIds(bytes), unknownId < 0 ? null : unknownId, fuses);
    }

    private byte[][] SpacedBytes(string[] tokens, TokenType[] types) => [.. tokens.Select((text, id) =>
        types[id] == TokenType.Byte && decoder.JoinsBytes ? [TokenIndex.ByteOf(text)!.Value]
            : types[id] is TokenType.Normal or TokenType.UserDefined
                ? Encoding.UTF8.GetBytes(text.Replace(Space, " ", StringComparison.Ordinal))
                : Encoding.UTF8.GetBytes(text))];

    private byte[] WordPieceBytes(string text, TokenType type, string prefix)
    {
        if (type == TokenType.Normal)
            text = text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..]
                : decoder.CleansUp && text is "." or "?" or "!" or "," ? text : " " + text;
        return Encoding.UTF8.GetBytes(text);
    }

    /// <summary>Why GGUF's words for SentencePiece do not describe what is done to spaces and characters, or null.
    /// Metaspace counts as described although it gives no second space to a text that begins with one: this is how all
    /// converters have it.</summary>
    private string? ObstacleOfSpaces(bool allowsWords)
    {
        foreach (var type in normalizer.Types)
            if (type != "Prepend " + Space && type != $"Replace ' ' '{Space}'"
                && !(allowsWords && type == "Precompiled"))
                return $"it normalises text by {type}";
        foreach (var step in splitting.Steps)
            if (step is not MetaspaceStep and not LiteralStep && !(allowsWords && step is PatternStep))
                return "it cuts text before it looks for tokens";
        return splitting.Metaspace is null && !normalizer.Types.Contains($"Replace ' ' '{Space}'")
            ? "it does not write spaces as U+2581" : null;
    }
}
