using Weir.Inference.Generation;
using Weir.Inference.Sampling;
using Weir.Inference.Tests.Batching;

namespace Weir.Inference.Tests.Generation;

/// <summary>However sequences are batched, cut, shared, preempted and guessed ahead, each says what it says
/// alone.</summary>
public sealed class ExactnessTests
{
    private static readonly int Vocabulary = TestTokenizer.Small.VocabularySize;

    [Fact]
    public void Answers_over_random_schedules_are_those_of_the_definition()
    {
        int preempted = 0, cached = 0;
        long accepted = 0;
        for (int seed = 0; seed < 120; seed++)
        {
            var random = new Random(seed);
            var loop = new LoopUnderTest(blocks: random.Next(7, 30), parallel: random.Next(1, 9),
                batchTokens: random.Next(20, 80), prefixCache: random.Next(4) > 0, speculate: random.Next(3) * 4);
            RunOne(loop, random);
            var stats = loop.Loop.Stats();
            preempted += (int)stats.PreemptionsTotal;
            cached += (int)stats.CachedTokensTotal;
            accepted += stats.AcceptedDraftsTotal;
        }
        // The schedules were worth something.
        Assert.True(preempted > 100, $"{preempted} preemptions");
        Assert.True(cached > 1000, $"{cached} cached tokens");
        Assert.True(accepted > 1000, $"{accepted} accepted drafts");
    }

    private static void RunOne(LoopUnderTest loop, Random random)
    {
        var prefixes = Enumerable.Range(0, 3).Select(_ => Tokens(random, random.Next(1, 70))).ToArray();
        var all = new List<(Sequence Sequence, int[] Prompt, GenerationOptions Options, CancellationTokenSource Client)>();
        int left = random.Next(4, 20);
        while (left > 0 || loop.Loop.Scheduler.Running.Count + loop.Loop.Scheduler.Waiting.Count > 0)
        {
            if (left > 0 && random.Next(3) == 0)
            {
                left--;
                int[] prompt = [.. prefixes[random.Next(3)], .. Tokens(random, random.Next(0, 20))];
                int most = Math.Min(random.Next(1, 120), loop.Model.Positions - prompt.Length + 1);
                if (prompt.Length > loop.Model.Positions) continue;
                var options = new GenerationOptions(most, Sampling(random), []) { Tenant = $"t{random.Next(2)}" };
                var client = new CancellationTokenSource();
                all.Add((loop.Add(prompt, options, client.Token), prompt, options, client));
            }
            if (all.Count > 0 && random.Next(20) == 0) all[random.Next(all.Count)].Client.Cancel();
            loop.Loop.Sweep();
            loop.Loop.Step();
            loop.CheckBlocks();
        }
        foreach (var (sequence, prompt, options, client) in all)
        {
            var expected = LoopUnderTest.Expected(prompt, options);
            Assert.True(loop.HasEnded(sequence));
            if (loop.ReasonOf(sequence) == "client_gone")
            {
                Assert.True(client.IsCancellationRequested);
                continue;
            }
            Assert.Equal(expected.Count, sequence.Generated);
            Assert.Equal(LoopUnderTest.Ends.Contains(expected[^1]) ? "stop" : "length", loop.ReasonOf(sequence));
            Assert.Equal(TestTokenizer.Small.Decode(expected), LoopUnderTest.TextOf(sequence));
        }
        Assert.Equal(0, loop.Loop.Stats().KvBlocksUsed);
    }

    [Fact]
    public void Eight_clients_with_one_prefix_compute_it_once()
    {
        var loop = new LoopUnderTest(blocks: 300, batchTokens: 128);
        var random = new Random(3);
        var prefix = Tokens(random, 304);
        var many = Enumerable.Range(0, 8).Select(_ => loop.Add([.. prefix, .. Tokens(random, 30)],
            new GenerationOptions(8, new SamplingOptions(0), []))).ToList();
        loop.RunToEnd();
        Assert.All(many.Skip(1), s => Assert.Equal(304, s.CachedTokens));
        // The prefix once, each one's own words, and the answers.
        Assert.InRange(loop.Runner.Computed, 304 + 8 * 30, 304 + 8 * (30 + 8 * 5));
    }

    [Fact]
    public void Another_tenant_gets_nothing_of_a_prefix()
    {
        var loop = new LoopUnderTest();
        var prompt = Tokens(new Random(4), 100);
        var first = loop.Add(prompt, new GenerationOptions(4, new SamplingOptions(0), []) { Tenant = "a" });
        loop.RunToEnd();
        var second = loop.Add(prompt, new GenerationOptions(4, new SamplingOptions(0), []) { Tenant = "b" });
        var third = loop.Add(prompt, new GenerationOptions(4, new SamplingOptions(0), []) { Tenant = "a" });
        loop.RunToEnd();
        Assert.Equal(0, first.CachedTokens);
        Assert.Equal(0, second.CachedTokens);
        Assert.Equal(96, third.CachedTokens);
    }

