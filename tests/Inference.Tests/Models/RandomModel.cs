using System.Text.Json;
using Weir.Formats.Models;
using Weir.Formats.Quantization;
using Weir.Formats.Safetensors;
using Weir.Inference.Kernels;
using Weir.Inference.Models;
using Weir.Text.Chat;
using Weir.Text.Tokenizers;

namespace Weir.Inference.Tests.Models;

/// <summary>Models with random weights, large enough that logits differ clearly; of any family.</summary>
internal sealed class RandomModel
{
    private readonly Dictionary<(TensorRole, int), float[]> _data;

    public RandomModel(ModelConfig config, int seed, Tokenizer? tokenizer = null)
        : this(config, new Dictionary<(TensorRole, int), float[]>(), tokenizer)
    {
        var random = new Random(seed);
        foreach (var tensor in ModelTensors.Of(config))
        {
            var values = new float[tensor.Shape.Aggregate(1L, (a, b) => a * b)];
            double deviation = tensor.Role is TensorRole.Embedding or TensorRole.Head ? 0.5
                : tensor.IsMatrix ? 1.5 / Math.Sqrt(tensor.Shape[1]) : 0.3;
            bool isNorm = !tensor.IsMatrix && !tensor.Role.ToString().EndsWith("Bias", StringComparison.Ordinal);
            for (int i = 0; i < values.Length; i++)
                values[i] = (float)(isNorm ? 0.5 + random.NextDouble() : deviation * Normal(random));
            _data[(tensor.Role, tensor.Layer)] = values;
        }
    }

    private RandomModel(ModelConfig config, Dictionary<(TensorRole, int), float[]> data, Tokenizer? tokenizer)
    {
        Config = config;
        Tokenizer = tokenizer ?? TestTokenizer.Small;
        _data = data;
    }

    public ModelConfig Config { get; }
    public Tokenizer Tokenizer { get; }

    /// <summary>Row-major weights in the order of Hugging Face's separate matrices.</summary>
    public float[] this[TensorRole role, int layer = 0] => _data[(role, layer)];

    public float[]? Find(TensorRole role, int layer) => _data.GetValueOrDefault((role, layer));

    /// <summary>The shape that most tests use.</summary>
    public static ModelConfig SmallConfig { get; } = new()
    {
        VocabularySize = TestTokenizer.Small.VocabularySize, HiddenSize = 64, IntermediateSize = 160, LayerCount = 2,
        HeadCount = 4, KeyValueHeadCount = 2, ContextLength = 256, EosTokenId = WeirTokens.EndOfTurnId,
    };

    /// <summary>A model of given weights instead of random ones.</summary>
    public static RandomModel Of(ModelConfig config, Dictionary<(TensorRole, int), float[]> data) =>
        new(config, data, null);

    public static LoadedModel Small(int seed = 1) => new RandomModel(SmallConfig, seed).Load();

    /// <summary>Never ends an answer by itself, and has room for a long one.</summary>
    public static LoadedModel Endless() => new RandomModel(SmallConfig with
    {
        VocabularySize = TestTokenizer.Plain.VocabularySize, EosTokenId = null, ContextLength = 200_000,
    }, seed: 5, TestTokenizer.Plain).Load();

    public LoadedModel Load(params int[] endTokens) => LoadedModel.Create(Config,
        ModelWeights.Assemble(Config, tensor => PackedMatrix.FromRows(this[tensor.Role, tensor.Layer],
            (int)tensor.Shape[0], (int)tensor.Shape[1], WeightLayout.Float32),
            tensor => this[tensor.Role, tensor.Layer], 0),
        Tokenizer, endTokens, "random");

    /// <summary>Writes a model folder in the Hugging Face layout.</summary>
    public void WriteFolder(string folder)
    {
        var files = new Dictionary<string, NamedTensor>(StringComparer.Ordinal);
        foreach (var tensor in ModelTensors.Of(Config))
        {
            if (!files.TryGetValue(tensor.HuggingFaceName, out var file))
            {
                long[] shape = [.. tensor.HuggingFaceShape];
                file = new NamedTensor(tensor.HuggingFaceName, shape, new float[shape.Aggregate(1L, (a, b) => a * b)]);
                files.Add(tensor.HuggingFaceName, file);
            }
            var data = this[tensor.Role, tensor.Layer];
            int columns = (int)(data.Length / tensor.Rows);
            for (int row = 0; row < tensor.Rows; row++)
                for (int i = 0; i < columns; i++)
                    file.Data[tensor.HuggingFaceRow(row) * columns + i] =
                        data[row * columns + i] - (tensor.HuggingFaceIsLessOne ? 1 : 0);
        }
        SafetensorsFile.Write(Path.Combine(folder, "model.safetensors"), [.. files.Values]);
        File.WriteAllText(Path.Combine(folder, "config.json"),
            JsonSerializer.Serialize(Config, ModelJson.Default.ModelConfig));
        File.WriteAllText(Path.Combine(folder, "generation_config.json"), """{"eos_token_id": [1]}""");
        TokenizerConfigFile.Write(folder, Tokenizer);
    }

    /// <summary>Writes a GGUF file. Returns the matrices that could not be stored in the type.</summary>
    public IReadOnlyList<string> WriteGguf(string path, TensorType type, string name = "random")
    {
        using var folder = new TemporaryFolder();
        WriteFolder(folder.Path);
        using var files = ModelFiles.Open(folder.Path);
        return new GgufExport(files, _ => type).Save(name, path);
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
