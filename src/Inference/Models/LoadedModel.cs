using System.Text.Json;
using System.Text.Json.Nodes;
using Weir.Formats.Bcl;
using Weir.Formats.Models;
using Weir.Formats.Safetensors;
using Weir.Text.Chat;
using Weir.Text.Tokenizers;

namespace Weir.Inference.Models;

/// <summary>A model in memory, ready to run: sizes, weights, tokenizer, and the ids that end an answer. Read-only, so
/// any number of sequences share it.</summary>
public sealed class LoadedModel
{
    internal LoadedModel(ModelConfig config, ModelWeights weights, Tokenizer tokenizer, IReadOnlySet<int> endTokens)
    {
        Config = config;
        Weights = weights;
        Tokenizer = tokenizer;
        EndTokens = endTokens;
        Rotary = new RotaryTable(config.HeadSize, config.RopeTheta, config.ContextLength);
    }

    public ModelConfig Config { get; }
    public Tokenizer Tokenizer { get; }
    /// <summary>Ids after which generation stops.</summary>
    public IReadOnlySet<int> EndTokens { get; }
    internal ModelWeights Weights { get; }
    internal RotaryTable Rotary { get; }

    /// <summary>Loads a Hugging Face folder (config.json, model.safetensors, tokenizer.json) or a .gguf file.</summary>
    /// <exception cref="UserErrorException">It is missing, damaged, or of a kind that this version does not
    /// run.</exception>
    public static LoadedModel Load(string path)
    {
        if (File.Exists(path)) return GgufModel.Load(path);
        if (Directory.Exists(path)) return LoadFolder(path);
        throw new UserErrorException($"There is no model at {path}. Give a model folder or a .gguf file.");
    }

    private static LoadedModel LoadFolder(string folder)
    {
        var configPath = Path.Combine(folder, "config.json");
        var config = ReadConfig(configPath);
        var weightsPath = Path.Combine(folder, "model.safetensors");
        if (!File.Exists(weightsPath)) throw new UserErrorException($"{folder} has no model.safetensors.");
        using var file = SafetensorsFile.Open(weightsPath);
        var weights = ModelWeights.Collect(config, weightsPath, name =>
            file.Contains(name) ? file.ReadFloat32(name) : null);
        var tokenizer = Tokenizer.Load(Path.Combine(folder, TokenizerConfigFile.TokenizerFileName));
        CheckVocabulary(config, tokenizer, folder);
        return new LoadedModel(config, weights, tokenizer, EndTokensOf(folder, config));
    }

    internal static void CheckVocabulary(ModelConfig config, Tokenizer tokenizer, string where)
    {
        if (tokenizer.VocabularySize > config.VocabularySize)
            throw new UserErrorException($"{where}: the tokenizer has {tokenizer.VocabularySize} tokens, the model "
                + $"only "
                + $"{config.VocabularySize}. They do not belong together.");
    }

    private static ModelConfig ReadConfig(string path)
    {
        if (!File.Exists(path)) throw new UserErrorException($"{path} is missing; a model folder has a config.json.");
        try
        {
            var config = JsonSerializer.Deserialize(File.ReadAllText(path), ModelJson.Default.ModelConfig)
                ?? throw new UserErrorException($"{path} is empty.");
            config.Validate(path);
            return config;
        }
        catch (JsonException e)
        {
            throw new UserErrorException($"{path} is not a model configuration: {e.Message}", inner: e);
        }
    }

    private static HashSet<int> EndTokensOf(string folder, ModelConfig config)
    {
        var path = Path.Combine(folder, "generation_config.json");
        if (File.Exists(path))
        {
            try
            {
                var ids = JsonNode.Parse(File.ReadAllText(path))?["eos_token_id"];
                if (ids is JsonArray list) return [.. list.Select(i => (int)i!)];
                if (ids is JsonValue one) return [(int)one];
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
            {
                throw new UserErrorException($"{path} is not a generation configuration: {e.Message}", inner: e);
            }
        }
        return config.EosTokenId is { } id ? [id] : [];
    }
}
