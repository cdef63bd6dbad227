using Weir.Formats.Models;
using Weir.Inference.Batching;
using Weir.Inference.Kernels;
using Weir.Inference.Models;

namespace Weir.Inference.Decoding;

/// <summary>The activations of a step, a row a token, and what happens to each row between the products. Rows are
/// shared among the team when there are enough of them.</summary>
internal sealed unsafe class DecoderRows : ITeamWork, IDisposable
{
    private readonly ModelConfig _config;
    private readonly ModelWeights _weights;
    private readonly KvStore _store;
    private readonly ThreadTeam _team;
    private readonly RotaryFrequencies _rotary;
    private readonly NativeBuffer _memory;
    private readonly float* _x, _turns;
    private readonly float* _normed;
    private readonly int[] _tokens, _positions, _blocks, _outputs;
    private readonly int _size, _queries, _keys;
    private readonly float _embeddingScale;
    private readonly bool _isGelu;
    private Pass _pass;
    private LayerWeights _layer = null!;
    private float[]? _firstNorm, _secondNorm, _bias;
    private int _layerIndex, _outputCount, _rowCount, _unitRows;
    private bool[] _wantsHidden = [];

    private enum Pass { Embed, Norm, Attention, Residual, Activation, Output }

    public DecoderRows(LoadedModel model, KvStore store, ThreadTeam team, int capacity)
    {
        _config = model.Config;
        _weights = model.Weights;
        _store = store;
        _team = team;
        _rotary = RotaryFrequencies.Of(_config, "model");
        _size = _config.HeadSize;
        _embeddingScale = _config.Architecture?.ScalesEmbeddings == true ? MathF.Sqrt(_config.HiddenSize) : 1;
        _isGelu = _config.Activation != "silu";
        var layer = _weights.Layers[0];
        HiddenStride = layer.Output[0].PaddedOutputs;
        ProjectionStride = LinearProduct.StrideOf(layer.Projections);
        GateUpStride = LinearProduct.StrideOf(layer.GateUp);
        _queries = layer.Projections[0].PaddedOutputs;
        _keys = layer.Projections[1].PaddedOutputs;
        AttendedStride = _config.HeadCount * _size;
        int wide = Math.Max(ProjectionStride, GateUpStride), attended = Math.Max(AttendedStride, HiddenStride);
        _memory = new NativeBuffer(4L * capacity * (3 * HiddenStride + wide + attended + _size));
        _x = (float*)_memory.Pointer;
        _normed = _x + (long)capacity * HiddenStride;
        Projected = _normed + (long)capacity * HiddenStride;
        Wide = Projected + (long)capacity * HiddenStride;
        Attended = Wide + (long)capacity * wide;
        _turns = Attended + (long)capacity * attended;
        (_tokens, _positions, _blocks, _outputs) =
            (new int[capacity], new int[capacity], new int[capacity], new int[capacity]);
    }

    public int Count { get; private set; }
    public int HiddenStride { get; }
    public int ProjectionStride { get; }
    public int GateUpStride { get; }
    public int AttendedStride { get; }

    /// <summary>Queries, keys and values of a token; later gate and up.</summary>
    public float* Wide { get; }

    /// <summary>Results of attention; at the end the rows that logits are made of.</summary>
    public float* Attended { get; }

    public float* Projected { get; }

    public float* Normed(int row) => _normed + (long)row * HiddenStride;

    public void Begin(ReadOnlySpan<int> tokens, ReadOnlySpan<BatchSegment> segments)
    {
        Count = tokens.Length;
        tokens.CopyTo(_tokens);
        foreach (var segment in segments)
            for (int i = 0; i < segment.Count; i++)
            {
                int position = segment.FirstPosition + i;
                _positions[segment.Start + i] = position;
                _blocks[segment.Start + i] = segment.Blocks[position / KvStore.BlockTokens];
            }
        Run(Pass.Embed, Count);
    }

    public void NormaliseInput(float[] norm)
    {
        _firstNorm = norm;
        Run(Pass.Norm, Count);
    }

    /// <summary>Biases, norms of heads, turns; keys and values go to the cache.</summary>
    public void PrepareAttention(LayerWeights layer, int index)
    {
        (_layer, _layerIndex) = (layer, index);
        Run(Pass.Attention, Count);
    }

    /// <summary>x += norm(projected + bias); then the rows are normalised for what follows, if anything.</summary>
    public void AddResidual(float[]? bias, float[]? postNorm, float[]? nextNorm)
    {
        (_bias, _firstNorm, _secondNorm) = (bias, postNorm, nextNorm);
        Run(Pass.Residual, Count);
    }

    /// <summary>gate = activation(gate) · up.</summary>
    public void Activate() => Run(Pass.Activation, Count);

