using Weir.Formats.Models;
using Weir.Inference.Models;
using Weir.Text.Chat;
using Weir.Text.Tokenizers;

namespace Weir.Inference.Tests;

/// <summary>Small models with random weights and a tokenizer trained on a few sentences.</summary>
internal static class RandomModel
{
    private static readonly string[] Sentences =
        ["Where is Bear Cafe? It is on River Road.", "小熊咖啡在江边路。", "9 plus 6 is 15.", "9加6等于15。",
        "Which is larger, 48 or 84? 84."];

    public static Tokenizer Tokenizer { get; } = BpeTrainer.Train(Enumerable.Repeat(Sentences, 20).SelectMany(s => s),
        new BpeTrainerOptions { VocabularySize = 320, SpecialTokens = WeirTokens.All }, CancellationToken.None);

    public static LoadedModel Create(int seed, int hidden = 48, int heads = 4, int kvHeads = 2, int layers = 2,
        int inner = 80, int context = 96,
        bool tied = true)
    {
        var random = new Random(seed);
        var config = new ModelConfig
        {
            VocabularySize = Tokenizer.VocabularySize, HiddenSize = hidden, IntermediateSize = inner,
                LayerCount = layers, HeadCount = heads,
            KeyValueHeadCount = kvHeads, ContextLength = context, TiedEmbeddings = tied, EosTokenId = 1,
        };
        float[] Matrix(string name, int count, double scale)
        {
            _ = name;
            var data = new float[count];
            for (int i = 0; i < count; i++) data[i] =
                (float)((random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) * scale);
            return data;
        }
        float[] Norm(int count) => [.. Enumerable.Range(0, count)
            .Select(_ => (float)(0.8 + 0.4 * random.NextDouble()))];
        int size = config.HeadSize, q = heads * size, k = kvHeads * size, v = config.VocabularySize;
        var layersOf = Enumerable.Range(0, layers)
            .Select(l => new LayerWeights(Norm(hidden), Matrix("q", q * hidden, 0.3),
            Matrix("k", k * hidden, 0.3), Matrix("v", k * hidden, 0.3), Matrix("o", hidden * q, 0.3), Norm(hidden),
            Matrix("g", inner * hidden, 0.3), Matrix("u", inner * hidden, 0.3), Matrix("d", hidden * inner, 0.3)))
            .ToList();
        var embedding = Matrix("e", v * hidden, 1);
        var weights = new ModelWeights(embedding, layersOf, Norm(hidden), tied ? embedding
            : Matrix("h", v * hidden, 1));
        return new LoadedModel(config, weights, Tokenizer, new HashSet<int> { 0, 1 });
    }

    /// <summary>Logits of every position, straight from the definition, in double.</summary>
    public static double[][] Reference(LoadedModel model, int[] tokens)
    {
        var c = model.Config;
        int hidden = c.HiddenSize, size = c.HeadSize, group = c.HeadCount / c.KeyValueHeadCount, n = tokens.Length;
        var x = tokens.Select(t => Enumerable.Range(0, hidden)
            .Select(i => (double)model.Weights.Embedding[t * hidden + i]).ToArray()).ToArray();
        foreach (var layer in model.Weights.Layers)
        {
            var norm = x.Select(row => RmsNorm(row, layer.InputNorm, c.NormEpsilon)).ToArray();
            var q = norm.Select((r, p) => Rotate(Product(layer.Query, r), size, p, c.RopeTheta)).ToArray();
            var k = norm.Select((r, p) => Rotate(Product(layer.Key, r), size, p, c.RopeTheta)).ToArray();
            var v = norm.Select(r => Product(layer.Value, r)).ToArray();
            for (int t = 0; t < n; t++)
            {
                var mixed = new double[c.HeadCount * size];
                for (int h = 0; h < c.HeadCount; h++)
                {
                    var scores = Enumerable.Range(0, t + 1).Select(p => Enumerable.Range(0, size)
                        .Sum(i => q[t][h * size + i] * k[p][h / group * size + i]) / Math.Sqrt(size)).ToArray();
                    double top = scores.Max(), sum = scores.Sum(s => Math.Exp(s - top));
                    for (int p = 0; p <= t; p++)
                        for (int i = 0; i < size; i++)
                            mixed[h * size + i] += Math.Exp(scores[p] - top) / sum * v[p][h / group * size + i];
                }
                var projected = Product(layer.Output, mixed);
                for (int i = 0; i < hidden; i++) x[t][i] += projected[i];
            }
            for (int t = 0; t < n; t++)
            {
                var r = RmsNorm(x[t], layer.PostNorm, c.NormEpsilon);
                var gate = Product(layer.Gate, r);
                var up = Product(layer.Up, r);
                var down = Product(layer.Down, [.. gate.Select((g, i) => g / (1 + Math.Exp(-g)) * up[i])]);
                for (int i = 0; i < hidden; i++) x[t][i] += down[i];
            }
        }
        return [.. x.Select(row => Product(model.Weights.Head, RmsNorm(row, model.Weights.FinalNorm, c.NormEpsilon)))];
    }

    private static double[] Product(float[] w, double[] x)
    {
        var y = new double[w.Length / x.Length];
        for (int o = 0; o < y.Length; o++)
            for (int i = 0; i < x.Length; i++) y[o] += w[o * x.Length + i] * x[i];
        return y;
    }

    private static double[] RmsNorm(double[] x, float[] weight, double epsilon)
    {
        double scale = 1 / Math.Sqrt(x.Average(v => v * v) + epsilon);
        return [.. x.Select((v, i) => v * scale * weight[i])];
    }

    private static double[] Rotate(double[] x, int size, int position, double theta)
    {
        for (int h = 0; h < x.Length; h += size)
            for (int i = 0; i < size / 2; i++)
            {
                double angle = position * Math.Pow(theta, -2.0 * i / size), a = x[h + i], b = x[h + i + size / 2];
                x[h + i] = a * Math.Cos(angle) - b * Math.Sin(angle);
                x[h + i + size / 2] = b * Math.Cos(angle) + a * Math.Sin(angle);
            }
        return x;
    }
}
