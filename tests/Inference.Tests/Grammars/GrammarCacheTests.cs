using Weir.Formats.Bcl;
using Weir.Inference.Grammars;

namespace Weir.Inference.Tests.Grammars;

public sealed class GrammarCacheTests
{
    [Fact]
    public void A_grammar_is_compiled_once_until_others_push_it_out()
    {
        var cache = new GrammarCache(TestVocabulary.Bytes);
        int made = 0;
        var first = Get(0);
        Assert.Same(first, Get(0));
        for (int i = 1; i < GrammarCache.MaximumGrammars; i++) Get(i);
        Assert.Same(first, Get(0)); // and so it is not the one that has waited longest
        Get(GrammarCache.MaximumGrammars);
        Assert.Equal(GrammarCache.MaximumGrammars + 1, made);
        Assert.Same(first, Get(0));
        Get(1);
        Assert.Equal(GrammarCache.MaximumGrammars + 2, made);

        CompiledGrammar Get(int i) => cache.Get($"regex {i}", () =>
        {
            made++;
            return Grammar.FromRegex($"a{{{i}}}b");
        });
    }

    [Fact]
    public void Large_grammars_make_room_sooner()
    {
        var cache = new GrammarCache(TestVocabulary.Bytes, 2_000_000);
        int made = 0;
        for (int i = 0; i < 20; i++) Get(i);
        Assert.Equal(20, made);
        Get(19);
        Assert.Equal(20, made);
        Get(0);
        Assert.Equal(21, made);

        CompiledGrammar Get(int i) => cache.Get($"{i}", () =>
        {
            made++;
            return Grammar.FromRegex($"[ab]{{{6_000 + i}}}");
        });
    }

    [Fact]
    public void What_cannot_be_compiled_is_not_kept()
    {
        var cache = new GrammarCache(TestVocabulary.Bytes);
        Assert.Throws<UserErrorException>(() => cache.Get("k", () => Grammar.FromRegex("(")));
        Assert.True(cache.Get("k", () => Grammar.FromRegex("a")).Accepts("a"u8));
    }

    [Fact]
    public async Task Many_threads_may_use_one_grammar()
    {
        var cache = new GrammarCache(TestVocabulary.Random(9, 300));
        var walks = Enumerable.Range(0, 8).Select(seed => Task.Run(() =>
        {
            var random = new Random(seed);
            for (int i = 0; i < 20; i++) cache.Get("json", Grammar.AnyJsonObject).Walk(random, 40);
        }));
        await Task.WhenAll(walks);
    }
}
