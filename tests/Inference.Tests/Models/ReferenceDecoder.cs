using Weir.Formats.Models;

namespace Weir.Inference.Tests.Models;

/// <summary>The Llama forward pass as its definition reads: float64, one loop a sum, no cache, all positions at
/// once.</summary>
internal static class ReferenceDecoder
{
    /// <summary>Logits after each token.</summary>
    public static double[][] Forward(RandomModel model, ReadOnlySpan<int> tokens)
    {
        var c = model.Config;
        var x = new double[tokens.Length][];
        for (int t = 0; t < x.Length; t++)
            x[t] = [.. model[TensorNames.Embedding].Skip(tokens[t] * c.HiddenSize).Take(c.HiddenSize)
                .Select(v => (double)v)];
        for (int l = 0; l < c.LayerCount; l++)
        {
            int layer = l;
            var normed = Each(x, row => Norm(row, model[TensorNames.InputNorm(layer)], c.NormEpsilon));
            var attended = Attend(model, layer, normed);
            x = Sum(x, Each(attended, row => Product(model[TensorNames.Output(layer)], row, c.HiddenSize)));
            normed = Each(x, row => Norm(row, model[TensorNames.PostNorm(layer)], c.NormEpsilon));
            x = Sum(x, Each(normed, row =>
            {
                var gate = Product(model[TensorNames.Gate(layer)], row, c.IntermediateSize);
                var up = Product(model[TensorNames.Up(layer)], row, c.IntermediateSize);
                for (int i = 0; i < gate.Length; i++) gate[i] = gate[i] / (1 + Math.Exp(-gate[i])) * up[i];
                return Product(model[TensorNames.Down(layer)], gate, c.HiddenSize);
            }));
        }
        var head = model[c.TiedEmbeddings ? TensorNames.Embedding : TensorNames.Head];
        return Each(x, row => Product(head, Norm(row, model[TensorNames.FinalNorm], c.NormEpsilon), c.VocabularySize));
    }

    private static double[][] Attend(RandomModel model, int layer, double[][] x)
    {
        var c = model.Config;
        int size = c.HeadSize, group = c.HeadCount / c.KeyValueHeadCount;
        var queries = Each(x, row => Product(model[TensorNames.Query(layer)], row, c.HeadCount * size));
        var keys = Each(x, row => Product(model[TensorNames.Key(layer)], row, c.KeyValueHeadCount * size));
        var values = Each(x, row => Product(model[TensorNames.Value(layer)], row, c.KeyValueHeadCount * size));
        for (int t = 0; t < x.Length; t++)
        {
            for (int h = 0; h < c.HeadCount; h++) Rotate(queries[t], h * size, size, t, c.RopeTheta);
            for (int h = 0; h < c.KeyValueHeadCount; h++) Rotate(keys[t], h * size, size, t, c.RopeTheta);
        }
        var result = new double[x.Length][];
        for (int t = 0; t < x.Length; t++)
        {
            result[t] = new double[c.HeadCount * size];
            for (int h = 0; h < c.HeadCount; h++)
            {
                int from = h / group * size;
                var scores = new double[t + 1];
                for (int p = 0; p <= t; p++)
                    for (int d = 0; d < size; d++)
                        scores[p] += queries[t][h * size + d] * keys[p][from + d] / Math.Sqrt(size);
                double largest = scores.Max(), total = scores.Sum(s => Math.Exp(s - largest));
                for (int p = 0; p <= t; p++)
                    for (int d = 0; d < size; d++)
                        result[t][h * size + d] += Math.Exp(scores[p] - largest) / total * values[p][from + d];
            }
        }
        return result;
    }

    private static void Rotate(double[] row, int from, int size, int position, double theta)
    {
        int half = size / 2;
        for (int i = 0; i < half; i++)
        {
            double angle = position * Math.Pow(theta, -2.0 * i / size);
            double a = row[from + i], b = row[from + half + i];
            row[from + i] = a * Math.Cos(angle) - b * Math.Sin(angle);
            row[from + half + i] = b * Math.Cos(angle) + a * Math.Sin(angle);
        }
    }

    private static double[] Norm(double[] x, float[] weight, double epsilon)
    {
        double scale = 1 / Math.Sqrt(x.Sum(v => v * v) / x.Length + epsilon);
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
