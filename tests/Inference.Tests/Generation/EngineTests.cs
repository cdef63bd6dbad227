using System.Text;
using Weir.Formats.Bcl;
using Weir.Inference.Batching;
using Weir.Inference.Generation;
using Weir.Inference.Sampling;
using Weir.Inference.Tests.Batching;

namespace Weir.Inference.Tests.Generation;

public sealed class EngineTests
{
    private static readonly CancellationToken Ct = TestContext.Current.CancellationToken;
    private static readonly int Vocabulary = TestTokenizer.Small.VocabularySize;

    private static int[] Prompt(int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, 20 + seed % 30).Select(_ => random.Next(5, Vocabulary))];
    }

    private static GenerationOptions Options(int maxTokens, long? seed = null, params string[] stops) =>
        new(maxTokens, new SamplingOptions(seed is null ? 0 : 1, 0.95, 0, seed), stops);

    /// <summary>A model that never ends an answer by itself.</summary>
    private static ServedModel Endless(HashRunner? runner = null) => new(
        runner ?? new HashRunner(TestTokenizer.Plain.VocabularySize, 1024, 16_000, 256), TestTokenizer.Plain,
        new HashSet<int>(), "endless");

    private static ServedModel Model(HashRunner? runner = null) => new(
        runner ?? new HashRunner(Vocabulary, 128, 512, 256), TestTokenizer.Small, LoopUnderTest.Ends, "model");

    private static Engine Start(ServedModel model, int parallel, int maxWaiting = Engine.MaxWaiting,
        Action<RequestTicket>? ended = null) =>
        new(model, new EngineLimits(parallel, maxWaiting), TimeProvider.System, ended);

    [Fact]
    public async Task Greedy_answers_equal_the_definition()
    {
        using var engine = Start(Model(), 4);
        var expected = LoopUnderTest.Expected(Prompt(1), Options(40));
        var (text, generated, reason) = await ReadAsync(engine.Submit(Prompt(1), Options(40), Ct));
        Assert.Equal(TestTokenizer.Small.Decode(expected), text);
        Assert.Equal(expected.Count, generated);
        Assert.Equal(LoopUnderTest.Ends.Contains(expected[^1]) ? "stop" : "length", reason);
    }

    [Fact]
    public async Task Seeds_reproduce_whatever_else_runs()
    {
        using var alone = Start(Model(), 1);
        using var busy = Start(Model(), 5);
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
        using var engine = Start(Model(), 1);
        var whole = (await ReadAsync(engine.Submit(Prompt(2), Options(60, 7), Ct))).Text;
        var stop = whole.Substring(whole.Length / 2, 2);
        var (text, _, reason) = await ReadAsync(engine.Submit(Prompt(2), Options(60, 7, stop), Ct));
        Assert.Equal(whole[..whole.IndexOf(stop, StringComparison.Ordinal)], text);
        Assert.Equal("stop", reason);
    }

    [Fact]
    public async Task Context_and_cache_limit_an_answer()
    {
        using var engine = Start(Endless(new HashRunner(TestTokenizer.Plain.VocabularySize, 100, 40)), 1);
        var (_, generated, reason) = await ReadAsync(engine.Submit([.. Enumerable.Range(7, 37)], Options(1000), Ct));
        Assert.Equal("length", reason);
        Assert.Equal(4, generated); // three that fit into the context, and one that it need not hold
        using var small = Start(Endless(new HashRunner(TestTokenizer.Plain.VocabularySize, 3, 400)), 1);
        Assert.Equal(12, (await ReadAsync(small.Submit([.. Enumerable.Range(7, 37)], Options(1000), Ct))).Generated);
        Assert.Throws<UserErrorException>(() => small.Submit(new int[49], Options(1), Ct));
    }

    [Fact]
    public async Task A_request_that_is_cancelled_leaves_within_a_step()
    {
        int steps = 0;
        var runner = new HashRunner(TestTokenizer.Plain.VocabularySize, 1024, 16_000) { OnForward = () => steps++ };
        using var engine = new Engine(Endless(runner), new EngineLimits(1) { Speculate = 0 }, TimeProvider.System);
        using var cancelled = new CancellationTokenSource();
        var running = engine.Submit([1, 2, 3], Options(15_000), cancelled.Token);
        var waiting = engine.Submit([4, 5], Options(5), Ct);
        while (running.Generated < 5) await Task.Delay(1, Ct);
        Assert.Equal((1, 1), (engine.Stats().Running, engine.Stats().Waiting));
        int before = Volatile.Read(ref steps);
        cancelled.Cancel();
        await ReadAsync(waiting);
        // The five of the other one, and what was on its way when the client left.
        Assert.InRange(Volatile.Read(ref steps), before + 5, before + 5 + 3);
        Assert.Equal((0, 0, 0L), (engine.Stats().Running, engine.Stats().Waiting, engine.Stats().KvTokensUsed));
        Assert.Null((await ReadAsync(running)).Reason);
    }

    [Fact]
    public async Task A_waiting_request_that_is_cancelled_gives_its_place_to_another()
    {
        using var engine = Start(Endless(), 1, maxWaiting: 1);
        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        var running = engine.Submit([1, 2, 3], Options(10_000), first.Token);
        while (running.Generated == 0) await Task.Delay(1, Ct);
        var waiting = engine.Submit([4, 5], Options(5), second.Token);
        Assert.Throws<EngineBusyException>(() => engine.Submit([6], Options(5), Ct));
        second.Cancel();
        var third = engine.Submit([6], Options(5), Ct);
        first.Cancel();
        Assert.Equal(5, (await ReadAsync(third)).Generated);
        Assert.Null((await ReadAsync(waiting)).Reason);
        Assert.Equal(1, engine.Stats().RefusedTotal);
        Assert.Equal(2, engine.Stats().CancelledTotal);
    }

    [Fact]
    public async Task An_engine_that_stops_says_so_to_its_requests()
    {
        var runner = new HashRunner(TestTokenizer.Plain.VocabularySize, 1024, 16_000);
        var engine = Start(Endless(runner), 1);
        var running = engine.Submit([1, 2, 3], Options(15_000), Ct);
        var waiting = engine.Submit([4], Options(200), Ct);
        engine.Dispose();
        await Assert.ThrowsAsync<EngineStoppedException>(() => ReadAsync(waiting));
        await Assert.ThrowsAsync<EngineStoppedException>(() => ReadAsync(running));
        Assert.Throws<EngineStoppedException>(() => engine.Submit([1], Options(1), Ct));
        Assert.True(runner.IsDisposed);
    }

    [Fact]
    public async Task Several_answers_share_the_prompt_and_end_one_request()
    {
        var ended = new List<RequestTicket>();
        var runner = new HashRunner(Vocabulary, 128, 512, 256);
        using var engine = Start(Model(runner), 4, ended: ended.Add);
        var ticket = new RequestTicket("r-1", "t", DateTimeOffset.UtcNow);
        var prompt = Enumerable.Range(5, 160).ToArray();
        var (sequences, _) = engine.Submit(ticket, prompt,
            [.. Enumerable.Range(0, 4).Select(i => Options(6, seed: i) with { Tenant = "t" })], Ct);
        var texts = new List<string>();
        foreach (var sequence in sequences)
        {
            while (!sequence.Answer.IsDone())
            {
                if (sequence.Answer.TryTake(out var step)) texts.Add(step.Text);
                else await Task.Delay(1, Ct);
            }
        }
        Assert.Same(ticket, Assert.Single(ended));
        Assert.Equal(160, ticket.PromptTokens);
        Assert.Equal(sequences.Sum(s => s.Generated), ticket.GeneratedTokens);
        Assert.NotNull(ticket.FirstTokenMs);
        Assert.True(texts.Distinct().Count() > 1);
        Assert.InRange(runner.Computed, 160, 160 + 4 * (16 + 6 * 5)); // not four times the prompt
    }

    [Fact]
    public async Task Other_weights_come_in_between_two_steps_and_nothing_of_the_old_is_used()
    {
        var old = new HashRunner(Vocabulary, 128, 512, 256, salt: 1);
        using var engine = Start(new ServedModel(old, TestTokenizer.Small, new HashSet<int>(), "old"), 2);
        var prompt = Prompt(3);
        var running = engine.Submit(prompt, Options(400), Ct);
        while (running.Generated < 20) await Task.Delay(1, Ct);
        var next = new HashRunner(Vocabulary, 128, 512, 256, salt: 2);
        await engine.SwapAsync(new ServedModel(next, TestTokenizer.Small, new HashSet<int>(), "new"));
        Assert.True(old.IsDisposed);
        var after = await ReadAsync(engine.Submit(prompt, Options(1), Ct));
        int expected = Sampler.Greedy(HashRunner.LogitsAfter(prompt, Vocabulary, salt: 2));
        Assert.Equal(TestTokenizer.Small.Decode([expected]), after.Text);
        Assert.Equal(400, (await ReadAsync(running)).Generated); // it goes on, by the new ones
        var smaller = new HashRunner(Vocabulary, 4, 512);
        await Assert.ThrowsAsync<UserErrorException>(() =>
            engine.SwapAsync(new ServedModel(smaller, TestTokenizer.Small, new HashSet<int>(), "small")));
        Assert.True(smaller.IsDisposed);
    }

    [Fact]
    public async Task What_the_engine_counts_is_what_happened()
    {
        using var engine = Start(Model(), 4);
        var first = await ReadAsync(engine.Submit(Prompt(5), Options(10), Ct));
        await ReadAsync(engine.Submit(Prompt(5), Options(10), Ct));
        var stats = engine.Stats();
        Assert.Equal(2, stats.RequestsTotal);
        Assert.Equal(2 * first.Generated, stats.TokensGeneratedTotal);
        Assert.Equal(2 * Prompt(5).Length, stats.PromptTokensTotal);
        Assert.Equal(16, stats.CachedTokensTotal);
        Assert.Equal(16.0 / (2 * Prompt(5).Length), stats.PrefixHitRate, 1e-9);
        Assert.Equal(2, engine.Loop.TimeToFirstToken.Read().Counts.Sum());
        Assert.Equal(2 * (first.Generated - 1), engine.Loop.InterTokenLatency.Read().Counts.Sum());
    }

    private static async Task<(string Text, int Generated, string? Reason)> ReadAsync(Sequence sequence)
    {
        var text = new StringBuilder();
        string? reason = null;
        await foreach (var step in sequence.ReadAllAsync(Ct))
        {
            text.Append(step.Text);
            reason = step.FinishReason;
        }
        return (text.ToString(), sequence.Generated, reason);
    }
}
