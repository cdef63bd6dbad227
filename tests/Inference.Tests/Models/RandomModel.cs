using System.Text.Json;
using Weir.Formats.Models;
using Weir.Formats.Safetensors;
using Weir.Inference.Models;
using Weir.Text.Chat;
using Weir.Text.Tokenizers;

namespace Weir.Inference.Tests.Models;

/// <summary>Models with random weights, large enough that logits differ clearly.</summary>
internal sealed class RandomModel
{
    private readonly Dictionary<string, NamedTensor> _tensors = [];

    public RandomModel(ModelConfig config, int seed, Tokenizer? tokenizer = null)
    {
        Config = config;
        Tokenizer = tokenizer ?? TestTokenizer.Small;
        var random = new Random(seed);
        int hidden = config.HiddenSize, inner = config.IntermediateSize;
        int queries = config.HeadCount * config.HeadSize, keys = config.KeyValueHeadCount * config.HeadSize;
        Matrix(TensorNames.Embedding, config.VocabularySize, hidden, 0.5);
        if (!config.TiedEmbeddings) Matrix(TensorNames.Head, config.VocabularySize, hidden, 0.5);
        Norm(TensorNames.FinalNorm);
        for (int l = 0; l < config.LayerCount; l++)
        {
            Norm(TensorNames.InputNorm(l));
            Norm(TensorNames.PostNorm(l));
            Matrix(TensorNames.Query(l), queries, hidden, 1.5 / Math.Sqrt(hidden));
            Matrix(TensorNames.Key(l), keys, hidden, 1.5 / Math.Sqrt(hidden));
            Matrix(TensorNames.Value(l), keys, hidden, 1.5 / Math.Sqrt(hidden));
            Matrix(TensorNames.Output(l), hidden, queries, 1.5 / Math.Sqrt(queries));
            Matrix(TensorNames.Gate(l), inner, hidden, 1.5 / Math.Sqrt(hidden));
            Matrix(TensorNames.Up(l), inner, hidden, 1.5 / Math.Sqrt(hidden));
            Matrix(TensorNames.Down(l), hidden, inner, 1.5 / Math.Sqrt(inner));
        }

        void Norm(string name) => Add(name, [hidden], () => 0.5 + random.NextDouble());
        void Matrix(string name, int rows, int columns, double deviation) =>
            Add(name, [rows, columns], () => deviation * Normal(random));
        void Add(string name, long[] shape, Func<double> next)
        {
            var data = new float[shape.Aggregate(1L, (a, b) => a * b)];
            for (int i = 0; i < data.Length; i++) data[i] = (float)next();
            _tensors[name] = new NamedTensor(name, shape, data);
        }
    }

    public ModelConfig Config { get; }
    public Tokenizer Tokenizer { get; }

    /// <summary>Row-major weights by Hugging Face name.</summary>
    public float[] this[string name] => _tensors[name].Data;

    /// <summary>The shape that most tests use.</summary>
    public static ModelConfig SmallConfig { get; } = new()
    {
        VocabularySize = TestTokenizer.Small.VocabularySize, HiddenSize = 64, IntermediateSize = 160, LayerCount = 2,
        HeadCount = 4, KeyValueHeadCount = 2, ContextLength = 256, EosTokenId = WeirTokens.EndOfTurnId,
    };

    public static LoadedModel Small(int seed = 1) => new RandomModel(SmallConfig, seed).Load();

    /// <summary>Never ends an answer by itself, and has room for a long one.</summary>
    public static LoadedModel Endless() => new RandomModel(SmallConfig with
    {
        VocabularySize = TestTokenizer.Plain.VocabularySize, EosTokenId = null, ContextLength = 200_000,
    }, seed: 5, TestTokenizer.Plain).Load();

    public LoadedModel Load(params int[] endTokens) => LoadedModel.Create(Config,
        ModelWeights.Collect(Config, "random", name => _tensors.GetValueOrDefault(name)?.Shape, name => this[name]),
        Tokenizer, endTokens, "random");

    /// <summary>Writes a model folder in the Hugging Face layout.</summary>
    public void WriteFolder(string folder)
    {
        SafetensorsFile.Write(Path.Combine(folder, "model.safetensors"), [.. _tensors.Values]);
        File.WriteAllText(Path.Combine(folder, "config.json"),
            JsonSerializer.Serialize(Config, ModelJson.Default.ModelConfig));
        File.WriteAllText(Path.Combine(folder, "generation_config.json"), """{"eos_token_id": [1]}""");
        TokenizerConfigFile.Write(folder, Tokenizer);
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
