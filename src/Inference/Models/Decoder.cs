using Weir.Formats.Models;
using Weir.Inference.Kernels;

namespace Weir.Inference.Models;

/// <summary>Keys and values of one sequence, [position][layer] rows of KV heads; grows by doubling up to the
/// context.</summary>
internal sealed class KvCache(ModelConfig config)
{
    private readonly int _row = config.KeyValueHeadCount * config.HeadSize;
    private readonly float[][] _keys = new float[config.LayerCount][];
    private readonly float[][] _values = new float[config.LayerCount][];
    private int _capacity;

    /// <summary>Positions filled.</summary>
    public int Length { get; set; }

    public void Reserve(int positions)
    {
        if (positions <= _capacity) return;
        _capacity = Math.Min(Math.Max(positions, Math.Max(64, _capacity * 2)), config.ContextLength);
        for (int l = 0; l < config.LayerCount; l++)
        {
            Array.Resize(ref _keys[l], _capacity * _row);
            Array.Resize(ref _values[l], _capacity * _row);
        }
    }

    public Span<float> Keys(int layer, int position) => _keys[layer].AsSpan(position * _row, _row);

    public Span<float> Values(int layer, int position) => _values[layer].AsSpan(position * _row, _row);
}

/// <summary>
/// The Llama decoder: for each layer RMSNorm, grouped-query attention with rotary positions over the cache, RMSNorm,
/// SwiGLU, with residuals around both; then RMSNorm and head. An instance holds the scratch of one thread.
/// Shapes: T tokens of a chunk, C hidden, Q = heads · D, K = KV heads · D, F intermediate, V vocabulary.
/// </summary>
internal sealed class Decoder
{
    /// <summary>Tokens of a prompt that are read in one go.</summary>
    public const int ChunkTokens = 64;

    private readonly LoadedModel _model;
    private readonly ModelConfig _config;
    private readonly float[] _x, _norm, _query, _attention, _projected, _gate, _up, _scores;

    public Decoder(LoadedModel model)
    {
        _model = model;
        _config = model.Config;
        int hidden = _config.HiddenSize, queries = _config.HeadCount * _config.HeadSize;
        _x = new float[ChunkTokens * hidden];
        _norm = new float[ChunkTokens * hidden];
        _projected = new float[ChunkTokens * hidden];
        _query = new float[ChunkTokens * queries];
        _attention = new float[ChunkTokens * queries];
        _gate = new float[ChunkTokens * _config.IntermediateSize];
        _up = new float[ChunkTokens * _config.IntermediateSize];
        _scores = new float[_config.ContextLength];
        KeyScratch = new float[ChunkTokens * _config.KeyValueHeadCount * _config.HeadSize];
        ValueScratch = new float[KeyScratch.Length];
    }

    private float[] KeyScratch { get; }
    private float[] ValueScratch { get; }

    /// <summary>Reads the tokens (at most <see cref="ChunkTokens"/>) into the cache and writes the logits of the last
    /// one, or of all of them where <paramref name="logits"/> holds T · V.</summary>
    public void Forward(ReadOnlySpan<int> tokens, KvCache cache, Span<float> logits)
    {
        int count = tokens.Length, hidden = _config.HiddenSize, first = cache.Length,
            vocabulary = _config.VocabularySize;
        cache.Reserve(first + count);
        for (int t = 0; t < count; t++)
            _model.Weights.Embedding.AsSpan(tokens[t] * hidden, hidden).CopyTo(_x.AsSpan(t * hidden));
        for (int l = 0; l < _config.LayerCount; l++)
        {
            var layer = _model.Weights.Layers[l];
            Normalise(layer.InputNorm, count);
            Attend(layer, l, cache, first, count);
            Elementwise.Add(_x.AsSpan(0, count * hidden), _projected.AsSpan(0, count * hidden));
            Normalise(layer.PostNorm, count);
            FeedForward(layer, count);
            Elementwise.Add(_x.AsSpan(0, count * hidden), _projected.AsSpan(0, count * hidden));
        }
        cache.Length = first + count;
        if (logits.IsEmpty) return;
        Normalise(_model.Weights.FinalNorm, count);
        int wanted = logits.Length >= count * vocabulary ? count : 1;
        MatrixProduct.Multiply(_norm.AsSpan((count - wanted) * hidden), wanted, _model.Weights.Head, vocabulary,
            hidden, logits);
    }

    private void Normalise(float[] weight, int count)
    {
        int hidden = _config.HiddenSize;
        for (int t = 0; t < count; t++)
            Elementwise.RmsNorm(_x.AsSpan(t * hidden, hidden), weight, (float)_config.NormEpsilon,
            _norm.AsSpan(t * hidden, hidden));
    }

    private void Attend(LayerWeights layer, int l, KvCache cache, int first, int count)
    {
        int hidden = _config.HiddenSize, size = _config.HeadSize, queries = _config.HeadCount * size,
            keys = _config.KeyValueHeadCount * size;
        MatrixProduct.Multiply(_norm, count, layer.Query, queries, hidden, _query);
        MatrixProduct.Multiply(_norm, count, layer.Key, keys, hidden, KeyScratch);
        MatrixProduct.Multiply(_norm, count, layer.Value, keys, hidden, ValueScratch);
        for (int t = 0; t < count; t++)
        {
            int position = first + t;
            for (int h = 0; h < _config.HeadCount; h++) _model.Rotary.Rotate(_query.AsSpan(t * queries + h * size,
                size), position);
            for (int h = 0; h < _config.KeyValueHeadCount; h++) _model.Rotary.Rotate(KeyScratch.AsSpan(t * keys
                + h * size, size), position);
            KeyScratch.AsSpan(t * keys, keys).CopyTo(cache.Keys(l, position));
            ValueScratch.AsSpan(t * keys, keys).CopyTo(cache.Values(l, position));
        }
        int group = _config.HeadCount / _config.KeyValueHeadCount;
        float scale = 1 / MathF.Sqrt(size);
        for (int t = 0; t < count; t++)
            for (int h = 0; h < _config.HeadCount; h++)
            {
                int length = first + t + 1, from = h / group * size;
                var query = _query.AsSpan(t * queries + h * size, size);
                var scores = _scores.AsSpan(0, length);
                for (int p = 0; p < length; p++) scores[p] =
                    scale * MatrixProduct.Dot(query, cache.Keys(l, p).Slice(from, size));
                Elementwise.Softmax(scores);
                var result = _attention.AsSpan(t * queries + h * size, size);
                result.Clear();
                for (int p = 0; p < length; p++) Elementwise.AddScaled(result, cache.Values(l, p).Slice(from, size),
                    scores[p]);
            }
        MatrixProduct.Multiply(_attention, count, layer.Output, hidden, queries, _projected);
    }

    private void FeedForward(LayerWeights layer, int count)
    {
        int hidden = _config.HiddenSize, inner = _config.IntermediateSize;
        MatrixProduct.Multiply(_norm, count, layer.Gate, inner, hidden, _gate);
        MatrixProduct.Multiply(_norm, count, layer.Up, inner, hidden, _up);
        Elementwise.SwiGlu(_gate.AsSpan(0, count * inner), _up.AsSpan(0, count * inner));
        MatrixProduct.Multiply(_gate, count, layer.Down, hidden, inner, _projected);
    }
}
