using Weir.Formats.Models;
using Weir.Inference.Kernels;

namespace Weir.Inference.Models;

/// <summary>
/// The Llama decoder: for each layer RMSNorm, grouped-query attention with rotary positions over the cache, RMSNorm,
/// SwiGLU, with residuals around both; then RMSNorm and head. An instance holds the scratch of one thread. How a
/// prompt is cut into chunks does not change the results, bit for bit.
/// </summary>
internal sealed class Decoder
{
    /// <summary>Tokens of a prompt that are read in one go.</summary>
    public const int ChunkTokens = 64;

    /// <summary>Rows of logits that are made at once.</summary>
    public const int LogitRows = 8;

    private readonly ModelConfig _config;
    private readonly ModelWeights _weights;
    private readonly Attention _attention;
    private readonly double[] _frequencies;
    private readonly int _hidden, _queries, _keys, _inner;
    private readonly float[] _x, _norm, _query, _key, _value, _attended, _projected, _gate, _up, _turns;
    private float[] _logits = [];
    private int _count;

    public Decoder(LoadedModel model)
    {
        _config = model.Config;
        _weights = model.Weights;
        _attention = new Attention(_config);
        int half = _config.HeadSize / 2;
        // Hugging Face's Llama: pair i turns by position · theta^(-2i / size).
        _frequencies = [.. Enumerable.Range(0, half)
            .Select(i => Math.Pow(_config.RopeTheta, -2.0 * i / _config.HeadSize))];
        _hidden = PanelMatrix.PaddedTo16(_config.HiddenSize);
        _queries = PanelMatrix.PaddedTo16(_config.HeadCount * _config.HeadSize);
        _keys = PanelMatrix.PaddedTo16(_config.KeyValueHeadCount * _config.HeadSize);
        _inner = PanelMatrix.PaddedTo16(_config.IntermediateSize);
        (_x, _norm, _projected) = (Rows(_hidden), Rows(_hidden), Rows(_hidden));
        (_query, _key, _value) = (Rows(_queries), Rows(_keys), Rows(_keys));
        (_gate, _up, _turns) = (Rows(_inner), Rows(_inner), Rows(_config.HeadSize));
        _attended = Rows(_attention.Stride);
    }

    /// <summary>Threads that one step may use; small products use one all the same.</summary>
    public int Threads { get; set; } = 1;

    /// <summary>Reads 1 to <see cref="ChunkTokens"/> tokens into the cache. <see cref="Logits(int)"/> can then be
    /// asked for each of them.</summary>
    public void Forward(ReadOnlySpan<int> tokens, KvCache cache)
    {
        _count = tokens.Length;
        int first = cache.Length;
        cache.Reserve(first + _count);
        for (int t = 0; t < _count; t++)
            _weights.Embedding.CopyRow(tokens[t], _x.AsSpan(t * _hidden, _config.HiddenSize));
        Turn(first);
        for (int l = 0; l < _config.LayerCount; l++)
        {
            var layer = _weights.Layers[l];
            Normalise(layer.InputNorm);
            Attend(layer, l, cache, first);
            Elementwise.Add(_x.AsSpan(0, _count * _hidden), _projected.AsSpan(0, _count * _hidden));
            Normalise(layer.PostNorm);
            FeedForward(layer);
            Elementwise.Add(_x.AsSpan(0, _count * _hidden), _projected.AsSpan(0, _count * _hidden));
        }
        cache.Length = first + _count;
    }

    /// <summary>Logits [vocabulary] after the chunk's token <paramref name="row"/>; valid until the next
    /// call.</summary>
    public Span<float> Logits(int row)
    {
        MakeLogits(row, 1);
        return _logits.AsSpan(0, _config.VocabularySize);
    }

    /// <summary>Logits after up to <see cref="LogitRows"/> tokens of the chunk, given to <paramref name="use"/> row by
    /// row.</summary>
    public void Logits(int first, int rows, Action<int, Memory<float>> use)
    {
        MakeLogits(first, rows);
        for (int r = 0; r < rows; r++)
            use(first + r, _logits.AsMemory(r * _weights.Head.Stride, _config.VocabularySize));
    }

    private static float[] Rows(int stride) => new float[ChunkTokens * stride];

    private void MakeLogits(int first, int rows)
    {
        if (first < 0 || first + rows > _count) throw new ArgumentOutOfRangeException(nameof(first));
        if (_logits.Length < rows * _weights.Head.Stride) _logits = new float[rows * _weights.Head.Stride];
        for (int t = first; t < first + rows; t++) NormaliseRow(_weights.FinalNorm, t);
        _weights.Head.Multiply(_norm, first * _hidden, _hidden, rows, _logits, Threads);
    }

    private void Turn(int first)
    {
        int half = _frequencies.Length;
        for (int t = 0; t < _count; t++)
            for (int i = 0; i < half; i++)
            {
                var (sin, cos) = Math.SinCos((first + t) * _frequencies[i]);
                _turns[t * 2 * half + i] = (float)cos;
                _turns[t * 2 * half + half + i] = (float)sin;
            }
    }

    private void Normalise(float[] weight)
    {
        for (int t = 0; t < _count; t++) NormaliseRow(weight, t);
    }

    private void NormaliseRow(float[] weight, int t) =>
        Elementwise.RmsNorm(_x.AsSpan(t * _hidden, _config.HiddenSize), weight, (float)_config.NormEpsilon,
            _norm.AsSpan(t * _hidden, _config.HiddenSize));

    private void Attend(LayerWeights layer, int l, KvCache cache, int first)
    {
        int size = _config.HeadSize;
        layer.Query.Multiply(_norm, 0, _hidden, _count, _query, Threads);
        layer.Key.Multiply(_norm, 0, _hidden, _count, _key, Threads);
        layer.Value.Multiply(_norm, 0, _hidden, _count, _value, Threads);
        float scale = 1 / MathF.Sqrt(size);
        for (int t = 0; t < _count; t++)
        {
            var turns = _turns.AsSpan(t * size, size);
            for (int h = 0; h < _config.HeadCount; h++)
                Elementwise.Rotate(_query.AsSpan(t * _queries + h * size, size), turns);
            Elementwise.Scale(_query.AsSpan(t * _queries, _queries), scale);
            for (int h = 0; h < _config.KeyValueHeadCount; h++)
            {
                var key = _key.AsSpan(t * _keys + h * size, size);
                Elementwise.Rotate(key, turns);
                cache.Store(l, h, first + t, key, _value.AsSpan(t * _keys + h * size, size));
            }
        }
        _attention.Attend(_query, _queries, cache, l, first, _count, _attended);
        layer.Output.Multiply(_attended, 0, _attention.Stride, _count, _projected, Threads);
    }

    private void FeedForward(LayerWeights layer)
    {
        layer.Gate.Multiply(_norm, 0, _hidden, _count, _gate, Threads);
        layer.Up.Multiply(_norm, 0, _hidden, _count, _up, Threads);
        Elementwise.SwiGlu(_gate.AsSpan(0, _count * _inner), _up.AsSpan(0, _count * _inner));
        layer.Down.Multiply(_gate, 0, _inner, _count, _projected, Threads);
    }
}
