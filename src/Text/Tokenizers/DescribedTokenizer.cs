using System.Text;
using Weir.Formats.Bcl;
using Weir.Text.Tokenizers.Models;
using Weir.Text.Tokenizers.Normalizing;
using Weir.Text.Tokenizers.Splitting;

namespace Weir.Text.Tokenizers;

/// <summary>Builds a tokenizer from its description.</summary>
/// <param name="description">What to build; not trusted.</param>
/// <param name="where">What messages call the source, such as the file's path.</param>
/// <param name="isStrict">Whether a normal token that is no byte-level text is refused; files in the wild have
/// some.</param>
internal sealed class DescribedTokenizer(TokenizerDescription description, string where, bool isStrict)
{
    private const string Space = "\u2581";

    private readonly IReadOnlyList<string> _tokens = description.Tokens;

    /// <exception cref="UserErrorException">The parts contradict each other or are beyond a limit.</exception>
    public TokenizerParts Build()
    {
        Require(description.Types.Count == _tokens.Count,
            $"it has {_tokens.Count} tokens and {description.Types.Count} token types");
        foreach (var (name, id) in NamedIds(description))
            Require(id is null || (uint)id.Value < (uint)_tokens.Count,
                $"its {name} token has the id {id}, and there are {_tokens.Count} tokens");
        Require(!description.AddsBos || description.BosId is not null, "it adds a BOS token and names none");
        Require(!description.AddsEos || description.EosId is not null, "it adds an EOS token and names none");
        return description.Kind switch
        {
            TokenizerKind.ByteLevelBpe => BuildByteLevel(),
            TokenizerKind.SentencePieceBpe => BuildSentencePieceBpe(),
            TokenizerKind.SentencePieceUnigram => BuildUnigram(),
            _ => BuildWordPiece(),
        };
    }

    /// <summary>The ids that have a role, each with the name of the role.</summary>
    public static IEnumerable<(string Name, int? Id)> NamedIds(TokenizerDescription description) =>
    [
        ("bos", description.BosId), ("eos", description.EosId), ("eot", description.EotId),
        ("unknown", description.UnknownId), ("seperator", description.SeparatorId),
        ("padding", description.PaddingId), ("mask", description.MaskId),
    ];

    private TokenizerParts BuildByteLevel()
    {
        var rules = PreTokenizerRules.Find(description.PreTokenizer) ?? throw new UserErrorException(
            $"{where}: the rules '{description.PreTokenizer}' of the tokenizer are unknown. Known: "
            + string.Join(", ", PreTokenizerRules.Names) + ".");
        var isPlain = Plain(isStrict ? [TokenType.Normal]
            : [TokenType.Normal, TokenType.UserDefined, TokenType.Byte]);
        return new TokenizerParts
        {
            Description = description,
            AddedTokens = Added(),
            TokenBytes = [.. _tokens.Select((text, id) => ByteLevelBytes(text, id))],
            Model = new BytePairModel(_tokens, isPlain, description.Merges, rules.IgnoresMerges, where),
            Steps = [.. rules.Patterns.Select(SplitStep.Isolating)],
            Normalizer = rules.NormalisesToNfc ? TextNormalizer.Nfc : TextNormalizer.None,
        };
    }

    private byte[] ByteLevelBytes(string text, int id)
    {
        if (description.Types[id] != TokenType.Normal) return Encoding.UTF8.GetBytes(text);
        if (text.Length > 0 && ByteAlphabet.ToBytes(text) is { } bytes) return bytes;
        if (!isStrict) return Encoding.UTF8.GetBytes(text);
        throw new UserErrorException(
            $"{where}: token {id} '{text}' is not byte-level text, and it is not among the special tokens.");
    }

    private TokenizerParts BuildSentencePieceBpe()
    {
        RequireScores();
        List<Func<string, string>> steps = [NormalizerSteps.Replace(" ", Space)];
        if (description.AddsSpacePrefix) steps.Insert(0, NormalizerSteps.Prepend(Space));
        return new TokenizerParts
        {
            Description = description,
            AddedTokens = Added(),
            TokenBytes = SentencePieceBytes(),
            Model = CharacterPairModel.FromScores(_tokens, Plain(TokenType.Normal), description.Scores,
                Unknown(fuses: false), where),
            Normalizer = new TextNormalizer(steps),
            DropsLeadingSpace = description.AddsSpacePrefix,
        };
    }

