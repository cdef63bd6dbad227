using Weir.Formats.Models;
using Weir.Inference.Models;

namespace Weir.Inference.Tests.Models;

/// <summary>The forward pass of every family as its definition reads: float64, one loop a sum, no cache, all positions
/// at once.</summary>
internal sealed class ReferenceDecoder
{
    private readonly RandomModel _model;
    private readonly ModelConfig _config;
    private readonly RotaryFrequencies _rotary;

    private ReferenceDecoder(RandomModel model)
    {
        _model = model;
        _config = model.Config;
        _rotary = RotaryFrequencies.Of(_config, "reference");
    }

    /// <summary>Logits after each token.</summary>
    public static double[][] Forward(RandomModel model, ReadOnlySpan<int> tokens) =>
        new ReferenceDecoder(model).Run(tokens);

    private double[][] Run(ReadOnlySpan<int> tokens)
    {
        int hidden = _config.HiddenSize;
        double scale = _config.Architecture!.ScalesEmbeddings ? Math.Sqrt(hidden) : 1;
        var x = new double[tokens.Length][];
        for (int t = 0; t < x.Length; t++)
            x[t] = [.. _model[TensorRole.Embedding].Skip(tokens[t] * hidden).Take(hidden).Select(v => v * scale)];
        for (int l = 0; l < _config.LayerCount; l++)
        {
            int layer = l;
            var attended = Attend(layer, Each(x, row => Norm(row, TensorRole.InputNorm, layer)));
            x = Sum(x, Each(attended, row => Post(Linear(row, TensorRole.Output, TensorRole.OutputBias, layer, hidden),
                TensorRole.PostAttentionNorm, layer)));
            x = Sum(x, Each(x, row => Post(FeedForward(Norm(row, TensorRole.FeedForwardNorm, layer), layer),
                TensorRole.PostFeedForwardNorm, layer)));
        }
        var head = _model[_config.TiedEmbeddings ? TensorRole.Embedding : TensorRole.Head];
        return Each(x, row => [.. Product(head, Norm(row, TensorRole.FinalNorm, 0), _config.VocabularySize)
            .Select(v => _config.FinalSoftCap is { } cap ? cap * Math.Tanh(v / cap) : v)]);
    }

    private double[] FeedForward(double[] x, int layer)
    {
        var gate = Product(_model[TensorRole.Gate, layer], x, _config.IntermediateSize);
        var up = Product(_model[TensorRole.Up, layer], x, _config.IntermediateSize);
        for (int i = 0; i < gate.Length; i++)
        {
            double v = gate[i];
            gate[i] = up[i] * (_config.Activation == "silu" ? v / (1 + Math.Exp(-v))
                : 0.5 * v * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (v + 0.044715 * v * v * v))));
        }
        return Product(_model[TensorRole.Down, layer], gate, _config.HiddenSize);
    }

    private double[][] Attend(int layer, double[][] x)
    {
        int size = _config.HeadSize, group = _config.HeadCount / _config.KeyValueHeadCount;
        int queryCount = _config.HeadCount * size, keyCount = _config.KeyValueHeadCount * size;
        var queries = Each(x, row => Linear(row, TensorRole.Query, TensorRole.QueryBias, layer, queryCount));
        var keys = Each(x, row => Linear(row, TensorRole.Key, TensorRole.KeyBias, layer, keyCount));
        var values = Each(x, row => Linear(row, TensorRole.Value, TensorRole.ValueBias, layer, keyCount));
        for (int t = 0; t < x.Length; t++)
        {
            for (int h = 0; h < _config.HeadCount; h++) Turn(queries[t], h * size, t, TensorRole.QueryNorm, layer);
            for (int h = 0; h < _config.KeyValueHeadCount; h++) Turn(keys[t], h * size, t, TensorRole.KeyNorm, layer);
        }
        var result = new double[x.Length][];
        for (int t = 0; t < x.Length; t++)
        {
            result[t] = new double[queryCount];
            for (int h = 0; h < _config.HeadCount; h++)
            {
                int from = h / group * size, first = Math.Max(0, t + 1 - (_config.WindowOf(layer) ?? int.MaxValue));
                var scores = new double[t + 1];
                for (int p = first; p <= t; p++)
                {
                    for (int d = 0; d < size; d++)
                        scores[p] += queries[t][h * size + d] * keys[p][from + d] * _config.AttentionScale;
                    if (_config.AttentionSoftCap is { } cap) scores[p] = cap * Math.Tanh(scores[p] / cap);
                }
                double largest = scores[first..].Max(), total = scores[first..].Sum(s => Math.Exp(s - largest));
                for (int p = first; p <= t; p++)
                    for (int d = 0; d < size; d++)
                        result[t][h * size + d] += Math.Exp(scores[p] - largest) / total * values[p][from + d];
            }
        }
        return result;
    }

    private void Turn(double[] row, int from, int position, TensorRole norm, int layer)
    {
        int size = _config.HeadSize, half = size / 2;
        if (_model.Find(norm, layer) is { } weight)
            Norm(row[from..(from + size)], weight).CopyTo(row, from);
        for (int i = 0; i < half; i++)
        {
            double angle = position * _rotary.Radians[i], a = row[from + i], b = row[from + half + i];
            row[from + i] = _rotary.Magnitude * (a * Math.Cos(angle) - b * Math.Sin(angle));
            row[from + half + i] = _rotary.Magnitude * (b * Math.Cos(angle) + a * Math.Sin(angle));
        }
    }

    private double[] Linear(double[] x, TensorRole matrix, TensorRole bias, int layer, int outputs)
    {
        var y = Product(_model[matrix, layer], x, outputs);
        if (_model.Find(bias, layer) is { } added) for (int i = 0; i < y.Length; i++) y[i] += added[i];
        return y;
    }

    private double[] Post(double[] x, TensorRole norm, int layer) =>
        _model.Find(norm, layer) is { } weight ? Norm(x, weight) : x;

    private double[] Norm(double[] x, TensorRole norm, int layer) => Norm(x, _model[norm, layer]);

    private double[] Norm(double[] x, float[] weight)
    {
        double scale = 1 / Math.Sqrt(x.Sum(v => v * v) / x.Length + _config.NormEpsilon);
        return [.. x.Select((v, i) => v * scale * weight[i])];
    }

    private static double[] Product(float[] matrix, double[] x, int outputs)
    {
        var y = new double[outputs];
        for (int o = 0; o < outputs; o++)
            for (int i = 0; i < x.Length; i++) y[o] += matrix[o * x.Length + i] * x[i];
        return y;
    }

    private static double[][] Each(double[][] rows, Func<double[], double[]> map) => [.. rows.Select(map)];

    private static double[][] Sum(double[][] a, double[][] b) =>
        [.. a.Select((row, t) => row.Select((v, i) => v + b[t][i]).ToArray())];
}
