using Weir.Bench.Reports;
using Weir.Bench.Serving;

namespace Weir.Bench.Tests.Serving;

public sealed class LoadTests
{
    [Fact]
    public void A_load_counts_all_tokens_over_its_whole_time()
    {
        var figures = new Figures();
        var result = LoadResult.Of([new(100, [10, 20], 110, 64), new(300, [30], 122, 36)], seconds: 4);
        result.AddTo(figures, "serving 2", "llama-server", (f, v) => f.AddOurs(v));
        LoadResult.Of([new(800, [40], 116, 10)], seconds: 1)
            .AddTo(figures, "serving 2", "llama-server", (f, v) => f.AddBaseline(v));
        Assert.Equal(116, result.PromptTokens);
        Assert.Equal(
            [
                ("serving 2 tokens/s", "tokens/s", 25, 2.5), ("serving 2 ttft p50", "ms", 200, 4),
                ("serving 2 ttft p95", "ms", 290, 2.7586), ("serving 2 inter-token p50", "ms", 20, 2),
                ("serving 2 inter-token p95", "ms", 29, 1.3793),
            ],
            figures.Rows.Select(r => (r.Name, r.Unit, r.Value, r.Ratio!.Value)));
    }

    [Fact]
    public void Loads_have_the_names_of_their_rows_and_as_many_questions_for_each_client()
    {
        var loads = Loads.Of([1, 16], questionsEach: 3);
        Assert.Equal([("serving 1", 1, 3), ("serving 16", 16, 48), ("shared-prefix 8", 8, 24)],
            loads.Select(l => (l.Name, l.Clients, l.QuestionsOf(0).Count)));
    }

    [Fact]
    public void No_prompt_comes_twice_in_any_round_and_the_same_round_has_the_same_prompts()
    {
        var loads = Loads.Of([1, 4, 8, 16], questionsEach: 3);
        var prompts = Enumerable.Range(0, 5).SelectMany(r => loads.SelectMany(l => l.QuestionsOf(r)))
            .Concat(Loads.WarmUp(16)).Select(q => q.User).ToList();
        Assert.Equal(prompts.Count, prompts.Distinct().Count());
        Assert.Equal(loads[1].QuestionsOf(2), loads[1].QuestionsOf(2));
    }

    [Fact]
    public void A_prefix_is_shared_within_a_round_and_new_in_the_next()
    {
        var load = Loads.Of([1], questionsEach: 3)[^1];
        var prefix = Assert.Single(load.QuestionsOf(0).Select(q => q.System).Distinct());
        Assert.Equal(300, prefix!.Split(' ').Length);
        Assert.All(load.QuestionsOf(0), q => Assert.Equal((30, 32), (q.User.Split(' ').Length, q.MaxTokens)));
        Assert.NotEqual(prefix, load.QuestionsOf(1)[0].System);
    }
}
