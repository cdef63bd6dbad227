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
    public static LoadedModel Load(string folder)
    {
        var config = ModelConfigFile.ReadFolder(folder);
        config.RefuseUnsupported(Path.Combine(folder, ModelConfigFile.FileName));
        using var file = SafetensorsFile.OpenFolder(folder);
        ModelTensors.Check(config, file.Path, file.Names, name => file.Contains(name) ? file.Shape(name) : null,
            gguf: false);
        var weights = ModelWeights.Collect(config, file.Path, name => file.Contains(name) ? file.Shape(name) : null,
            file.ReadFloat32);
        var tokenizer = Tokenizer.Load(Path.Combine(folder, TokenizerConfigFile.TokenizerFileName));
        return LoadedModel.Create(config, weights, tokenizer, EndTokensOf(folder, config), folder);
    }

    private static HashSet<int> EndTokensOf(string folder, ModelConfig config)
    {
        HashSet<int> ends = [.. config.EosTokenIds?.Ids ?? []];
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
