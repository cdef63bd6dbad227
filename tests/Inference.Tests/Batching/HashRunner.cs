using Weir.Inference.Batching;

namespace Weir.Inference.Tests.Batching;

/// <summary>
/// A model of arithmetic alone. Each slot of the cache keeps its token and position; logits after a token depend on all
/// slots before it as the block table leads to them, so that a wrong block, a wrong position, or a block that another
/// sequence wrote changes the answer. Answers repeat themselves often, so that prompt look-up has something to find.
/// </summary>
internal sealed class HashRunner(int vocabularySize, int blockCount, int contextLength = 4096,
    int maxBatchTokens = 64, long salt = 0) : IModelRunner
{
    public const int Block = 16, Hidden_ = 4;
    private readonly ulong[] _slots = new ulong[blockCount * Block];
    private readonly List<float[]> _rows = [];
    private readonly float[][] _hidden = new float[maxBatchTokens][];

    public int VocabularySize => vocabularySize;
    public int HiddenSize => Hidden_;
    public int ContextLength => contextLength;
    public int BlockTokens => Block;
    public int BlockCount => blockCount;
    public int MaxBatchTokens => maxBatchTokens;
    public long KvBytes => _slots.Length * sizeof(ulong);

    /// <summary>Tokens computed so far, and the largest step.</summary>
    public long Computed { get; private set; }
    public int LargestStep { get; private set; }
    public bool IsDisposed { get; private set; }
    public TimeSpan StepTime { get; set; }
    public Action? OnForward { get; set; }

    public void Forward(ReadOnlySpan<int> tokens, ReadOnlySpan<BatchSegment> segments)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        OnForward?.Invoke();
        if (StepTime > TimeSpan.Zero) Thread.Sleep(StepTime);
        Assert.InRange(tokens.Length, 1, maxBatchTokens);
        Computed += tokens.Length;
        LargestStep = Math.Max(LargestStep, tokens.Length);
        _rows.Clear();
        int at = 0;
        foreach (var segment in segments)
        {
            Assert.Equal(at, segment.Start);
            at += segment.Count;
            for (int i = 0; i < segment.Count; i++) Compute(tokens[segment.Start + i], segment, i);
        }
        Assert.Equal(tokens.Length, at);
    }

    public Span<float> Logits(int row) => _rows[row];

    public ReadOnlySpan<float> Hidden(int token) => _hidden[token];

    public void CopyBlock(int from, int to) => _slots.AsSpan(from * Block, Block).CopyTo(_slots.AsSpan(to * Block));

    public void Dispose() => IsDisposed = true;

    /// <summary>The definition: logits after these tokens.</summary>
    public static float[] LogitsAfter(ReadOnlySpan<int> tokens, int vocabularySize, long salt = 0)
    {
        ulong state = 17;
        for (int i = 0; i < tokens.Length; i++) state = Mix(state, SlotOf(tokens[i], i, salt));
        return LogitsOf(state, tokens[^1], vocabularySize);
    }

    private void Compute(int token, BatchSegment segment, int i)
    {
        int position = segment.FirstPosition + i;
        Assert.InRange(position, 0, contextLength - 1);
        Assert.InRange(token, 0, vocabularySize - 1);
        _slots[Slot(segment.Blocks, position)] = SlotOf(token, position, salt);
        ulong state = 17;
        for (int p = 0; p <= position; p++) state = Mix(state, _slots[Slot(segment.Blocks, p)]);
        if (i >= segment.Count - segment.LogitRows) _rows.Add(LogitsOf(state, token, vocabularySize));
        if (segment.WantsHidden) _hidden[segment.Start + i] = [.. LogitsOf(state, token, Hidden_)];
    }

    private static int Slot(int[] blocks, int position) => blocks[position / Block] * Block + position % Block;

    private static ulong SlotOf(int token, int position, long salt) =>
        Mix((ulong)token + 1, (ulong)position + 1 + (ulong)salt * 1_000_003);

    private static float[] LogitsOf(ulong state, int token, int vocabularySize)
    {
        // One token in four depends on all; the others on the last one alone.
        ulong seed = state % 4 == 0 ? state : (ulong)token * 7919 + 13;
        var logits = new float[vocabularySize];
        for (int v = 0; v < logits.Length; v++) logits[v] = (Mix(seed, (ulong)v) >> 40) / (float)(1 << 22);
        return logits;
    }

    private static ulong Mix(ulong a, ulong b)
    {
        ulong z = a * 0x9E3779B97F4A7C15 + b + 0x632BE59BD9B4E019;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
