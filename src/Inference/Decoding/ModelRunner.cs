using Weir.Formats.Models;
using Weir.Inference.Batching;
using Weir.Inference.Kernels;
using Weir.Inference.Models;

namespace Weir.Inference.Decoding;

/// <summary>What a runner is made with.</summary>
internal sealed record RunnerOptions
{
    public int Threads { get; init; } = 1;

    /// <summary>Cores that are reserved for the threads; empty for none.</summary>
    public IReadOnlyList<int> Cores { get; init; } = [];

    /// <summary>Blocks of the KV cache.</summary>
    public required int KvBlocks { get; init; }

    public KvType KvType { get; init; } = KvType.F16;
    public int MaxBatchTokens { get; init; } = 256;
    public KernelTier? Tier { get; init; }

    /// <summary>Sees the inputs of every product.</summary>
    public IProductObserver? Observer { get; init; }
}

/// <summary>
/// The decoder, for a batch of tokens of any number of sequences. For each layer: norm, attention with rotary positions
/// over the cache, norm, gated feed-forward, with residuals around both; then norm and head. What sets a family apart
/// is in <see cref="ModelArchitecture"/> and in which tensors the model has. Rows are independent of each other but for
/// the cache: how tokens are cut into batches does not change a bit of the results.
/// </summary>
internal sealed unsafe class ModelRunner : IModelRunner
{
    private readonly ModelConfig _config;
    private readonly ModelWeights _weights;
    private readonly KvStore _store;
    private readonly Attention _attention;
    private readonly ThreadTeam _team;
    private readonly LinearProduct _product;
    private readonly DecoderRows _rows;
    private readonly NativeBuffer _logits;
    private readonly PackedMatrix[] _head;
    private readonly int _logitStride;
    private readonly int[] _logitTokens;
    private readonly bool[] _wantsHidden;
    private int _logitRows;

    public ModelRunner(LoadedModel model, RunnerOptions options)
    {
        _config = model.Config;
        _weights = model.Weights;
        MaxBatchTokens = options.MaxBatchTokens;
        _team = new ThreadTeam(options.Threads, options.Cores);
        _store = new KvStore(_config, options.KvBlocks, options.KvType);
        _attention = new Attention(_config, _store, options.Threads);
        _product = new LinearProduct(_team, options.Tier, options.Observer);
        _rows = new DecoderRows(model, _store, _team, MaxBatchTokens);
        _logitStride = _weights.Head.PaddedOutputs;
        // Room for every row of a batch; what is never written takes no memory.
        _logits = new NativeBuffer(4L * _logitStride * MaxBatchTokens);
        _head = [_weights.Head];
        _logitTokens = new int[MaxBatchTokens];
        _wantsHidden = new bool[MaxBatchTokens];
    }

    public int VocabularySize => _config.VocabularySize;
    public int HiddenSize => _config.HiddenSize;
    public int ContextLength => _config.ContextLength;
    public int BlockTokens => KvStore.BlockTokens;
    public int BlockCount => _store.Blocks;
    public int MaxBatchTokens { get; }

    public long KvBytes => _store.Bytes;

    // 1. Check. 2. Embed. 3. Layers. 4. Final norm and logits where they are wanted.
    public void Forward(ReadOnlySpan<int> tokens, ReadOnlySpan<BatchSegment> segments)
    {
        Check(tokens, segments);
        _rows.Begin(tokens, segments);
        _attention.Plan(segments);
        _rows.NormaliseInput(_weights.Layers[0].InputNorm);
        for (int l = 0; l < _config.LayerCount; l++) RunLayer(_weights.Layers[l], l);
        MakeOutputs(tokens.Length, segments);
    }

    public Span<float> Logits(int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)_logitRows, nameof(row));
        return new Span<float>((float*)_logits.Pointer + (long)row * _logitStride, _config.VocabularySize);
    }

    public ReadOnlySpan<float> Hidden(int token) => _wantsHidden[token]
        ? new ReadOnlySpan<float>(_rows.Normed(token), _config.HiddenSize)
        : throw new ArgumentException("The token's segment did not ask for hidden states.", nameof(token));

    public void CopyBlock(int from, int to) => _store.CopyBlock(from, to);

    public void Dispose()
    {
        _team.Dispose();
        _product.Dispose();
        _attention.Dispose();
        _rows.Dispose();
        _store.Dispose();
        _logits.Dispose();
    }

    private void RunLayer(LayerWeights layer, int l)
    {
        int count = _rows.Count;
        _product.Multiply(layer.Projections, _rows.Normed(0), _rows.HiddenStride, count, _rows.Wide);
        _rows.PrepareAttention(layer, l);
        _attention.Run(_team, l, _rows.Wide, _rows.ProjectionStride, _rows.Attended, _rows.AttendedStride);
        _product.Multiply(layer.Output, _rows.Attended, _rows.AttendedStride, count, _rows.Projected);
        _rows.AddResidual(layer.OutputBias, layer.PostAttentionNorm, layer.FeedForwardNorm);
        _product.Multiply(layer.GateUp, _rows.Normed(0), _rows.HiddenStride, count, _rows.Wide);
        _rows.Activate();
        _product.Multiply(layer.Down, _rows.Wide, _rows.GateUpStride, count, _rows.Projected);
        var next = l + 1 < _config.LayerCount ? _weights.Layers[l + 1].InputNorm : null;
        _rows.AddResidual(null, layer.PostFeedForwardNorm, next);
    }

    private void MakeOutputs(int count, ReadOnlySpan<BatchSegment> segments)
    {
        _logitRows = 0;
        foreach (var segment in segments)
        {
            for (int i = segment.Count - segment.LogitRows; i < segment.Count; i++)
                _logitTokens[_logitRows++] = segment.Start + i;
            _wantsHidden.AsSpan(segment.Start, segment.Count).Fill(segment.WantsHidden);
        }
        _rows.NormaliseOutput(_weights.FinalNorm, _logitTokens.AsSpan(0, _logitRows), _wantsHidden);
        if (_logitRows == 0) return;
        _product.Multiply(_head, _rows.Attended, _rows.HiddenStride, _logitRows,
            (float*)_logits.Pointer);
        if (_config.FinalSoftCap is { } cap)
            for (int r = 0; r < _logitRows; r++) Elementwise.SoftCap(Logits(r), (float)cap);
    }

    private void Check(ReadOnlySpan<int> tokens, ReadOnlySpan<BatchSegment> segments)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens.Length, MaxBatchTokens, nameof(tokens));
        foreach (int token in tokens)
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)token, (uint)VocabularySize, nameof(tokens));
        int next = 0;
        foreach (var segment in segments)
        {
            long until = (long)segment.FirstPosition + segment.Count;
            if (segment.Start != next || segment.Count < 1 || segment.FirstPosition < 0 || until > ContextLength
                || segment.LogitRows < 0 || segment.LogitRows > segment.Count
                || segment.Blocks.Length * (long)BlockTokens < until)
                throw new ArgumentException("A segment does not fit its tokens, its blocks or the context.");
            for (int b = 0; b * BlockTokens < until; b++)
                if ((uint)segment.Blocks[b] >= (uint)BlockCount)
                    throw new ArgumentException("A segment names a block that there is not.");
            next += segment.Count;
        }
        if (next != tokens.Length) throw new ArgumentException("Segments and tokens are not equally many.");
    }
}
