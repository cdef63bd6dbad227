using Weir.Formats.Bcl;
using Weir.Text.Chat;
using Weir.Text.Tokenizers;

namespace Weir.Text.Tests.Tokenizers;

public sealed class BpeTrainerTests
{
    [Fact]
    public void The_same_documents_give_the_same_tokenizer() => Assert.Equal(
        TestTokenizer.Bilingual.Digest,
        Train(SampleTexts.Documents(seed: 1, count: 2000), 1200).Digest);

    [Fact]
    public void Merges_are_those_of_the_definition()
    {
        string[][] corpora =
        [
            [.. SampleTexts.Documents(seed: 51, count: 60)],
            ["aaaa aaaaa aaa", "abababab ababa", "aabb aabbaabb abba", "xyxyxyxyx yxyx"],
            ["的的的的的 水水水 水的水的水的", "low lower lowest newest widest low low"],
        ];
        foreach (var documents in corpora)
        {
            var trained = BpeTrainer.Train(documents,
                new BpeTrainerOptions { VocabularySize = 256 + 150, MaxTokenCharacters = 1000 },
                CancellationToken.None);
            Assert.Equal(NaiveBpe.Train(documents, 150, minimumPairCount: 2), trained.Merges);
        }
    }

    [Fact]
    public void Special_tokens_come_first_then_the_bytes_then_the_merges()
    {
        var tokenizer = TestTokenizer.Bilingual;
        Assert.Equal(1200, tokenizer.VocabularySize);
        Assert.Equal(WeirTokens.All, tokenizer.TokenTexts.Take(5));
        Assert.Equal(["!", "\"", "#"], tokenizer.TokenTexts.Skip(5).Take(3));
        Assert.Equal("Ā", tokenizer.TokenTexts[5 + 188]);
        Assert.Equal(tokenizer.Merges.Select(merge => merge.Left + merge.Right), tokenizer.TokenTexts.Skip(5 + 256));
    }

    [Fact]
    public void No_token_is_longer_than_allowed_and_characters_are_counted_not_bytes()
    {
        string[] documents = [string.Concat(Enumerable.Repeat("电力公司电力公司 abcdefgh ", 50))];
        var tokenizer = BpeTrainer.Train(documents,
            new BpeTrainerOptions { VocabularySize = 600, MaxTokenCharacters = 4 },
            CancellationToken.None);
        var texts = Enumerable.Range(256, tokenizer.VocabularySize - 256).Select(id => tokenizer.Decode([id])).ToList();
        Assert.Contains("电力公司", texts);
        Assert.DoesNotContain(texts, text => text.Length > 4);
    }

    [Fact]
    public void Fewer_tokens_come_out_when_the_text_has_not_enough_pairs()
    {
        var tokenizer = Train(["ab ab"], 5000);
        Assert.Equal(5 + 256 + 1, tokenizer.VocabularySize);
    }

    [Fact]
    public void Text_beyond_the_limit_is_not_read()
    {
        var read = 0;
        var documents = Enumerable.Range(0, 1000).Select(i =>
        {
            read++;
            return $"document {i} of many";
        });
        BpeTrainer.Train(documents, new BpeTrainerOptions { VocabularySize = 300, MaxTrainingBytes = 1000 },
            CancellationToken.None);
        Assert.InRange(read, 40, 80);
    }

    [Fact]
    public void Special_tokens_in_documents_are_plain_text()
    {
        var tokenizer = Train(Enumerable.Repeat("<|end|>", 100), 300);
        Assert.DoesNotContain(tokenizer.Encode("<|end|>"), tokenizer.IsSpecial);
    }

    [Fact]
    public void A_run_of_a_million_letters_trains_in_time()
    {
        var run = new string(new Random(52).GetItems("水流城市电力公司模型".ToCharArray(), 1_000_000));
        var started = TimeProvider.System.GetTimestamp();
        Assert.Equal(400, Train([run], 400).VocabularySize);
        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void Progress_rises_to_one_and_cancelling_stops()
    {
        var seen = new List<double>();
        BpeTrainer.Train(SampleTexts.Documents(1, 50), new BpeTrainerOptions { VocabularySize = 400 },
            CancellationToken.None, seen.Add);
        Assert.Equal(seen.Order(), seen);
        Assert.Equal(1, seen[^1]);
        Assert.Throws<OperationCanceledException>(() => BpeTrainer.Train(SampleTexts.Documents(1, 50),
            new BpeTrainerOptions { VocabularySize = 400 }, new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Impossible_options_and_empty_text_are_user_errors()
    {
        Assert.Contains("261", Assert.Throws<UserErrorException>(() => Train(["a"], 260)).Message);
        Assert.Contains("no text", Assert.Throws<UserErrorException>(() => Train(["", ""], 300)).Message);
        Assert.Contains("twice", Assert.Throws<UserErrorException>(() => BpeTrainer.Train(["a"],
            new BpeTrainerOptions { SpecialTokens = ["<s>", "<s>"] }, CancellationToken.None)).Message);
        Assert.Contains("name of a byte", Assert.Throws<UserErrorException>(() => BpeTrainer.Train(["a"],
            new BpeTrainerOptions { SpecialTokens = ["a"] }, CancellationToken.None)).Message);
    }

    private static Tokenizer Train(IEnumerable<string> documents, int size) => BpeTrainer.Train(documents,
        new BpeTrainerOptions { VocabularySize = size, SpecialTokens = WeirTokens.All }, CancellationToken.None);
}
