using Weir.Formats.Bcl;
using Weir.Formats.Gguf;
using Weir.Text.Tokenizers.Models;
using Weir.Text.Tokenizers.Splitting;

namespace Weir.Text.Tokenizers;

/// <summary>The tokenizer in a GGUF file's metadata (github.com/ggml-org/ggml, docs/gguf.md, "Tokenizer").</summary>
public static class GgufTokenizer
{
    private const string Prefix = "tokenizer.ggml.";

    private static readonly (TokenizerKind Kind, string Name)[] Kinds =
    [
        (TokenizerKind.ByteLevelBpe, "gpt2"), (TokenizerKind.SentencePieceBpe, "llama"),
        (TokenizerKind.SentencePieceUnigram, "t5"), (TokenizerKind.WordPiece, "bert"),
    ];

    /// <exception cref="UserErrorException">It is of an unknown kind, or its parts are of other kinds than the format
    /// says.</exception>
    internal static TokenizerDescription Read(GgufFile file)
    {
        var name = file.Get<string>(Prefix + "model");
        if (Array.Find(Kinds, kind => kind.Name == name) is not { Name: not null } found)
            throw new UserErrorException($"{file.Path}: the tokenizer '{name}' is not supported; this version reads "
                + string.Join(", ", Kinds.Select(kind => kind.Name)) + ".");
        var tokens = file.Get<string[]>(Prefix + "tokens");
        if (tokens.Length > TokenIndex.MaxTokens)
            throw new UserErrorException($"{file.Path}: {tokens.Length:N0} tokens are more than "
                + $"{TokenIndex.MaxTokens:N0}, the limit.");
        var description = new TokenizerDescription
        {
            Kind = found.Kind,
            PreTokenizer = Optional<string>(file, "pre") ?? "default",
            // The format has no empty tokens; some files do.
            Tokens = [.. tokens.Select((text, id) => text.Length > 0 ? text : $"[EMPTY_{id}]")],
            Types = ReadTypes(file, tokens),
            Scores = ReadScores(file, found.Kind),
            Merges = found.Kind == TokenizerKind.ByteLevelBpe ? ReadMerges(file) : [],
            BosId = Id(file, "bos_token_id"),
            EosId = Id(file, "eos_token_id"),
            EotId = Id(file, "eot_token_id"),
            UnknownId = Id(file, "unknown_token_id"),
            SeparatorId = Id(file, "seperator_token_id"),
            PaddingId = Id(file, "padding_token_id"),
            MaskId = Id(file, "mask_token_id"),
            AddsSpacePrefix = Optional<bool?>(file, "add_space_prefix")
                ?? found.Kind is TokenizerKind.SentencePieceBpe,
            RemovesExtraSpaces = Optional<bool?>(file, "remove_extra_whitespaces") ?? false,
            Charsmap = ReadCharsmap(file),
            Lowercases = Optional<bool?>(file, "normalizer.lowercase") ?? true,
        };
        return WithDefaults(description, file);
    }

    // What a file leaves out is as its kind has it.
    private static TokenizerDescription WithDefaults(TokenizerDescription description, GgufFile file)
    {
        var count = description.Tokens.Count;
        description = description with
        {
            StripsAccents = Optional<bool?>(file, "normalizer.strip_accents") ?? description.Lowercases,
        };
        description = description.Kind switch
        {
            TokenizerKind.SentencePieceBpe => description with
            {
                BosId = description.BosId ?? (count > 1 ? 1 : null),
                EosId = description.EosId ?? (count > 2 ? 2 : null),
                UnknownId = description.UnknownId ?? (count > 0 ? 0 : null),
            },
            TokenizerKind.SentencePieceUnigram => description with
            {
                EosId = description.EosId ?? (count > 1 ? 1 : null),
                UnknownId = description.UnknownId ?? (count > 2 ? 2 : null),
            },
            TokenizerKind.WordPiece => description with
            {
                BosId = description.BosId ?? Id(file, "cls_token_id") ?? (count > 101 ? 101 : null),
                UnknownId = description.UnknownId ?? (count > 100 ? 100 : null),
                SeparatorId = description.SeparatorId ?? (count > 102 ? 102 : null),
            },
            _ => description,
        };
        // WordPiece closes a text with the separator.
        if (description.Kind == TokenizerKind.WordPiece)
            description = description with { EosId = description.EosId ?? description.SeparatorId };
        var addsBos = description.Kind is TokenizerKind.SentencePieceBpe or TokenizerKind.WordPiece
            || (description.Kind == TokenizerKind.ByteLevelBpe && description.BosId is not null
                && PreTokenizerRules.Find(description.PreTokenizer)?.AddsBos == true);
        var addsEos = description.Kind is TokenizerKind.SentencePieceUnigram or TokenizerKind.WordPiece;
        return description with
        {
            AddsBos = Optional<bool?>(file, "add_bos_token") ?? (addsBos && description.BosId is not null),
            AddsEos = Optional<bool?>(file, "add_eos_token") ?? (addsEos && description.EosId is not null),
        };
    }

