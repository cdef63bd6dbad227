using System.Text;
using Weir.Text.Tokenizers;
using Weir.Text.Tokenizers.Models;
using Weir.Text.Tokenizers.Splitting;

namespace Weir.Text.Tests.Tokenizers;

/// <summary>The definitions of encoding and training, word for word and without regard to speed.</summary>
internal static class NaiveBpe
{
    /// <summary>Encodes by looking for the lowest merge in the list, over and over, on the tokens' texts.</summary>
    public static int[] Encode(Tokenizer tokenizer, string text)
    {
        var ranks = tokenizer.Merges.Select((merge, rank) => (merge, rank))
            .ToDictionary(pair => pair.merge, pair => pair.rank);
        var ids = tokenizer.TokenTexts.Select((token, id) => (token, id))
            .ToDictionary(pair => pair.token, pair => pair.id);
        var result = new List<int>();
        foreach (var symbols in Pieces(text))
        {
            while (true)
            {
                var best = Enumerable.Range(0, symbols.Count - 1)
                    .Where(i => ranks.ContainsKey((symbols[i], symbols[i + 1])))
                    .OrderBy(i => ranks[(symbols[i], symbols[i + 1])]).ThenBy(i => i)
                        .Select(i => (int?)i).FirstOrDefault();
                if (best is not { } at) break;
                symbols[at] += symbols[at + 1];
                symbols.RemoveAt(at + 1);
            }
            result.AddRange(symbols.Select(symbol => ids[symbol]));
        }
        return [.. result];
    }

    /// <summary>Trains by counting all pairs anew for each merge.</summary>
    public static List<(string, string)> Train(IEnumerable<string> documents, int merges, int minimumPairCount)
    {
        var pieces = documents.SelectMany(Pieces).ToList();
        var ids = ByteAlphabet.InVocabularyOrder().Select((b, id) => (ByteAlphabet.Symbol(b), id))
            .ToDictionary(pair => pair.Item1, pair => pair.id);
        var result = new List<(string, string)>();
        while (result.Count < merges)
        {
            var counts = new Dictionary<(string Left, string Right), int>();
            foreach (var piece in pieces)
                for (var i = 0; i + 1 < piece.Count; i++)
                    counts[(piece[i], piece[i + 1])] = counts.GetValueOrDefault((piece[i], piece[i + 1])) + 1;
            var possible = counts.Where(pair => pair.Value >= minimumPairCount
                && !ids.ContainsKey(pair.Key.Left + pair.Key.Right))
                .OrderByDescending(pair => pair.Value)
                    .ThenBy(pair => ids[pair.Key.Left]).ThenBy(pair => ids[pair.Key.Right])
                .Select(pair => pair.Key).ToList();
            if (possible.Count == 0) break;
            var (left, right) = possible[0];
            ids.Add(left + right, ids.Count);
            result.Add((left, right));
            foreach (var piece in pieces)
                for (var i = 0; i + 1 < piece.Count; i++)
                {
                    if (piece[i] != left || piece[i + 1] != right) continue;
                    piece[i] = left + right;
                    piece.RemoveAt(i + 1);
                }
        }
        return result;
    }

    private static IEnumerable<List<string>> Pieces(string document)
    {
        var text = document.Normalize(NormalizationForm.FormC);
        for (var start = 0; start < text.Length;)
        {
            var end = PreTokenizer.EndOfPiece(text, start);
            yield return Encoding.UTF8.GetBytes(text[start..end]).Select(ByteAlphabet.Symbol).ToList();
            start = end;
        }
    }
}
