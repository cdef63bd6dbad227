using Weir.Inference.Generation;
using Weir.Inference.Sampling;
using Weir.Inference.Tests.Batching;

namespace Weir.Inference.Tests.Generation;

public sealed class SoakTests
{
    /// <summary>More for a long soak: <c>WEIR_SOAK_REQUESTS=20000</c>.</summary>
    private static readonly int Requests =
        int.TryParse(Environment.GetEnvironmentVariable("WEIR_SOAK_REQUESTS"), out int count) ? count : 2000;

    [Fact]
    public async Task Many_requests_with_a_third_of_them_cancelled_leave_nothing_behind()
    {
        int ended = 0;
        var runner = new HashRunner(TestTokenizer.Small.VocabularySize, 100, 512, 256);
        using var engine = new Engine(new ServedModel(runner, TestTokenizer.Small, LoopUnderTest.Ends, "soak"),
            new EngineLimits(8, 64), TimeProvider.System, _ => Interlocked.Increment(ref ended));
        var random = new Random(11);
        using var places = new SemaphoreSlim(48);
        var tasks = new List<Task<bool>>();
        for (int i = 0; i < Requests; i++)
        {
            await places.WaitAsync(TestContext.Current.CancellationToken);
            tasks.Add(OneAsync(engine, new Random(random.Next()), places));
        }
        var whole = await Task.WhenAll(tasks);
        var stats = engine.Stats();
        Assert.Equal(Requests, stats.RequestsTotal);
        Assert.Equal(Requests, ended);
        Assert.InRange(whole.Count(w => !w), Requests / 10, Requests / 2);
        Assert.Equal((0, 0, 0), (stats.Running, stats.Waiting, stats.KvBlocksUsed));
        Assert.Equal(stats.KvBlocksTotal - stats.KvBlocksCached, engine.Loop.Scheduler.Pool.FreeCount);
        Assert.True(engine.IsIdle);
    }

    private static async Task<bool> OneAsync(Engine engine, Random random, SemaphoreSlim places)
    {
        try
        {
            using var client = new CancellationTokenSource();
            int shared = random.Next(4);
            int[] prompt = [.. Enumerable.Range(0, 20 + 15 * shared).Select(i => 5 + i * (shared + 1) % 300),
                .. Enumerable.Range(0, random.Next(1, 20)).Select(_ => random.Next(5, 300))];
            var options = new GenerationOptions(random.Next(1, 40), new SamplingOptions(1, 0.9, 0, random.Next()), [])
            {
                Tenant = $"t{random.Next(3)}",
            };
            if (random.Next(10) == 0) await client.CancelAsync();
            var sequence = engine.Submit(prompt, options, client.Token);
            int leaveAt = random.Next(10) < 3 ? random.Next(0, 15) : int.MaxValue;
            string? reason = null;
            await foreach (var step in sequence.ReadAllAsync(CancellationToken.None))
            {
                reason = step.FinishReason ?? reason;
                if (step.Generated >= leaveAt) await client.CancelAsync();
            }
            sequence.Answer.Dispose();
            return reason is not null;
        }
        finally
        {
            places.Release();
        }
    }
}