    /// <summary>Final norms: of some tokens as rows in <see cref="Attended"/>, and of those whose hidden states are
    /// wanted in <see cref="Normed"/>.</summary>
    public void NormaliseOutput(float[] norm, ReadOnlySpan<int> logitTokens, bool[] wantsHidden)
    {
        logitTokens.CopyTo(_outputs);
        (_firstNorm, _outputCount, _wantsHidden) = (norm, logitTokens.Length, wantsHidden);
        Run(Pass.Output, Math.Max(Count, _outputCount));
    }

    public void Do(int unit, int member)
    {
        int until = Math.Min(_rowCount, (unit + 1) * _unitRows);
        for (int row = unit * _unitRows; row < until; row++)
            switch (_pass)
            {
                case Pass.Embed: Embed(row); break;
                case Pass.Norm: Norm(_firstNorm!, row, Normed(row)); break;
                case Pass.Attention: Project(row); break;
                case Pass.Residual: Residual(row); break;
                case Pass.Activation: Activate(row); break;
                default: Output(row); break;
            }
    }

    public void Dispose() => _memory.Dispose();

    private void Run(Pass pass, int rows)
    {
        const int fewRows = 4;
        _pass = pass;
        _rowCount = rows;
        _unitRows = rows <= fewRows ? rows : Math.Max(1, (rows + 8 * _team.Size - 1) / (8 * _team.Size));
        _team.Run(this, (rows + _unitRows - 1) / _unitRows);
    }

    private Span<float> X(int row) => new(_x + (long)row * HiddenStride, _config.HiddenSize);

    private void Embed(int row)
    {
        _weights.Embedding.CopyRow(_tokens[row], X(row));
        if (_embeddingScale != 1) Elementwise.Scale(X(row), _embeddingScale);
        float* turns = _turns + (long)row * _size;
        for (int i = 0; i < _size / 2; i++)
        {
            var (sin, cos) = Math.SinCos(_positions[row] * _rotary.Radians[i]);
            turns[i] = (float)(cos * _rotary.Magnitude);
            turns[_size / 2 + i] = (float)(sin * _rotary.Magnitude);
        }
    }

    private void Norm(float[] norm, int row, float* into) =>
        Elementwise.RmsNorm(X(row), norm, (float)_config.NormEpsilon, new Span<float>(into, _config.HiddenSize));

    private void Project(int row)
    {
        float* query = Wide + (long)row * ProjectionStride, key = query + _queries, value = key + _keys;
        int queries = _config.HeadCount * _size, keys = _config.KeyValueHeadCount * _size;
        if (_layer.QueryBias is { } queryBias) Elementwise.Add(new Span<float>(query, queries), queryBias);
        if (_layer.KeyBias is { } keyBias) Elementwise.Add(new Span<float>(key, keys), keyBias);
        if (_layer.ValueBias is { } valueBias) Elementwise.Add(new Span<float>(value, keys), valueBias);
        for (int h = 0; h < _config.HeadCount; h++) Head(new Span<float>(query + h * _size, _size), _layer.QueryNorm);
        for (int h = 0; h < _config.KeyValueHeadCount; h++)
        {
            Head(new Span<float>(key + h * _size, _size), _layer.KeyNorm);
            _store.Write(_layerIndex, h, _blocks[row], _positions[row] % KvStore.BlockTokens, key + h * _size,
                value + h * _size);
        }

        void Head(Span<float> head, float[]? norm)
        {
            if (norm is not null) Elementwise.RmsNorm(head, norm, (float)_config.NormEpsilon, head);
            Elementwise.Rotate(head, new ReadOnlySpan<float>(_turns + (long)row * _size, _size));
        }
    }

    private void Residual(int row)
    {
        var projected = new Span<float>(Projected + (long)row * HiddenStride, _config.HiddenSize);
        if (_bias is { } bias) Elementwise.Add(projected, bias);
        if (_firstNorm is { } norm) Elementwise.RmsNorm(projected, norm, (float)_config.NormEpsilon, projected);
        Elementwise.Add(X(row), projected);
        if (_secondNorm is { } next) Norm(next, row, Normed(row));
    }

    private void Activate(int row)
    {
        float* gate = Wide + (long)row * GateUpStride;
        var gates = new Span<float>(gate, _config.IntermediateSize);
        var ups = new ReadOnlySpan<float>(gate + GateUpStride / 2, _config.IntermediateSize);
        if (_isGelu) Elementwise.GeGlu(gates, ups);
        else Elementwise.SwiGlu(gates, ups);
    }

    private void Output(int row)
    {
        if (row < _outputCount) Norm(_firstNorm!, _outputs[row], Attended + (long)row * HiddenStride);
        if (row < Count && _wantsHidden[row]) Norm(_firstNorm!, row, Normed(row));
    }
}
