using System.Text;
using Weir.Formats.Bcl;
using Weir.Text.Tokenizers;

namespace Weir.Text.Tests.Tokenizers;

public sealed class TokenizerTests
{
    private static Tokenizer Tokenizer => TestTokenizer.Bilingual;

    [Fact]
    public void Any_text_comes_back_byte_for_byte_in_normal_form()
    {
        var random = new Random(3);
        foreach (var text in SampleTexts.Mixed(seed: 2, count: 3000)
            .Concat(Enumerable.Range(0, 1000).Select(_ => SampleTexts.AnyUtf16(random, random.Next(0, 200)))))
        {
            var wellFormed = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
            Assert.Equal(wellFormed.Normalize(NormalizationForm.FormC), Tokenizer.Decode(Tokenizer.Encode(text)));
        }
    }

    [Fact]
    public void Ids_are_those_of_the_definition()
    {
        foreach (var text in SampleTexts.Mixed(seed: 4, count: 300)
            .Append(new string('的', 60)).Append("aaaaaaaaaaaaaaa"))
            Assert.Equal(NaiveBpe.Encode(Tokenizer, text), Tokenizer.Encode(text));
    }

    [Fact]
    public void A_remembered_piece_gets_the_same_ids_again()
    {
        var texts = SampleTexts.Mixed(seed: 5, count: 300).ToArray();
        var first = texts.Select(text => Tokenizer.Encode(text)).ToArray();
        Assert.Equal(first, texts.Select(text => Tokenizer.Encode(text)));
    }

    [Fact]
    public void Threads_that_share_a_tokenizer_get_the_same_ids()
    {
        var fresh = Tokenizer.FromBpe(Tokenizer.TokenTexts, Tokenizer.Merges, Tokenizer.SpecialTokens);
        var texts = SampleTexts.Mixed(seed: 6, count: 500).ToArray();
        var expected = texts.Select(text => Tokenizer.Encode(text)).ToArray();
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 4 }, _ =>
        {
            for (var i = 0; i < texts.Length; i++) Assert.Equal(expected[i], fresh.Encode(texts[i]));
        });
    }

    [Fact]
    public void Lone_surrogates_count_as_the_replacement_character() =>
        Assert.Equal(Tokenizer.Encode("a\uFFFDb\uFFFD\uFFFD"), Tokenizer.Encode("a\uD800b\uDC00\uDBFF"));

    [Fact]
    public void Composed_and_decomposed_text_get_the_same_ids() =>
        Assert.Equal(Tokenizer.Encode("é が Å"), Tokenizer.Encode("e\u0301 か\u3099 \u212B"));

    [Fact]
    public void Special_tokens_in_text_are_plain_text_unless_asked_for()
    {
        const string Text = "<|user|>你好<|end|><|end";
        Assert.DoesNotContain(Tokenizer.Encode(Text), Tokenizer.IsSpecial);
        var ids = Tokenizer.Encode(Text, recogniseSpecial: true);
        Assert.Equal([3, .. Tokenizer.Encode("你好"), 1, .. Tokenizer.Encode("<|end")], ids);
        Assert.Equal("你好<|end", Tokenizer.Decode(ids));
        Assert.Equal(Text, Tokenizer.Decode(ids, skipSpecial: false));
    }

    [Fact]
    public void Of_special_tokens_that_start_together_the_longest_is_taken()
    {
        var tokenizer = Tokenizer.FromBpe([.. Tokenizer.TokenTexts, "<x>", "<x><y>"], Tokenizer.Merges,
            new Dictionary<string, int> { ["<x>"] = Tokenizer.VocabularySize,
                ["<x><y>"] = Tokenizer.VocabularySize + 1 }
                .Concat(Tokenizer.SpecialTokens).ToDictionary());
        Assert.Equal([tokenizer.IdOf("<x><y>")!.Value, tokenizer.IdOf("<x>")!.Value],
            tokenizer.Encode("<x><y><x>", recogniseSpecial: true));
    }

    [Fact]
    public void A_megabyte_of_letters_in_one_run_is_not_quadratic()
    {
        var random = new Random(8);
        var text = string.Create(350_000, random, (target, source) =>
        {
            foreach (ref var c in target) c = "水河流城市电力公司模型"[source.Next(11)];
        });
        var started = TimeProvider.System.GetTimestamp();
        var ids = Tokenizer.Encode(text);
        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(20));
        Assert.Equal(text, Tokenizer.Decode(ids));
    }

    [Fact]
    public void A_token_s_bytes_are_what_it_spells()
    {
        var ids = Tokenizer.Encode("水 river");
        Assert.Equal(Encoding.UTF8.GetBytes("水 river"), ids.SelectMany(id => Tokenizer.TokenBytes(id).ToArray()));
        Assert.Equal(Encoding.UTF8.GetBytes("<|end|>"), Tokenizer.TokenBytes(1).ToArray());
        Assert.Null(Tokenizer.IdOf("<|nothing|>"));
    }

    [Fact]
    public void Parts_that_contradict_each_other_are_refused_by_name()
    {
        var (tokens, merges, specials) = (Tokenizer.TokenTexts, Tokenizer.Merges, Tokenizer.SpecialTokens);
        Refuses(() => Tokenizer.FromBpe([.. tokens, "水"], merges, specials), "not byte-level text");
        Refuses(() => Tokenizer.FromBpe([.. tokens, tokens[300]], merges, specials), "are the same token");
        Refuses(() => Tokenizer.FromBpe(tokens, [("q", "zzz")], specials), "'zzz'");
        Refuses(() => Tokenizer.FromBpe(tokens, [.. merges, merges[0]], specials), "stands there twice");
        Refuses(() => Tokenizer.FromBpe(tokens, merges, new Dictionary<string, int> { ["<|end|>"] = 2 }), "id 2");
        Refuses(() => Tokenizer.FromBpe(tokens.Take(100).ToArray(), [], specials), "missing");

        static void Refuses(Func<Tokenizer> make, string because) =>
            Assert.Contains(because, Assert.Throws<UserErrorException>(make).Message);
    }

    [Fact]
    public void A_merge_of_tokens_that_there_are_not_never_happens()
    {
        var (tokens, merges, specials) = (Tokenizer.TokenTexts, Tokenizer.Merges, Tokenizer.SpecialTokens);
        var more = Tokenizer.FromBpe(tokens, [("q", "zzz"), .. merges], specials);
        foreach (var text in SampleTexts.Mixed(3, 50)) Assert.Equal(Tokenizer.Encode(text), more.Encode(text));
    }
}
