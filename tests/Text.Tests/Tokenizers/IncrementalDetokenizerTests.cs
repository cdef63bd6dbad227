using System.Text;
using Weir.Text.Tokenizers;

namespace Weir.Text.Tests.Tokenizers;

public sealed class IncrementalDetokenizerTests
{
    // Bytes only, so that every character comes in parts.
    private static readonly Tokenizer Bytes = BpeTrainer.Train(["x"],
        new BpeTrainerOptions { VocabularySize = 257, SpecialTokens = ["<|end|>"] }, CancellationToken.None);

    [Fact]
    public void The_parts_make_the_whole_and_none_of_them_splits_a_character()
    {
        foreach (var tokenizer in new[] { Bytes, TestTokenizer.Bilingual })
        {
            foreach (var text in SampleTexts.Mixed(seed: 41, count: 500))
            {
                var ids = tokenizer.Encode(text.Replace("\uFFFD", "", StringComparison.Ordinal));
                var parts = Parts(tokenizer, ids);
                Assert.Equal(tokenizer.Decode(ids), string.Concat(parts));
                Assert.All(parts, part => Assert.Equal(part, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(part))));
                Assert.DoesNotContain(parts, part => part.Contains('\uFFFD'));
            }
        }
    }

    [Fact]
    public void Any_ids_give_in_parts_what_they_give_at_once()
    {
        var random = new Random(42);
        for (var round = 0; round < 500; round++)
        {
            var tokenizer = round % 2 == 0 ? Bytes : TestTokenizer.Bilingual;
            var ids = Enumerable.Range(0, random.Next(0, 30))
                .Select(_ => random.Next(tokenizer.VocabularySize)).ToArray();
            Assert.Equal(tokenizer.Decode(ids), string.Concat(Parts(tokenizer, ids)));
        }
    }

    [Fact]
    public void A_character_appears_with_its_last_byte()
    {
        var detokenizer = new IncrementalDetokenizer(Bytes);
        Assert.Equal(["", "", "水", "", "", "", "😀"], Bytes.Encode("水😀").Select(detokenizer.Push));
        Assert.Equal("", detokenizer.Flush());
    }

    [Fact]
    public void Special_tokens_are_silent_and_a_character_cut_off_at_the_end_is_replaced()
    {
        var detokenizer = new IncrementalDetokenizer(Bytes);
        Assert.Equal("", detokenizer.Push(0));
        Assert.Equal("", detokenizer.Push(Bytes.Encode("水")[0]));
        Assert.Equal("\uFFFD", detokenizer.Flush());
        Assert.Equal("a", detokenizer.Push(Bytes.Encode("a")[0]));
    }

    private static List<string> Parts(Tokenizer tokenizer, int[] ids)
    {
        var detokenizer = new IncrementalDetokenizer(tokenizer);
        var parts = ids.Select(detokenizer.Push).ToList();
        parts.Add(detokenizer.Flush());
        return parts;
    }
}
