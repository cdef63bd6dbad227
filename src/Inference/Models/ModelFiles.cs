using System.Runtime.ExceptionServices;
using System.Text.Json;
using Weir.Formats.Bcl;
using Weir.Formats.Gguf;
using Weir.Formats.Models;
using Weir.Text.Chat;
using Weir.Text.Tokenizers;

namespace Weir.Inference.Models;

/// <summary>The files of a model, checked and open: a folder in the Hugging Face layout, or a .gguf file.</summary>
internal sealed class ModelFiles : IDisposable
{
    private readonly Lazy<Tokenizer> _tokenizer;

    private ModelFiles(WeightsSource weights, Func<Tokenizer> tokenizer, IReadOnlySet<int> endTokens,
        ChatTemplateSet? templates, string path)
    {
        Weights = weights;
        Templates = templates;
        _tokenizer = new Lazy<Tokenizer>(tokenizer);
        EndTokens = endTokens;
        Path = path;
    }

    public string Path { get; }
    public ModelConfig Config => Weights.Config;
    public WeightsSource Weights { get; }

    /// <summary>Built when it is first asked for.</summary>
    /// <exception cref="UserErrorException">The files' tokenizer is damaged or of an unknown kind.</exception>
    public Tokenizer Tokenizer => _tokenizer.Value;

    /// <summary>Null where the files have none.</summary>
    public ChatTemplateSet? Templates { get; }

    /// <summary>Ids after which generation stops, as far as the files name them.</summary>
    public IReadOnlySet<int> EndTokens { get; }

    /// <exception cref="UserErrorException">There is no model, it is damaged, or of a kind that this version does not
    /// run.</exception>
    public static ModelFiles Open(string path)
    {
        if (File.Exists(path)) return OpenGguf(path);
        var weights = WeightsSource.Open(path);
        try
        {
            RefuseUnsupported(weights.Config, path);
            var tokenizer = System.IO.Path.Combine(path, TokenizerConfigFile.TokenizerFileName);
            return new ModelFiles(weights, () => Tokenizer.Load(tokenizer), EndTokensOf(path, weights.Config),
                ModelTemplates.OfFolder(path), path);
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    /// <summary>Reads the weights, and builds the tokenizer meanwhile.</summary>
    public LoadedModel Load(int threads)
    {
        ModelWeights? weights = null;
        try
        {
            Parallel.Invoke(() => weights = WeightLoader.Load(Weights, threads), () => _ = Tokenizer);
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
        return LoadedModel.Create(Config, weights!, Tokenizer, EndTokens, Path, Templates);
    }

    public void Dispose() => Weights.Dispose();

    private static ModelFiles OpenGguf(string path)
    {
        var file = GgufFile.Open(path);
        var weights = WeightsSource.Of(file);
        try
        {
            RefuseUnsupported(weights.Config, path);
            HashSet<int> ends = [];
            foreach (var key in (string[])["tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id"])
                if (file.TryGetInteger(key) is >= 0 and <= int.MaxValue and var id) ends.Add((int)id);
            return new ModelFiles(weights, () => Tokenizer.FromGguf(file), ends,
                ChatTemplateSet.FromGguf(file), path);
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    private static void RefuseUnsupported(ModelConfig config, string path)
    {
        if (config.Architecture is null)
            throw new UserErrorException($"{path}: model_type '{config.ModelType}' is not supported; this version runs "
                + $"{string.Join(", ", ModelArchitecture.All.SelectMany(a => a.ModelTypes))}.");
        if (config.MlpBias)
            throw new UserErrorException($"{path}: biases of the feed-forward part are not supported.");
        if (config.Activation is not ("silu" or "gelu_pytorch_tanh"))
            throw new UserErrorException($"{path}: the activation '{config.Activation}' is not supported.");
        _ = RotaryFrequencies.Of(config, path);
    }

    private static HashSet<int> EndTokensOf(string folder, ModelConfig config)
    {
        HashSet<int> ends = [.. config.EosTokenIds?.Ids ?? []];
        var path = System.IO.Path.Combine(folder, "generation_config.json");
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
