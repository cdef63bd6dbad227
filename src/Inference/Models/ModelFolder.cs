using System.Text.Json;
using Weir.Formats.Bcl;
using Weir.Formats.Models;
using Weir.Formats.Safetensors;
using Weir.Text.Chat;
using Weir.Text.Tokenizers;

namespace Weir.Inference.Models;

/// <summary>Reads a model folder in the Hugging Face layout.</summary>
internal static class ModelFolder
{
    private const string WeightsName = "model.safetensors", IndexName = "model.safetensors.index.json";

    public static LoadedModel Load(string folder)
    {
        var config = ReadConfig(Path.Combine(folder, "config.json"));
        var weightsPath = Path.Combine(folder, WeightsName);
        if (!File.Exists(weightsPath))
            throw new UserErrorException(File.Exists(Path.Combine(folder, IndexName))
                ? $"{folder} has its weights in several files, which this version does not read. Save it as one "
                    + $"{WeightsName}."
                : $"{folder} has no {WeightsName}, so it is no model folder.");
        using var file = SafetensorsFile.Open(weightsPath);
        var weights = ModelWeights.Collect(config, weightsPath, name => file.Contains(name) ? file.Shape(name) : null,
            name => Read(file, name));
        var tokenizer = Tokenizer.Load(Path.Combine(folder, TokenizerConfigFile.TokenizerFileName));
        return LoadedModel.Create(config, weights, tokenizer, EndTokensOf(folder, config), folder);
    }

    private static float[] Read(SafetensorsFile file, string name)
    {
        try
        {
            return file.ReadFloat32(name);
        }
        catch (IOException e)
        {
            throw new UserErrorException($"{file.Path}: the tensor '{name}' cannot be read: {e.Message}", inner: e);
        }
    }

    private static ModelConfig ReadConfig(string path)
    {
        if (!File.Exists(path)) throw new UserErrorException($"{path} is missing; a model folder has a config.json.");
        try
        {
            var text = File.ReadAllText(path);
            var config = JsonSerializer.Deserialize(text, ModelJson.Default.ModelConfig)
                ?? throw new UserErrorException($"{path} is empty.");
            config.Validate(path);
            using var document = JsonDocument.Parse(text);
            if (document.RootElement.TryGetProperty("rope_scaling", out var scaling)
                && scaling.ValueKind != JsonValueKind.Null)
                throw new UserErrorException($"{path}: scaled rotary embedding (rope_scaling) is not supported.");
            return config;
        }
        catch (JsonException e)
        {
            throw new UserErrorException($"{path} is not a model configuration: {e.Message}", inner: e);
        }
    }

    private static HashSet<int> EndTokensOf(string folder, ModelConfig config)
    {
        HashSet<int> ends = config.EosTokenId is { } id ? [id] : [];
        var path = Path.Combine(folder, "generation_config.json");
        if (!File.Exists(path)) return ends;
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllText(path));
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("eos_token_id", out var value)) return ends;
            if (value.ValueKind == JsonValueKind.Number) ends.Add(value.GetInt32());
            if (value.ValueKind == JsonValueKind.Array)
                foreach (var item in value.EnumerateArray()) ends.Add(item.GetInt32());
            return ends;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new UserErrorException($"{path} is not a generation configuration: {e.Message}", inner: e);
        }
    }
}
