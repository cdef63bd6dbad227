using System.Text;
using Weir.Data.Tokenization;
using Weir.Text.Chat;
using Weir.Text.Tokenizers;

namespace Weir.Data.Tests.Tokenization;

public sealed class TextPiecesTests
{
    [Fact]
    public void Pieces_make_the_text_again_and_give_the_tokens_of_the_whole()
    {
        var random = new Random(3);
        string[] parts = ["水", "word", " ", "  ", "\n", "\n\n", "\r\n", "1", "!?", "。", "😀", "\t", "it's"];
        var text = string.Concat(Enumerable.Range(0, 5000).Select(_ => parts[random.Next(parts.Length)]));
        var tokenizer = BpeTrainer.Train([text],
            new BpeTrainerOptions { VocabularySize = 400, SpecialTokens = WeirTokens.All }, default);
        foreach (int maximum in (int[])[400, 1000, 5000, 1 << 20])
        {
            var pieces = TextPieces.Split(text, maximum).ToList();
            Assert.Equal(text, string.Concat(pieces));
            Assert.All(pieces, p => Assert.InRange(p.Length, 1, maximum));
            Assert.Equal(tokenizer.Encode(text), pieces.SelectMany(p => tokenizer.Encode(p)));
        }
    }

    [Fact]
    public void A_text_without_line_ends_is_cut_between_whole_characters()
    {
        var text = string.Concat(Enumerable.Repeat("😀", 100));
        foreach (int maximum in (int[])[2, 3, 7])
        {
            var pieces = TextPieces.Split(text, maximum).ToList();
            Assert.Equal(text, string.Concat(pieces));
            Assert.All(pieces, p => Assert.DoesNotContain('\uFFFD',
                Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(p))));
        }
    }
}
