using System.Text.Json;
using Weir.Formats.Gguf;
using Weir.Formats.Models;
using Weir.Formats.Quantization;
using Weir.Formats.Safetensors;

namespace Weir.Registry.Tests.Models;

/// <summary>A tiny Llama of fixed weights, as a folder and as GGUF. Its tokenizer is there and says nothing.</summary>
internal sealed class SampleModel
{
    private readonly float _scale;

    /// <param name="seed">Other weights, the same shape.</param>
    public SampleModel(int seed = 1) => _scale = seed / 100f;

    public static ModelConfig Config { get; } = new()
    {
        VocabularySize = 6, HiddenSize = 32, IntermediateSize = 64, LayerCount = 2, HeadCount = 4,
        KeyValueHeadCount = 2, ContextLength = 128,
    };

    public static long Parameters => ModelTensors.Of(Config).Sum(t => t.Shape.Aggregate(1L, (a, b) => a * b));

    public string WriteFolder(string folder, params (string Name, string Text)[] others)
    {
        Directory.CreateDirectory(folder);
        SafetensorsFile.Write(Path.Combine(folder, "model.safetensors"), [.. ModelTensors.Of(Config).Select(t =>
            new NamedTensor(t.HuggingFaceName, [.. t.Shape], Values(t)))]);
        File.WriteAllText(Path.Combine(folder, "config.json"),
            JsonSerializer.Serialize(Config, ModelJson.Default.ModelConfig));
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), "{}");
        foreach (var (name, text) in others) File.WriteAllText(Path.Combine(folder, name), text);
        return folder;
    }

    public string WriteGguf(string path, TensorType type = TensorType.Q8_0, string? licence = null,
        bool hasTokens = true)
    {
        var writer = Header(licence, hasTokens);
        foreach (var tensor in ModelTensors.Of(Config)) Add(writer, tensor, type);
        writer.Save(path);
        return path;
    }

    /// <summary>In two parts; returns the first one's path.</summary>
    public string WriteSplit(string folder, string prefix)
    {
        var tensors = ModelTensors.Of(Config);
        for (int part = 0; part < 2; part++)
        {
            var writer = part == 0 ? Header(licence: null, hasTokens: true) : new GgufWriter();
            writer.Add("split.no", (uint)part);
            writer.Add("split.count", 2u);
            if (part == 0) writer.Add("split.tensors.count", tensors.Count);
            foreach (var tensor in part == 0 ? tensors.Take(3) : tensors.Skip(3)) Add(writer, tensor, TensorType.F16);
            writer.Save(Path.Combine(folder, $"{prefix}-{part + 1:D5}-of-00002.gguf"));
        }
        return Path.Combine(folder, $"{prefix}-00001-of-00002.gguf");
    }

    private static GgufWriter Header(string? licence, bool hasTokens)
    {
        var writer = new GgufWriter();
        GgufModelConfig.Write(writer, Config, "sample");
        if (licence is not null) writer.Add("general.license", licence);
        if (hasTokens) writer.Add(GgufVocabulary.TokensKey, (string[])["a", "b", "c", "d", "e", "f"]);
        return writer;
    }

    private void Add(GgufWriter writer, ModelTensor tensor, TensorType type) => writer.AddTensor(tensor.GgufName,
        tensor.Shape.Count == 2 ? type : TensorType.F32, [.. tensor.Shape.Reverse()], Values(tensor));

    private float[] Values(ModelTensor tensor)
    {
        var values = new float[tensor.Shape.Aggregate(1L, (a, b) => a * b)];
        for (int i = 0; i < values.Length; i++) values[i] = _scale * (i % 17 - 8);
        return values;
    }
}
