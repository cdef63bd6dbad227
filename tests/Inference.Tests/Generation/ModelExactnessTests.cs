using Weir.Inference.Batching;
using Weir.Inference.Decoding;
using Weir.Inference.Generation;
using Weir.Inference.Models;
using Weir.Inference.Sampling;
using Weir.Inference.Tests.Models;

namespace Weir.Inference.Tests.Generation;

/// <summary>The same on the kernels: batched, chunked, from the cache, preempted and guessed ahead, greedy answers are
/// those of one sequence alone.</summary>
public sealed class ModelExactnessTests
{
    private static readonly CancellationToken Ct = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false, 400, 64)]
    [InlineData(false, 24, 40)]
    [InlineData(true, 60, 33)]
    public Task A_random_model_says_the_same_in_any_company(bool eightBits, int blocks, int batch) =>
        CompareAsync(RandomModel.Small(seed: 5), eightBits ? KvType.Q8 : KvType.F16, blocks, batch, most: 60);

    [Fact]
    public Task A_trained_model_says_the_same_in_any_company() => CompareAsync(
        Stories260KTests.Read(Places.SharedData("stories260K/stories260K.bin")).Load(), KvType.F16, 60, 48, most: 120);

    private static async Task CompareAsync(LoadedModel model, KvType type, int blocks, int batch, int most)
    {
        var runner = new ModelRunner(model, new RunnerOptions
        {
            Threads = 2, KvBlocks = blocks, KvType = type, MaxBatchTokens = batch,
        });
        using var engine = new Engine(new ServedModel(runner, model.Tokenizer, model.EndTokens, "m"),
            new EngineLimits(6) { BatchTokens = batch }, TimeProvider.System);
        var random = new Random(8);
        int[] prefix = [.. Enumerable.Range(0, 70).Select(_ => random.Next(5, engine.Model.VocabularySize))];
        int[][] prompts = [.. Enumerable.Range(0, 14).Select(i => (int[])
            [.. prefix.AsSpan(0, 10 + 20 * (i % 4)), .. Enumerable.Range(0, 3 + i).Select(k => 7 + (i * k) % 200)])];
        var sequences = prompts.Select(prompt =>
            engine.Submit(prompt, new GenerationOptions(most, new SamplingOptions(0), [], Scores: 0), Ct)).ToList();
        for (int i = 0; i < prompts.Length; i++)
        {
            var ids = new List<int>();
            await foreach (var step in sequences[i].ReadAllAsync(Ct)) ids.AddRange(step.Scores.Select(s => s.Id));
            var alone = Alone(model, type, prompts[i], most);
            Assert.Equal(alone.Where(t => !model.EndTokens.Contains(t)), ids);
        }
        Assert.True(engine.Stats().CachedTokensTotal > 0);
    }

    private static List<int> Alone(LoadedModel model, KvType type, int[] prompt, int most)
    {
        using var runner = ModelRun.Runner(model, prompt.Length, positions: prompt.Length + most, type: type);
        var blocks = Enumerable.Range(0, runner.BlockCount).ToArray();
        runner.Forward(prompt, [new BatchSegment(0, prompt.Length, 0, blocks, 1)]);
        var answer = new List<int>();
        while (true)
        {
            answer.Add(Sampler.Greedy(runner.Logits(0)[..model.Tokenizer.VocabularySize]));
            if (answer.Count == most || model.EndTokens.Contains(answer[^1])) return answer;
            runner.Forward([answer[^1]],
                [new BatchSegment(0, 1, prompt.Length + answer.Count - 1, blocks, 1)]);
        }
    }
}