    /// <summary>Adds the tokenizer to a GGUF file's metadata.</summary>
    /// <param name="writer">Must not have a tokenizer yet.</param>
    /// <param name="description">What to write.</param>
    /// <param name="vocabularySize">The model's embeddings: where there are more than tokens, the file gets a name for
    /// each.</param>
    public static void Write(GgufWriter writer, TokenizerDescription description, int vocabularySize)
    {
        var tokens = description.Tokens.ToList();
        while (tokens.Count < vocabularySize) tokens.Add($"<|unused-{tokens.Count}|>");
        writer.Add(Prefix + "model", Array.Find(Kinds, kind => kind.Kind == description.Kind).Name);
        writer.Add(Prefix + "pre", description.PreTokenizer);
        writer.Add(Prefix + "tokens", tokens.ToArray());
        writer.Add(Prefix + "token_type", tokens.Select((_, id) => id < description.Types.Count
            ? (int)description.Types[id] : (int)TokenType.Unused).ToArray());
        if (description.Scores.Count > 0)
            writer.Add(Prefix + "scores", tokens.Select((_, id) =>
                id < description.Scores.Count ? description.Scores[id] : 0f).ToArray());
        if (description.Kind == TokenizerKind.ByteLevelBpe)
            writer.Add(Prefix + "merges", description.Merges.Select(m => $"{m.Left} {m.Right}").ToArray());
        foreach (var (name, id) in DescribedTokenizer.NamedIds(description))
            if (id is not null) writer.Add($"{Prefix}{name}_token_id", (uint)id.Value);
        writer.Add(Prefix + "add_bos_token", description.AddsBos);
        writer.Add(Prefix + "add_eos_token", description.AddsEos);
        if (description.Kind is TokenizerKind.SentencePieceBpe or TokenizerKind.SentencePieceUnigram)
            writer.Add(Prefix + "add_space_prefix", description.AddsSpacePrefix);
        if (description.Kind == TokenizerKind.SentencePieceUnigram)
            writer.Add(Prefix + "remove_extra_whitespaces", description.RemovesExtraSpaces);
        if (!description.Charsmap.IsEmpty)
            writer.Add(Prefix + "precompiled_charsmap", description.Charsmap.ToArray());
        if (description.Kind != TokenizerKind.WordPiece) return;
        writer.Add(Prefix + "normalizer.lowercase", description.Lowercases);
        writer.Add(Prefix + "normalizer.strip_accents", description.StripsAccents);
    }

    private static TokenType[] ReadTypes(GgufFile file, string[] tokens)
    {
        var types = new TokenType[tokens.Length];
        Array.Fill(types, TokenType.Normal);
        if (Numbers(file, "token_type") is { } numbers)
        {
            if (numbers.Length != tokens.Length)
                throw new UserErrorException(
                    $"{file.Path}: it has {tokens.Length} tokens and {numbers.Length} token types.");
            for (var id = 0; id < types.Length; id++)
                types[id] = numbers[id] is >= 1 and <= 6 ? (TokenType)(int)numbers[id] : TokenType.Unused;
        }
        for (var id = 0; id < types.Length; id++)
            if (types[id] == TokenType.UserDefined && EndTokens.IsKnown(tokens[id])) types[id] = TokenType.Control;
        return types;
    }

    private static float[] ReadScores(GgufFile file, TokenizerKind kind)
    {
        if (kind is not (TokenizerKind.SentencePieceBpe or TokenizerKind.SentencePieceUnigram)) return [];
        var numbers = Numbers(file, "scores")
            ?? throw new UserErrorException($"{file.Path}: the tokenizer has no scores.");
        return [.. numbers.Select(number => (float)number)];
    }

    private static List<(string, string)> ReadMerges(GgufFile file)
    {
        var merges = new List<(string, string)>();
        foreach (var merge in file.Get<string[]>(Prefix + "merges"))
        {
            var space = merge.Length > 0 ? merge.IndexOf(' ', 1) : -1;
            if (space < 0) throw new UserErrorException($"{file.Path}: the merge '{merge}' is not a pair.");
            merges.Add((merge[..space], merge[(space + 1)..]));
        }
        return merges;
    }

    private static ReadOnlyMemory<byte> ReadCharsmap(GgufFile file) =>
        Numbers(file, "precompiled_charsmap") is { } numbers
            ? numbers.Select(number => unchecked((byte)(int)number)).ToArray() : default;

    /// <summary>An array of any kind of number, or null where there is none.</summary>
    private static double[]? Numbers(GgufFile file, string key) => file.Metadata.GetValueOrDefault(Prefix + key) switch
    {
        null => null,
        double[] values => values,
        long[] values => Array.ConvertAll(values, value => (double)value),
        ulong[] values => Array.ConvertAll(values, value => (double)value),
        _ => throw Other(file, key),
    };

    private static int? Id(GgufFile file, string key)
    {
        if (!file.Metadata.TryGetValue(Prefix + key, out var value)) return null;
        // Files write -1, of whatever width, for a token that the model lacks.
        if (value is long and < 0 or ulong and (uint.MaxValue or ulong.MaxValue)) return null;
        return file.TryGetInteger(Prefix + key) is <= int.MaxValue and var id ? (int)id
            : throw new UserErrorException($"{file.Path}: its metadata '{Prefix}{key}' is no id of a token.");
    }

    private static T? Optional<T>(GgufFile file, string key) =>
        !file.Metadata.TryGetValue(Prefix + key, out var value) ? default
        : value is T typed ? typed : throw Other(file, key);

    private static UserErrorException Other(GgufFile file, string key) => new(
        $"{file.Path} is not a usable GGUF file: its metadata '{Prefix}{key}' is of another kind than expected. Fetch "
        + "or export it again.");
}
