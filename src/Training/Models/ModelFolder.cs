using System.Text.Json;
using System.Text.Json.Nodes;
using Weir.Formats.Bcl;
using Weir.Formats.Models;
using Weir.Formats.Safetensors;
using static TorchSharp.torch;

namespace Weir.Training.Models;

/// <summary>A model folder in the Hugging Face layout, to and from the stacked masters.</summary>
internal static class ModelFolder
{
    /// <summary>What ends an answer: the end of an assistant's turn, or the end of a document.</summary>
    private const int EndOfTurn = 1, EndOfDocument = 0;

    public static ModelConfig ReadConfig(string folder)
    {
        var path = Path.Combine(folder, ModelConfigFile.FileName);
        var config = ModelConfigFile.ReadFolder(folder);
        config.RefuseUnsupported(path);
        if (!config.TiedEmbeddings)
            throw new UserErrorException($"{path}: training needs tied embeddings in this version.");
        return config;
    }

    public static DecoderWeights Load(string folder, Device device)
    {
        var config = ReadConfig(folder);
        using var file = SafetensorsFile.OpenFolder(folder);
        var names = HuggingFaceNames(config);
        return DecoderWeights.Of(config, device, name => [.. names[name].SelectMany(part =>
        {
            if (!file.Shape(part.Name).SequenceEqual(part.Shape))
                throw new UserErrorException($"{file.Path}: {part.Name} has shape "
                    + $"[{string.Join(", ", file.Shape(part.Name))}], "
                    + $"config.json calls for [{string.Join(", ", part.Shape)}].");
            return file.ReadFloat32(part.Name);
        })]);
    }

    /// <summary>Writes configuration, weights and generation settings, and copies the tokenizer's files beside
    /// them.</summary>
    public static void Save(DecoderWeights weights, string folder, string tokenizerFolder)
    {
        Directory.CreateDirectory(folder);
        var config = weights.Config with { EosTokenId = EndOfTurn, BosTokenId = null, DataType = "float32" };
        var tensors = new List<NamedTensor>();
        foreach (var (name, parts) in HuggingFaceNames(config))
        {
            var values = DecoderWeights.Values(weights.All[name]);
            int at = 0;
            foreach (var part in parts)
            {
                int count = (int)part.Shape.Aggregate(1L, (a, b) => a * b);
                tensors.Add(new NamedTensor(part.Name, part.Shape, values[at..(at + count)]));
                at += count;
            }
        }
        SafetensorsFile.Write(Path.Combine(folder, SafetensorsFile.FileName), tensors,
            new Dictionary<string, string> { ["format"] = "pt" });
        AtomicFile.WriteAllText(Path.Combine(folder, ModelConfigFile.FileName),
            JsonSerializer.Serialize(config, ModelJson.Default.ModelConfig));
        var generation = new JsonObject
        {
            ["eos_token_id"] = new JsonArray(EndOfTurn, EndOfDocument),
            ["pad_token_id"] = EndOfDocument,
        };
        AtomicFile.WriteAllText(Path.Combine(folder, "generation_config.json"), generation.ToJsonString());
        foreach (var name in (string[])["tokenizer.json", "tokenizer_config.json"])
            if (Path.Combine(tokenizerFolder, name) is var source && File.Exists(source))
                AtomicFile.WriteAllBytes(Path.Combine(folder, name), File.ReadAllBytes(source));
    }

    private sealed record Part(string Name, long[] Shape);

    /// <summary>Each stacked parameter as the file's tensors, in the order in which they lie in it.</summary>
    private static Dictionary<string, List<Part>> HuggingFaceNames(ModelConfig c)
    {
        long hidden = c.HiddenSize, queries = c.HeadCount * c.HeadSize, keys = c.KeyValueHeadCount * c.HeadSize;
        List<Part> EachLayer(Func<int, Part[]> parts) => [.. Enumerable.Range(0, c.LayerCount).SelectMany(parts)];
        return new Dictionary<string, List<Part>>
        {
            ["embedding"] = [new(TensorNames.Embedding, [c.VocabularySize, hidden])],
            ["input_norm"] = EachLayer(l => [new(TensorNames.InputNorm(l), [hidden])]),
            ["qkv"] = EachLayer(l => [new(TensorNames.Query(l), [queries, hidden]),
                new(TensorNames.Key(l), [keys, hidden]),
                new(TensorNames.Value(l), [keys, hidden])]),
            ["output"] = EachLayer(l => [new(TensorNames.Output(l), [hidden, queries])]),
            ["post_norm"] = EachLayer(l => [new(TensorNames.PostNorm(l), [hidden])]),
            ["gate_up"] = EachLayer(l => [new(TensorNames.Gate(l), [c.IntermediateSize, hidden]),
                new(TensorNames.Up(l), [c.IntermediateSize, hidden])]),
            ["down"] = EachLayer(l => [new(TensorNames.Down(l), [hidden, c.IntermediateSize])]),
            ["final_norm"] = [new(TensorNames.FinalNorm, [hidden])],
        };
    }
}
