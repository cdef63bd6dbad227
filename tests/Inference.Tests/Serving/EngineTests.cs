using System.Text;
using Weir.Inference.Models;
using Weir.Inference.Serving;
using Weir.Inference.Tests.Models;

namespace Weir.Inference.Tests.Serving;

public sealed class EngineTests
{
    private static readonly CancellationToken Ct = TestContext.Current.CancellationToken;
    private static readonly LoadedModel Model = RandomModel.Small(seed: 5);

    private static int[] Prompt(int seed) => DecoderTests.Tokens(Model.Config, 20 + seed % 30, seed);

    private static GenerationOptions Options(int maxTokens, long? seed = null, params string[] stops) =>
        new(maxTokens, new SamplingOptions(seed is null ? 0 : 1, 0.95, 0, seed), stops);

    [Fact]
    public async Task Greedy_answers_equal_the_decoders_own()
    {
        using var engine = new Engine(Model, 1, 4, TimeProvider.System);
        var expected = LlamaCppTests.Greedy(Model, Prompt(1), steps: 40);
        var (text, generated, reason) = await ReadAsync(engine.Submit(Prompt(1), Options(40), Ct));
        bool ended = Model.EndTokens.Contains(expected[^1]);
        Assert.Equal(Model.Tokenizer.Decode(expected), text);
        Assert.Equal(expected.Length, generated);
        Assert.Equal(ended ? "stop" : "length", reason);
    }

    [Fact]
    public async Task Seeds_reproduce_whatever_else_runs()
    {
        using var alone = new Engine(Model, 1, 1, TimeProvider.System);
        using var busy = new Engine(Model, 2, 5, TimeProvider.System);
        var expected = new List<string>();
        for (int i = 0; i < 16; i++) expected.Add((await ReadAsync(alone.Submit(Prompt(i), Options(30, i), Ct))).Text);
        var together = Enumerable.Range(0, 16)
            .Select(i => ReadAsync(busy.Submit(Prompt(i), Options(30, i), Ct))).ToList();
        Assert.Equal(expected, (await Task.WhenAll(together)).Select(a => a.Text));
        Assert.Equal(0, busy.Stats().Running + busy.Stats().Waiting);
    }

    [Fact]
    public async Task A_stop_string_ends_the_answer_before_it()
    {
        using var engine = new Engine(Model, 1, 1, TimeProvider.System);
        var whole = (await ReadAsync(engine.Submit(Prompt(2), Options(60, 7), Ct))).Text;
        var stop = whole.Substring(whole.Length / 2, 2);
        var (text, _, reason) = await ReadAsync(engine.Submit(Prompt(2), Options(60, 7, stop), Ct));
        Assert.Equal(whole[..whole.IndexOf(stop, StringComparison.Ordinal)], text);
        Assert.Equal("stop", reason);
    }

    [Fact]
    public async Task The_context_limits_an_answer()
    {
        var model = new RandomModel(RandomModel.SmallConfig with { ContextLength = 40 }, seed: 5).Load();
        using var engine = new Engine(model, 1, 1, TimeProvider.System);
        var prompt = DecoderTests.Tokens(model.Config, 37, seed: 1);
        var (_, generated, reason) = await ReadAsync(engine.Submit(prompt, Options(1000), Ct));
        Assert.Equal("length", reason);
        Assert.Equal(4, generated); // three that fit into the context, and one that it need not hold
    }

    [Fact]
    public async Task A_request_that_is_cancelled_leaves_within_a_step()
    {
        using var engine = new Engine(RandomModel.Endless(), 1, 1, TimeProvider.System);
        using var cancelled = new CancellationTokenSource();
        var running = engine.Submit([1, 2, 3], Options(190_000), cancelled.Token);
        var waiting = engine.Submit([4, 5], Options(5), Ct);
        while (running.Generated < 5)
            Assert.True(await running.Steps.WaitToReadAsync(Ct) && running.Steps.TryRead(out _));
        Assert.Equal(1, engine.Stats().Running);
        Assert.Equal(1, engine.Stats().Waiting);
        int before = running.Generated;
        cancelled.Cancel();
        await ReadAsync(waiting);
        Assert.InRange(running.Generated, before, before + 20_000);
        Assert.Equal((0, 0, 0L), (engine.Stats().Running, engine.Stats().Waiting, engine.Stats().KvTokensUsed));
        await running.Steps.Completion.WaitAsync(TimeSpan.FromSeconds(10), Ct).ContinueWith(_ => { }, Ct);
        int after = running.Generated;
        await Task.Delay(30, Ct);
        Assert.Equal(after, running.Generated);
    }