    private TokenizerParts BuildUnigram()
    {
        RequireScores();
        var isPlain = Plain(TokenType.Normal, TokenType.UserDefined);
        // A user's token is to win over whatever else could be written in its place.
        var scores = description.Scores.Select((score, id) =>
            description.Types[id] == TokenType.UserDefined ? 0.0 : score).ToArray();
        var worst = scores.Where((_, id) => description.Types[id] == TokenType.Normal).DefaultIfEmpty(0).Min();
        List<Func<string, string>> steps =
            [new SentencePieceSpaces(description.AddsSpacePrefix, description.RemovesExtraSpaces).Apply];
        if (!description.Charsmap.IsEmpty) steps.Insert(0, new Charsmap(description.Charsmap.Span, where).Apply);
        return new TokenizerParts
        {
            Description = description,
            AddedTokens = Added(),
            TokenBytes = SentencePieceBytes(),
            Model = new UnigramModel(_tokens, isPlain, scores, worst, Unknown(fuses: true), where),
            Normalizer = new TextNormalizer(steps),
            DropsLeadingSpace = description.AddsSpacePrefix,
        };
    }

    private TokenizerParts BuildWordPiece()
    {
        TokenIndex.Build(_tokens, where);
        var starts = new Dictionary<string, int>(StringComparer.Ordinal);
        var continuations = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var id = 0; id < _tokens.Count; id++)
        {
            if (description.Types[id] != TokenType.Normal || _tokens[id] is "" or Space) continue;
            if (_tokens[id].StartsWith(Space, StringComparison.Ordinal)) starts.TryAdd(_tokens[id][1..], id);
            else continuations.TryAdd(_tokens[id], id);
        }
        var unknown = description.UnknownId
            ?? throw new UserErrorException($"{where}: a WordPiece tokenizer needs an unknown token and names none.");
        return new TokenizerParts
        {
            Description = description,
            AddedTokens = Added(),
            TokenBytes = [.. _tokens.Select((text, id) => WordPieceBytes(text, description.Types[id]))],
            Model = new WordPieceModel(new WordPieceVocabulary(starts, continuations, unknown,
                WordPieceVocabulary.UsualMaxWordLength)),
            Normalizer = new TextNormalizer(
                [new BertNormalizer(true, true, description.StripsAccents, description.Lowercases).Apply]),
            Steps = BertSteps,
            DropsLeadingSpace = true,
        };
    }

    /// <summary>BERT's: white space goes, punctuation stands alone.</summary>
    public static IReadOnlyList<SplitStep> BertSteps { get; } =
    [
        new PatternStep(SplitPatterns.WhiteSpace, SplitBehavior.Removed, isInverted: false),
        new PatternStep(SplitPatterns.Punctuation, SplitBehavior.Isolated, isInverted: false),
    ];

    /// <summary>What a WordPiece token spells: a space stands before what begins a word, but not before the marks that
    /// close a sentence or a part of it.</summary>
    private static byte[] WordPieceBytes(string text, TokenType type)
    {
        if (type == TokenType.Normal && text.StartsWith(Space, StringComparison.Ordinal))
            text = text[1..] is "." or "?" or "!" or "," ? text[1..] : " " + text[1..];
        return Encoding.UTF8.GetBytes(text);
    }

    private byte[][] SentencePieceBytes() => [.. _tokens.Select((text, id) => description.Types[id] switch
    {
        TokenType.Normal => Encoding.UTF8.GetBytes(text.Replace(Space, " ", StringComparison.Ordinal)),
        TokenType.Byte => [TokenIndex.ByteOf(text) ?? throw new UserErrorException(
            $"{where}: token {id} '{text}' is said to be a byte, and is not written like <0x0A>.")],
        _ => Encoding.UTF8.GetBytes(text),
    })];

    private UnknownCharacters Unknown(bool fuses)
    {
        var bytes = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var id = 0; id < _tokens.Count; id++)
            if (description.Types[id] == TokenType.Byte) bytes.TryAdd(_tokens[id], id);
        return new UnknownCharacters(TokenIndex.ByteIds(bytes), description.UnknownId, fuses);
    }

    private bool[] Plain(params TokenType[] types) => [.. description.Types.Select(types.Contains)];

    private List<AddedToken> Added() => [.. _tokens.Select((text, id) => new AddedToken(text, id,
        description.Types[id] != TokenType.UserDefined)).Where(token => description.Types[token.Id]
            is TokenType.Control or TokenType.Unknown or TokenType.UserDefined)];

    private void RequireScores() => Require(description.Scores.Count == _tokens.Count,
        $"it has {_tokens.Count} tokens and {description.Scores.Count} scores");

    private void Require(bool condition, string otherwise)
    {
        if (!condition) throw new UserErrorException($"{where}: the tokenizer contradicts itself: {otherwise}.");
    }
}
