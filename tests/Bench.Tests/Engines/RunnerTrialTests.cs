using Weir.Bench.Engines;

namespace Weir.Bench.Tests.Engines;

public sealed class RunnerTrialTests
{
    private const int Prompt = 40, Depth = 100, Generated = 8, Batch = 24;

    [Fact]
    public void A_prompt_is_read_in_whole_batches_with_logits_after_its_last_token_only()
    {
        using var runner = new RecordingRunner(100, Batch);
        var trial = new RunnerTrial(runner, Prompt, Depth, Generated);
        Assert.True(trial.Prefill(Prompt) > 0);
        // Once to warm up and once for the clock.
        Assert.Equal([(0, 24, 0), (24, 16, 1), (0, 24, 0), (24, 16, 1)],
            runner.Segments.Select(s => (s.FirstPosition, s.Count, s.LogitRows)));
    }

    [Fact]
    public void Decoding_goes_on_token_by_token_after_the_context()
    {
        using var runner = new RecordingRunner(100, Batch);
        var trial = new RunnerTrial(runner, Prompt, Depth, Generated);
        Assert.True(trial.Decode(Depth, Generated) > 0);
        var context = runner.Segments.TakeWhile(s => s.Count > 1 || s.FirstPosition < Depth).ToList();
        Assert.Equal(Depth, context.Sum(s => s.Count));
        Assert.Equal([Depth, .. Enumerable.Range(Depth, Generated)],
            runner.Segments.Skip(context.Count).Select(s => s.FirstPosition));
        Assert.All(runner.Segments.Skip(context.Count), s => Assert.Equal((1, 1), (s.Count, s.LogitRows)));
    }

    [Fact]
    public void The_long_context_is_read_once_and_kept_from_everything_else()
    {
        using var runner = new RecordingRunner(100, Batch);
        var trial = new RunnerTrial(runner, Prompt, Depth, Generated);
        trial.Decode(Depth, Generated);
        var deep = runner.Segments[0].Blocks;
        runner.Segments.Clear();
        trial.Prefill(Prompt);
        trial.Decode(0, Generated);
        Assert.All(runner.Segments, s => Assert.Empty(s.Blocks.Intersect(deep)));
        runner.Segments.Clear();
        trial.Decode(Depth, Generated);
        Assert.All(runner.Segments, s => Assert.Equal(1, s.Count));
    }

    [Fact]
    public void Every_position_has_a_block_of_the_cache_and_every_token_is_of_the_vocabulary()
    {
        int needed = RunnerTrial.CacheBlocks(Prompt, Depth, Generated, blockTokens: 16);
        using var runner = new RecordingRunner(needed, Batch);
        var trial = new RunnerTrial(runner, Prompt, Depth, Generated);
        trial.WarmUp(Prompt);
        trial.Decode(Depth, Generated);
        trial.Prefill(Prompt);
        Assert.All(runner.Segments, s =>
        {
            Assert.True(s.Blocks.Length * 16 >= s.FirstPosition + s.Count);
            Assert.All(s.Blocks, b => Assert.InRange(b, 0, runner.BlockCount - 1));
        });
        Assert.All(runner.Tokens, t => Assert.InRange(t, 0, runner.VocabularySize - 1));
        Assert.True(runner.Tokens.Distinct().Count() > 50, "the tokens are not random");
    }

    [Fact]
    public void A_cache_that_is_too_small_is_noticed_at_once()
    {
        int needed = RunnerTrial.CacheBlocks(Prompt, Depth, Generated, blockTokens: 16);
        using var runner = new RecordingRunner(needed - 1, Batch);
        Assert.Throws<ArgumentException>(() => new RunnerTrial(runner, Prompt, Depth, Generated));
    }

    [Fact]
    public void The_trial_owns_its_runner()
    {
        var runner = new RecordingRunner(100, Batch);
        new RunnerTrial(runner, Prompt, Depth, Generated).Dispose();
        Assert.True(runner.IsDisposed);
    }
}