    [Fact]
    public async Task A_waiting_request_that_is_cancelled_gives_its_place_to_another()
    {
        using var engine = new Engine(Model, 1, 1, TimeProvider.System, maxWaiting: 1);
        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        var running = engine.Submit(Prompt(1), Options(200), first.Token);
        var waiting = engine.Submit(Prompt(2), Options(5), second.Token);
        Assert.Throws<EngineBusyException>(() => engine.Submit(Prompt(3), Options(5), Ct));
        second.Cancel();
        var third = engine.Submit(Prompt(3), Options(5), Ct);
        first.Cancel();
        Assert.Equal(5, (await ReadAsync(third)).Generated);
        Assert.Null((await ReadAsync(waiting)).Reason);
    }

    [Fact]
    public async Task Sequences_share_the_engine_evenly()
    {
        using var engine = new Engine(RandomModel.Endless(), 1, 4, TimeProvider.System);
        var many = Enumerable.Range(0, 4).Select(i => engine.Submit([i, 7], Options(100_000), Ct)).ToList();
        while (many.Any(s => s.Generated < 20)) await Task.Delay(1, Ct);
        var before = many.Select(s => s.Generated).ToList();
        while (many.All(s => s.Generated < before[0] + 250)) await Task.Delay(1, Ct);
        var made = many.Select((s, i) => s.Generated - before[i]).ToList();
        Assert.All(made, count => Assert.InRange(count, made.Max() * 0.7, made.Max()));
    }

    [Fact]
    public async Task An_engine_that_stops_says_so_to_its_requests()
    {
        var engine = new Engine(Model, 1, 1, TimeProvider.System);
        var running = engine.Submit(Prompt(1), Options(200), Ct);
        var waiting = engine.Submit(Prompt(2), Options(200), Ct);
        engine.Dispose();
        await Assert.ThrowsAsync<EngineStoppedException>(() => ReadAsync(waiting));
        if (running.Generated < 200) await Assert.ThrowsAsync<EngineStoppedException>(() => ReadAsync(running));
    }

    [Fact]
    public async Task Prompt_scores_are_the_models_own_log_probabilities()
    {
        using var engine = new Engine(Model, 1, 1, TimeProvider.System);
        var prompt = DecoderTests.Tokens(Model.Config, 150, seed: 9);
        var sequence = engine.Submit(prompt, Options(0) with { Scores = 2 }, Ct);
        Assert.Equal(0, (await ReadAsync(sequence)).Generated);
        var list = sequence.Scores!.ToList(Model.Tokenizer, 0);
        var random = new RandomModel(RandomModel.SmallConfig, seed: 5);
        var expected = ReferenceDecoder.Forward(random, prompt);
        Assert.Null(list.TokenLogprobs[0]);
        for (int t = 1; t < prompt.Length; t++)
        {
            double total = Math.Log(expected[t - 1].Sum(Math.Exp));
            Assert.Equal(expected[t - 1][prompt[t]] - total, list.TokenLogprobs[t]!.Value, 1e-3);
            Assert.Equal(expected[t - 1].Max() - total, list.TopLogprobs![t]!.Values.Max(), 1e-3);
        }
    }

    private static async Task<(string Text, int Generated, string? Reason)> ReadAsync(Sequence sequence)
    {
        var text = new StringBuilder();
        string? reason = null;
        await foreach (var step in sequence.Steps.ReadAllAsync(Ct))
        {
            text.Append(step.Text);
            reason = step.FinishReason;
        }
        return (text.ToString(), sequence.Generated, reason);
    }
}