    [Fact]
    public void A_prefix_goes_on_when_the_one_that_computed_it_leaves()
    {
        var loop = new LoopUnderTest(blocks: 100, batchTokens: 32);
        var prompt = Tokens(new Random(5), 200);
        using var client = new CancellationTokenSource();
        loop.Add(prompt, new GenerationOptions(4, new SamplingOptions(0), []), client.Token);
        var second = loop.Add(prompt, new GenerationOptions(4, new SamplingOptions(0), []));
        for (int i = 0; i < 3; i++) loop.Loop.Step();
        client.Cancel();
        loop.Loop.Sweep();
        loop.RunToEnd();
        Assert.InRange(second.CachedTokens, 64, 96); // what was ready by then
        Assert.Equal(TestTokenizer.Small.Decode(LoopUnderTest.Expected(prompt, second.Options)),
            LoopUnderTest.TextOf(second));
    }

    [Fact]
    public void Penalties_bias_and_scores_are_the_same_in_any_batch()
    {
        var loop = new LoopUnderTest(blocks: 20);
        var random = new Random(6);
        var made = new List<(Sequence Sequence, int[] Prompt)>();
        for (int i = 0; i < 10; i++)
        {
            var prompt = Tokens(random, 40);
            made.Add((loop.Add(prompt, new GenerationOptions(20, new SamplingOptions(0.8, Seed: i)
            {
                RepetitionPenalty = 1.2, PresencePenalty = 0.5, FrequencyPenalty = 0.25, MinP = 0.02,
                LogitBias = new Dictionary<int, float> { [7] = 2, [9] = -100 },
            }, [], Scores: 2) { ScorePrompt = i % 2 == 0 }), prompt));
        }
        loop.RunToEnd();
        foreach (var (sequence, prompt) in made)
        {
            var expected = LoopUnderTest.Expected(prompt, sequence.Options);
            var scores = new List<TokenScore>();
            while (sequence.Answer.TryTake(out var step)) scores.AddRange(step.Scores);
            int[] scored = [.. sequence.Options.ScorePrompt ? prompt : [],
                .. expected.Where(t => !LoopUnderTest.Ends.Contains(t))];
            Assert.Equal(scored, scores.Select(s => s.Id));
            int[] tokens = [.. prompt, .. expected];
            for (int i = 0; i < scores.Count; i++)
            {
                int place = i + (sequence.Options.ScorePrompt ? 0 : prompt.Length);
                if (place == 0) continue;
                var logits = HashRunner.LogitsAfter(tokens.AsSpan(0, place), Vocabulary);
                Assert.Equal(TokenScore.Of(tokens[place], logits, 2).Logprob!.Value, scores[i].Logprob!.Value, 1e-6);
            }
        }
    }

    [Fact]
    public void Hidden_states_are_pooled_once_whatever_happens_meanwhile()
    {
        var loop = new LoopUnderTest(blocks: 12, batchTokens: 24);
        var random = new Random(7);
        var prompts = Enumerable.Range(0, 4).Select(_ => Tokens(random, 100)).ToArray();
        var pools = prompts.Select(p => new HiddenPooling(HashRunner.Hidden_, lastToken: false)).ToArray();
        for (int i = 0; i < prompts.Length; i++)
        {
            loop.Add(prompts[i], new GenerationOptions(0, new SamplingOptions(0), []) { Pooling = pools[i] });
            loop.Add(Tokens(random, 30), new GenerationOptions(60, new SamplingOptions(0), []));
        }
        loop.RunToEnd();
        for (int i = 0; i < prompts.Length; i++)
        {
            var alone = new HiddenPooling(HashRunner.Hidden_, lastToken: false);
            for (int t = 0; t < prompts[i].Length; t++)
                alone.Add(t, HashRunner.LogitsAfter(prompts[i].AsSpan(0, t + 1), HashRunner.Hidden_));
            Assert.Equal(alone.ToVector(), pools[i].ToVector());
        }
    }

    private static SamplingOptions Sampling(Random random) => random.Next(3) switch
    {
        0 => new SamplingOptions(0),
        1 => new SamplingOptions(0.3, 0.9, 20, random.Next()),
        _ => new SamplingOptions(1, 0.95, 0, random.Next()) { PresencePenalty = 0.3, RepetitionPenalty = 1.1 },
    };

    private static int[] Tokens(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => random.Next(5, Vocabulary))];
}
