using System.Text;
using Weir.Text.Tokenizers;
using Weir.Text.Tokenizers.Models;

namespace Weir.Text.Tests.Tokenizers;

public sealed class WholeCharactersTests
{
    [Fact]
    public void Random_merges_give_the_ids_of_the_definition()
    {
        var random = new Random(101);
        for (var round = 0; round < 60; round++)
        {
            var tokenizer = RandomTokenizer(random, merges: random.Next(5, 90));
            for (var i = 0; i < 20; i++)
            {
                var text = string.Concat(Enumerable.Range(0, random.Next(1, 14)).Select(_ => Character(random)));
                Assert.Equal(NaiveBpe.Encode(tokenizer, text), tokenizer.Encode(text));
            }
        }
    }

    [Fact]
    public void A_piece_starts_from_whole_characters_unless_a_merge_crosses_them()
    {
        // 的 is E7 9A 84 and 目 is E7 9B AE; the last merge takes the first byte of the character behind.
        var (e7, nine, four) = (Symbol(0xE7), Symbol(0x9A), Symbol(0x84));
        (string, string)[] merges = [(e7, nine), (e7 + nine, four), (e7 + nine + four, e7)];
        Assert.True(Fill(merges[..2], "的的", out var symbols));
        Assert.Equal(2, symbols);
        Assert.False(Fill(merges, "的的", out _));
        Assert.True(Fill(merges, "的a水", out symbols));
        Assert.Equal(5, symbols);
    }

    private static bool Fill((string Left, string Right)[] merges, string text, out int count)
    {
        string[] tokens = [.. ByteAlphabet.InVocabularyOrder().Select(ByteAlphabet.Symbol),
            .. merges.Select(merge => merge.Left + merge.Right)];
        var ids = tokens.Select((token, id) => (token, id)).ToDictionary(pair => pair.token, pair => pair.id);
        var table = new MergeTable(merges.Length);
        var ranked = merges.Select(m => (ids[m.Left], ids[m.Right], ids[m.Left + m.Right])).ToArray();
        for (var rank = 0; rank < ranked.Length; rank++)
            table.TryAdd(ranked[rank].Item1, ranked[rank].Item2, rank, ranked[rank].Item3);
        int[] bytes = [.. Enumerable.Range(0, 256).Select(b => ids[Symbol((byte)b)])];
        var whole = WholeCharacters.Build([.. tokens.Select(ByteAlphabet.ToBytes)], ranked, bytes, table);
        return whole!.TryFill(text, new int[64], out count);
    }

    private static Tokenizer RandomTokenizer(Random random, int merges)
    {
        List<string> tokens = [.. ByteAlphabet.InVocabularyOrder().Select(ByteAlphabet.Symbol)];
        var all = new List<(string, string)>();
        // Mostly what text has side by side, so that characters come to be; now and then anything.
        for (var attempt = 0; all.Count < merges && attempt < 2000; attempt++)
        {
            var text = string.Concat(Enumerable.Range(0, 2).Select(_ => Character(random)));
            var symbols = Encoding.UTF8.GetBytes(text).Select(Symbol).ToList();
            for (var i = 0; i + 1 < symbols.Count; i++)
                while (i + 1 < symbols.Count && all.Contains((symbols[i], symbols[i + 1])))
                {
                    symbols[i] += symbols[i + 1];
                    symbols.RemoveAt(i + 1);
                }
            if (symbols.Count < 2) continue;
            var at = random.Next(symbols.Count - 1);
            var (left, right) = (symbols[at], symbols[at + 1]);
            if (all.Contains((left, right)) || tokens.Contains(left + right)) continue;
            tokens.Add(left + right);
            all.Add((left, right));
        }
        return Tokenizer.FromBpe(tokens, all, new Dictionary<string, int>());
    }

    private static string Symbol(byte value) => ByteAlphabet.Symbol(value);

    private static string Character(Random random) => random.Next(8) switch
    {
        0 => "a",
        1 => "é",
        2 => "\U00020BB7",
        _ => "的目水的一不"[random.Next(6)].ToString(),
    };
}
