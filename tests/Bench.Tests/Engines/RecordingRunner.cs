using Weir.Inference.Batching;

namespace Weir.Bench.Tests.Engines;

/// <summary>Computes nothing and remembers what it was asked.</summary>
internal sealed class RecordingRunner(int blockCount, int maxBatchTokens) : IModelRunner
{
    private readonly float[] _row = new float[100];

    public List<BatchSegment> Segments { get; } = [];
    public List<int> Tokens { get; } = [];
    public bool IsDisposed { get; private set; }
    public int VocabularySize => 100;
    public int HiddenSize => 8;
    public int ContextLength => 4096;
    public int BlockTokens => 16;
    public int BlockCount => blockCount;
    public int MaxBatchTokens => maxBatchTokens;
    public long KvBytes => 0;

    public void Forward(ReadOnlySpan<int> tokens, ReadOnlySpan<BatchSegment> segments)
    {
        Assert.InRange(tokens.Length, 1, MaxBatchTokens);
        Assert.Equal(tokens.Length, segments.ToArray().Sum(s => s.Count));
        Tokens.AddRange(tokens);
        Segments.AddRange(segments);
    }

    public Span<float> Logits(int row) => _row;

    public ReadOnlySpan<float> Hidden(int token) => _row;

    public void CopyBlock(int from, int to) => Assert.Fail("Nothing is shared in a benchmark.");

    public void Dispose() => IsDisposed = true;
}
