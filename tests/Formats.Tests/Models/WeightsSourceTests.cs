using System.Runtime.InteropServices;
using System.Text.Json;
using Weir.Formats.Bcl;
using Weir.Formats.Gguf;
using Weir.Formats.Models;
using Weir.Formats.Quantization;
using Weir.Formats.Safetensors;

namespace Weir.Formats.Tests.Models;

/// <summary>The same model as a folder and as GGUF, laid out here as transformers and llama.cpp's converter lay it out,
/// is read as the same.</summary>
public sealed class WeightsSourceTests : IDisposable
{
    private const int Hidden = 32, Inner = 64, Layers = 2, Heads = 4, KeyHeads = 2, Size = 8, Tokens = 6;
    private readonly string _folder = Directory.CreateTempSubdirectory("weir-weights-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<string, bool> Families => new()
    {
        { "llama", true }, { "llama", false }, { "qwen2", true }, { "qwen3", false }, { "internlm2", false },
        { "gemma2", true },
    };

    [Theory]
    [MemberData(nameof(Families))]
    public void A_folder_and_a_gguf_file_are_the_same_model(string type, bool tied)
    {
        var config = Config(type) with { TiedEmbeddings = tied };
        var values = Values(config);
        WriteFolder(config, values);
        using var folder = WeightsSource.Open(_folder);
        using var gguf = WeightsSource.Open(WriteGguf(config, values, TensorType.F32));
        Assert.Equal(folder.Tensors.Count, gguf.Tensors.Count);
        foreach (var tensor in folder.Tensors)
        {
            Assert.Equal(values[tensor.GgufName], folder.ReadFloat32(tensor));
            Assert.Equal(values[tensor.GgufName], gguf.ReadFloat32(tensor));
        }
        Assert.Equal(folder.Config with { NormEpsilon = gguf.Config.NormEpsilon }, gguf.Config with
        {
            Architectures = folder.Config.Architectures, QueryScalar = folder.Config.QueryScalar,
        });
        Assert.Equal(folder.Config.AttentionScale, gguf.Config.AttentionScale, 1e-6);
    }

    [Theory]
    [InlineData("llama", TensorType.Q8_0)]
    [InlineData("internlm2", TensorType.Q4_0)]
    [InlineData("qwen3", TensorType.BF16)]
    public void Any_group_of_rows_is_what_lies_there(string type, TensorType stored)
    {
        var config = Config(type);
        var values = Values(config);
        WriteFolder(config, values);
        using var folder = WeightsSource.Open(_folder);
        using var gguf = WeightsSource.Open(WriteGguf(config, values, stored));
        var layout = BlockLayout.Of(stored);
        foreach (var tensor in folder.Tensors.Where(t => t.IsMatrix))
        {
            Assert.Equal((stored, TensorType.F32), (gguf.TypeOf(tensor), folder.TypeOf(tensor)));
            int columns = (int)tensor.Shape[1], rowBytes = gguf.RowBytes(tensor);
            int rows = (int)tensor.Rows;
            foreach (var (first, count) in ((int, int)[])[(0, rows), (1, 2), (3, 3), (rows - 1, 1)])
            {
                var expected = new byte[count * rowBytes];
                for (int row = 0; row < count; row++)
                    layout.Quantize(values[tensor.GgufName].AsSpan((first + row) * columns, columns),
                        expected.AsSpan(row * rowBytes, rowBytes));
                var found = new byte[count * rowBytes];
                gguf.ReadRows(tensor, first, found);
                Assert.Equal(expected, found);
                var plain = new byte[count * columns * 4];
                folder.ReadRows(tensor, first, plain);
                Assert.Equal(values[tensor.GgufName][(first * columns)..((first + count) * columns)],
                    MemoryMarshal.Cast<byte, float>(plain).ToArray());
            }
            Assert.Throws<ArgumentOutOfRangeException>(() => gguf.ReadRows(tensor, tensor.Rows, new byte[rowBytes]));
            Assert.Throws<ArgumentException>(() => gguf.ReadRows(tensor, 0, new byte[rowBytes - 1]));
        }
    }

    [Fact]
    public void Scaling_of_llama_3_goes_into_gguf_as_divisors()
    {
        var config = Config("llama") with
        {
            RopeScaling = new RopeScaling
            {
                TypeName = "llama3", Factor = 8, LowFrequencyFactor = 1, HighFrequencyFactor = 4,
                OriginalContextLength = 64,
            },
        };
        using var gguf = WeightsSource.Open(WriteGguf(config, Values(config), TensorType.F32));
        var divisors = gguf.Config.RopeScaling!.LongFactors!;
        // Pairs of a head of 8 with base 10,000 have waves of 6.28, 62.8, 628 and 6283 tokens: the first turns more
        // than four times within 64, the second once (a little more), the others less than once.
        Assert.Equal(1, divisors[0], 1e-6);
        Assert.Equal(1 / ((1 - (64 / 62.8319 - 1) / 3) / 8 + (64 / 62.8319 - 1) / 3), divisors[1], 1e-4);
        Assert.Equal([8, 8], divisors.Skip(2));
        Assert.Contains("'dynamic'", Assert.Throws<UserErrorException>(() => WriteGguf(
            config with { RopeScaling = new RopeScaling { TypeName = "dynamic", Factor = 2 } }, Values(config),
            TensorType.F32)).Message);
    }

    [Fact]
    public void What_gguf_cannot_say_is_refused()
    {
        var config = Config("qwen2") with { SlidingWindow = 8, UsesSlidingWindow = true, MaxWindowLayers = 1 };
        Assert.Contains("sliding window", Assert.Throws<UserErrorException>(() =>
            WriteGguf(config, Values(config), TensorType.F32)).Message);
        Assert.Contains("'mamba'", Assert.Throws<UserErrorException>(() =>
            GgufModelConfig.Write(new GgufWriter(), config with { ModelType = "mamba" }, "m")).Message);
    }

    [Fact]
    public void Files_of_different_models_do_not_make_one()
    {
        var config = Config("llama");
        WriteFolder(config, Values(config));
        File.WriteAllText(Path.Combine(_folder, "config.json"),
            JsonSerializer.Serialize(config with { IntermediateSize = 32 }, ModelJson.Default.ModelConfig));
        Assert.Contains("do not belong together",
            Assert.Throws<UserErrorException>(() => WeightsSource.Open(_folder)).Message);
        Assert.Throws<UserErrorException>(() => WeightsSource.Open(Path.Combine(_folder, "none")));
    }

    private static ModelConfig Config(string type) => new()
    {
        ModelType = type, VocabularySize = Tokens, HiddenSize = Hidden, IntermediateSize = Inner, LayerCount = Layers,
        HeadCount = Heads, KeyValueHeadCount = KeyHeads, HeadDimension = Size, ContextLength = 64,
        Activation = type == "gemma2" ? "gelu_pytorch_tanh" : "silu", QueryScalar = type == "gemma2" ? 16 : null,
        SlidingWindow = type == "gemma2" ? 16 : null, AttentionSoftCap = type == "gemma2" ? 25 : null,
        FinalSoftCap = type == "gemma2" ? 15 : null,
    };

    /// <summary>By GGUF name, in the order of Hugging Face's separate matrices, norms with the one.</summary>
    private static Dictionary<string, float[]> Values(ModelConfig config)
    {
        var random = new Random(9);
        return ModelTensors.Of(config).ToDictionary(t => t.GgufName, t => Enumerable
            .Range(0, (int)t.Shape.Aggregate(1L, (a, b) => a * b)).Select(_ => 1 + random.Next(-64, 64) / 64f)
            .ToArray());
    }

    private void WriteFolder(ModelConfig config, Dictionary<string, float[]> values)
    {
        var tensors = new List<NamedTensor>();
        foreach (var tensor in ModelTensors.Of(config))
        {
            var data = values[tensor.GgufName];
            if (config.ModelType == "gemma2" && tensor.GgufName.Contains("norm", StringComparison.Ordinal))
                data = [.. data.Select(v => v - 1)];
            if (tensor.HuggingFaceName.Contains("wqkv", StringComparison.Ordinal))
            {
                if (tensor.Role == TensorRole.Query) tensors.Add(Packed(tensor, values));
                continue;
            }
            tensors.Add(new NamedTensor(tensor.HuggingFaceName, [.. tensor.Shape], data));
        }
        SafetensorsFile.Write(Path.Combine(_folder, "model.safetensors"), tensors);
        File.WriteAllText(Path.Combine(_folder, "config.json"),
            JsonSerializer.Serialize(config, ModelJson.Default.ModelConfig));
    }

    // InternLM2: for each key head the query heads that it answers, then itself, then its value head.
    private static NamedTensor Packed(ModelTensor query, Dictionary<string, float[]> values)
    {
        const int head = Size * Hidden, each = Heads / KeyHeads;
        string blk = $"blk.{query.Layer}.attn_";
        var data = Enumerable.Range(0, KeyHeads).SelectMany(group =>
            values[blk + "q.weight"].Skip(group * each * head).Take(each * head)
                .Concat(values[blk + "k.weight"].Skip(group * head).Take(head))
                .Concat(values[blk + "v.weight"].Skip(group * head).Take(head)));
        return new NamedTensor(query.HuggingFaceName, [(Heads + 2 * KeyHeads) * Size, Hidden], [.. data]);
    }

    private string WriteGguf(ModelConfig config, Dictionary<string, float[]> values, TensorType type)
    {
        var writer = new GgufWriter();
        GgufModelConfig.Write(writer, config, "m");
        foreach (var tensor in ModelTensors.Of(config))
        {
            var data = values[tensor.GgufName];
            bool turns = tensor.GgufName.Contains("attn_q.", StringComparison.Ordinal)
                || tensor.GgufName.Contains("attn_k.", StringComparison.Ordinal);
            if (turns && config.ModelType is "llama" or "internlm2") data = Permuted(data);
            writer.AddTensor(tensor.GgufName, tensor.IsMatrix ? type : TensorType.F32, [.. tensor.Shape.Reverse()],
                data);
        }
        var path = Path.Combine(_folder, "model.gguf");
        writer.Save(path);
        return path;
    }

    // As the converter: each head [2, size / 2, columns] becomes [size / 2, 2, columns].
    private static float[] Permuted(float[] data)
    {
        var result = new float[data.Length];
        int at = 0;
        for (int head = 0; head < data.Length / (Size * Hidden); head++)
            for (int pair = 0; pair < Size / 2; pair++)
                for (int half = 0; half < 2; half++, at += Hidden)
                    data.AsSpan((head * Size + half * Size / 2 + pair) * Hidden, Hidden).CopyTo(result.AsSpan(at));
        return result;
    }
}
