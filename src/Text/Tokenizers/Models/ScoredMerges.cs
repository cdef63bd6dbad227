using Weir.Formats.Bcl;

namespace Weir.Text.Tokenizers.Models;

/// <summary>SentencePiece BPE merges any two neighbours that make a token, the best score first: so every way to divide
/// a token into two symbols is a merge whose rank is the place of the token's score.</summary>
internal static class ScoredMerges
{
    /// <summary>Tokens of more characters are not made by merging; SentencePiece's own limit is 16 by
    /// default.</summary>
    private const int MaxMergedLength = 256;

    private const int MaxPairs = 1 << 24;

    /// <exception cref="UserErrorException">A score is missing or no number.</exception>
    public static MergeTable Build(IReadOnlyList<string> tokens, bool[] isPlain, IReadOnlyList<float> scores,
        CharacterSymbols symbols, string where)
    {
        var ranks = Ranks(scores, where);
        var pairs = new List<(int Left, int Right, int Result)>();
        for (var id = 0; id < tokens.Count; id++)
        {
            if (!isPlain[id]) continue;
            var text = tokens[id].AsSpan();
            if (text.Length > MaxMergedLength) continue;
            for (var cut = 1; cut < text.Length; cut++)
                if (!char.IsLowSurrogate(text[cut]) && symbols.Of(text[..cut]) is { } left
                    && symbols.Of(text[cut..]) is { } right) pairs.Add((left, right, id));
            if (pairs.Count > MaxPairs)
                throw new UserErrorException($"{where}: the tokens can be merged in more than {MaxPairs:N0} ways.");
        }
        var table = new MergeTable(pairs.Count);
        foreach (var (left, right, result) in pairs) table.TryAdd(left, right, ranks[result], result);
        return table;
    }

    private static int[] Ranks(IReadOnlyList<float> scores, string where)
    {
        for (var id = 0; id < scores.Count; id++)
            if (!float.IsFinite(scores[id]))
                throw new UserErrorException($"{where}: the score of token {id} is no finite number.");
        var places = scores.Distinct().OrderDescending().Select((score, rank) => (score, rank)).ToDictionary();
        return [.. scores.Select(score => places[score])];
    }
}
