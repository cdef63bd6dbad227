using Weir.Inference.Batching;
using Weir.Inference.Generation;
using Weir.Inference.Sampling;

namespace Weir.Inference.Tests.Generation;

public sealed class StepCostTests
{
    [Theory]
    [InlineData(0.0)]
    [InlineData(0.8)]
    public void A_token_costs_the_loop_no_memory(double temperature)
    {
        const int warm = 200, steps = 640, sequences = 4;
        var model = new ServedModel(new StillRunner(), TestTokenizer.Plain, new HashSet<int>(), "still");
        var loop = new EngineLoop(model, new EngineLimits(sequences) { Speculate = 4 }, TimeProvider.System,
            (_, _, _) => { });
        var all = new List<Sequence>();
        for (int i = 0; i < sequences; i++)
        {
            var ticket = new RequestTicket("r", "", DateTimeOffset.UnixEpoch);
            ticket.Enter();
            all.Add(new Sequence(model, [1, 2, 3 + i],
                new GenerationOptions(4000, new SamplingOptions(temperature, 0.9, 40, i), []), ticket,
                new AnswerSignal(), CancellationToken.None) { MaxDrafts = 4, MaxLength = 4000 });
            loop.Add(all[^1]);
        }
        for (int i = 0; i < warm; i++) loop.Step();
        long bytes = 0, tokens = loop.Stats().TokensGeneratedTotal;
        for (int i = 0; i < steps; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            loop.Step();
            bytes += GC.GetAllocatedBytesForCurrentThread() - before;
            foreach (var sequence in all) sequence.Answer.TryTake(out _); // the reader's part is not the loop's
        }
        tokens = loop.Stats().TokensGeneratedTotal - tokens;
        // A node of the prefix tree for every sixteen tokens, and arrays that double as answers grow; a string for each
        // token would be 32 bytes more.
        Assert.InRange(bytes / (double)tokens, 0, 60);
    }

    /// <summary>Costs nothing itself.</summary>
    private sealed class StillRunner : IModelRunner
    {
        private readonly float[] _logits = [.. Enumerable.Range(0, TestTokenizer.Plain.VocabularySize)
            .Select(i => (float)Math.Sin(i * 37.0))];

        public int VocabularySize => _logits.Length;
        public int HiddenSize => 1;
        public int ContextLength => 4096;
        public int BlockTokens => 16;
        public int BlockCount => 2000;
        public int MaxBatchTokens => 64;
        public long KvBytes => 0;

        public void Forward(ReadOnlySpan<int> tokens, ReadOnlySpan<BatchSegment> segments) { }

        public Span<float> Logits(int row) => _logits;

        public ReadOnlySpan<float> Hidden(int token) => _logits.AsSpan(0, 1);

        public void CopyBlock(int from, int to) { }

        public void Dispose() { }
    }
}
