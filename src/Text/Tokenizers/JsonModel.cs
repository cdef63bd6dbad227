using System.Text;
using Weir.Formats.Bcl;
using Weir.Text.Tokenizers.Models;
using Weir.Text.Tokenizers.Splitting;

namespace Weir.Text.Tokenizers;

/// <summary>The member "model" of a <c>tokenizer.json</c>, put together with all others.</summary>
internal sealed partial class JsonModel(JsonPart part, IReadOnlyList<AddedToken> added, JsonPreTokenizer splitting,
    JsonDecoder decoder, JsonNormalizer normalizer, string path)
{
    private const string Space = "\u2581";

    /// <exception cref="UserErrorException">The model is damaged, not supported, or does not go together with the rest
    /// of the file.</exception>
    public TokenizerParts Read()
    {
        var parts = part.Type switch
        {
            "BPE" => ReadPairs(),
            "Unigram" => ReadUnigram(),
            "WordPiece" => ReadWordPiece(),
            _ => throw part.Unsupported("a model"),
        };
        return parts with
        {
            AddedTokens = added,
            Normalizer = normalizer.Normalizer,
            Steps = splitting.Steps,
            DropsLeadingSpace = decoder.DropsLeadingSpace,
        };
    }

    private TokenizerParts ReadPairs()
    {
        part.Require(part["dropout"].IsNull || part["dropout"].Number("dropout") == 0,
            "has dropout, which makes its ids random");
        foreach (var name in new[] { "continuing_subword_prefix", "end_of_word_suffix" })
            part.Require(part[name].IsNull || part[name].Text(name).Length == 0,
                $"has a {name}, which is not supported");
        part.Require(decoder.WordPiecePrefix is null, "has a WordPiece decoder and a BPE model");
        var tokens = ReadTokens();
        var merges = ReadMerges();
        return splitting.IsByteLevel ? ByteLevel(tokens, merges) : Characters(tokens, merges);
    }

    private TokenizerParts ByteLevel(string[] tokens, (string, string)[] merges)
    {
        part.Require(part["byte_fallback"].Flag != true,
            "has byte_fallback on, which a byte-level model has no use for");
        var types = Types(tokens, joinsBytes: false);
        var ignores = part["ignore_merges"].Flag == true;
        var isPlain = Plain(types);
        var patterns = splitting.Steps.Select(step => step.Pattern).ToArray();
        var rules = Array.TrueForAll(patterns, pattern => pattern is not null)
            ? PreTokenizerRules.NameOf(patterns!, normalizer.Normalizer.IsNfc, ignores)
                ?? PreTokenizerRules.NameOf(patterns!, !normalizer.Normalizer.IsNfc, ignores) : null;
        return new TokenizerParts
        {
            Description = new TokenizerDescription
            {
                Kind = TokenizerKind.ByteLevelBpe,
                PreTokenizer = rules ?? "none",
                Tokens = tokens,
                Types = types,
                Merges = merges,
            },
            Obstacle = rules is null ? "no name is known for the way it cuts text"
                : normalizer.Normalizer is { DoesNothing: false, IsNfc: false }
                    ? $"it normalises text by {string.Join(", ", normalizer.Types)}" : null,
            AddedTokens = added,
            TokenBytes = [.. tokens.Select((text, id) => types[id] == TokenType.Normal
                && ByteAlphabet.ToBytes(text) is { } bytes ? bytes : Encoding.UTF8.GetBytes(text))],
            Model = new BytePairModel(tokens, isPlain, merges, ignores, path),
        };
    }

    private TokenizerParts Characters(string[] tokens, (string Left, string Right)[] merges)
    {
        var types = Types(tokens, part["byte_fallback"].Flag == true);
        var unknown = Unknown(tokens, types, part["unk_token"].TextOrNull, part["fuse_unk"].Flag == true);
        var isPlain = Plain(types);
        // A token is as good as the merge that makes it comes early.
        var scores = new float[tokens.Length];
        Array.Fill(scores, -merges.Length - 1f);
        var ids = TokenIndex.Build(tokens, path);
        for (var rank = merges.Length - 1; rank >= 0; rank--)
            if (ids.TryGetValue(merges[rank].Left + merges[rank].Right, out var id)) scores[id] = -rank;
        var prefix = splitting.Metaspace is PrependScheme.Always or PrependScheme.First
            || normalizer.Types.Contains("Prepend " + Space);
        return new TokenizerParts
        {
            Description = new TokenizerDescription
            {
                Kind = TokenizerKind.SentencePieceBpe,
                Tokens = tokens,
                Types = types,
                Scores = scores,
                UnknownId = unknown.UnknownId,
                AddsSpacePrefix = prefix,
            },
            Obstacle = ObstacleOfSpaces(allowsWords: false),
            AddedTokens = added,
            TokenBytes = SpacedBytes(tokens, types),
            Model = CharacterPairModel.FromMerges(tokens, isPlain, merges, unknown,
                part["ignore_merges"].Flag == true, path),
        };
    }

    private TokenizerParts ReadUnigram()
    {
        var pieces = part["vocab"].Items("vocab");
        var tokens = new string[pieces.Length];
        var scores = new double[pieces.Length];
        for (var id = 0; id < pieces.Length; id++)
        {
            var pair = pieces[id].Items("a token with its score", most: 2);
            part.Require(pair.Length == 2, $"has the token {id} without a score");
            (tokens[id], scores[id]) = (pair[0].Text("a token"), pair[1].Number($"a score of token {id}"));
        }
        var worst = scores.DefaultIfEmpty(0).Min();
        tokens = WithAdded(tokens);
        Array.Resize(ref scores, tokens.Length);
        var types = Types(tokens, part["byte_fallback"].Flag == true);
        int? unknownId = part["unk_id"].IsNull ? null : part["unk_id"].Id("unk");
        part.Require(unknownId is null || unknownId < tokens.Length,
            $"has the unk_id {unknownId} outside of its tokens");
        if (unknownId is { } unk && types[unk] == TokenType.Normal) types[unk] = TokenType.Unknown;
        var unknown = Unknown(tokens, types, unknownId is { } at ? tokens[at] : null, fuses: true);
        return new TokenizerParts
        {
            Description = new TokenizerDescription
            {
                Kind = TokenizerKind.SentencePieceUnigram,
                Tokens = tokens,
                Types = types,
                Scores = [.. scores.Select(score => (float)score)],
                UnknownId = unknownId,
                AddsSpacePrefix = splitting.Metaspace is PrependScheme.Always or PrependScheme.First,
                RemovesExtraSpaces = splitting.Types.Contains("WhitespaceSplit"),
                Charsmap = normalizer.Charsmap,
            },
            Obstacle = ObstacleOfSpaces(allowsWords: true),
            AddedTokens = added,
            TokenBytes = SpacedBytes(tokens, types),
            Model = new UnigramModel(tokens, Plain(types), scores, worst, unknown, path),
        };
    }

    private TokenizerParts ReadWordPiece()
    {
        var unknownText = part["unk_token"].TextOrNull;
        part.Require(unknownText is not null, "has a model of type WordPiece without an unk_token");
        var prefix = part["continuing_subword_prefix"].TextOrNull ?? "##";
        part.Require(prefix.Length > 0, "has a model of type WordPiece without a continuing_subword_prefix");
        part.Require(decoder.WordPiecePrefix == prefix, "has a model of type WordPiece and a decoder of another type");
        var longest = part["max_input_chars_per_word"].Count("max_input_chars_per_word",
            WordPieceVocabulary.UsualMaxWordLength);
        part.Require(longest <= WordPieceVocabulary.MostMaxWordLength,
            $"takes words of {longest} characters, and the limit is {WordPieceVocabulary.MostMaxWordLength}");
        var tokens = ReadTokens();
        var types = Types(tokens, joinsBytes: false);
        var unknownId = Array.IndexOf(tokens, unknownText);
        part.Require(unknownId >= 0, $"has the unk_token '{unknownText}' that is not in its vocabulary");
        var starts = new Dictionary<string, int>(StringComparer.Ordinal);
        var continuations = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var id = 0; id < tokens.Length; id++)
        {
            if (types[id] != TokenType.Normal || tokens[id].Length == 0) continue;
            starts.TryAdd(tokens[id], id);
            if (tokens[id].Length > prefix.Length && tokens[id].StartsWith(prefix, StringComparison.Ordinal))
                continuations.TryAdd(tokens[id][prefix.Length..], id);
        }
        string[] marked = [.. tokens.Select((text, id) => types[id] != TokenType.Normal ? text
            : text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : Space + text)];
        return new TokenizerParts
        {
            Description = new TokenizerDescription
            {
                Kind = TokenizerKind.WordPiece,
                Tokens = marked,
                Types = types,
                UnknownId = unknownId,
                Lowercases = normalizer.Bert?.Lowercases ?? false,
                StripsAccents = normalizer.Bert?.StripsAccents ?? false,
            },
            Obstacle = normalizer is not { Types: ["BertNormalizer"], Bert: { CleansText: true, SeparatesHan: true } }
                || splitting.Types is not ["BertPreTokenizer"] ? "it does not cut text as BERT does"
                : marked.Distinct(StringComparer.Ordinal).Count() < marked.Length
                    ? "two of its tokens are written in the same way" : null,
            AddedTokens = added,
            TokenBytes = [.. tokens.Select((text, id) => WordPieceBytes(text, types[id], prefix))],
            Model = new WordPieceModel(new WordPieceVocabulary(starts, continuations, unknownId, longest)),
        };
    }
}
