using System.Text.Json;
using Weir.Formats.Models;
using Weir.Formats.Safetensors;
using Weir.Text.Chat;
using Weir.Text.Tokenizers;

namespace Weir.Host.Tests;

/// <summary>An empty platform, and someone else's model: tiny, of random weights, as a folder and as GGUF.</summary>
public sealed class ImportFixture : IAsyncLifetime
{
    private RunningPlatform _platform = null!;

    internal string Folder { get; } = WeirProgram.TemporaryFolder();

    internal string ModelFolder => Path.Combine(Folder, "Random Llama");

    internal string ModelFile => Path.Combine(Folder, "random-f32.gguf");

    internal Uri Address { get; private set; } = null!;

    internal string Key => File.ReadAllText(Path.Combine(Folder, "data", "admin.key")).Trim();

    internal string Said => _platform.Said;

    public async ValueTask InitializeAsync()
    {
        WriteModel(ModelFolder, seed: 7);
        var (code, _, error) = await WeirProgram.RunAsync(["model", "convert", ModelFolder, "--out", ModelFile,
            "--type", "f32"]);
        Assert.True(code == 0, error);
        _platform = new RunningPlatform("up", "--data", Path.Combine(Folder, "data"), "--port", "0");
        Address = await _platform.ReadyAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _platform.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>A verb of the client against this platform.</summary>
    internal Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments) =>
        WeirProgram.RunAsync(arguments, new Dictionary<string, string>
        {
            ["WEIR_URL"] = Address.ToString(), ["WEIR_KEY"] = Key,
        });

    internal HttpClient Client()
    {
        var http = new HttpClient { BaseAddress = Address };
        http.DefaultRequestHeaders.Authorization = new("Bearer", Key);
        return http;
    }

    /// <summary>A Llama in the layout of Hugging Face, with a tokenizer of its own.</summary>
    internal static void WriteModel(string folder, int seed)
    {
        Directory.CreateDirectory(folder);
        var tokenizer = BpeTrainer.Train(Documents(), new BpeTrainerOptions
        {
            VocabularySize = 420, SpecialTokens = WeirTokens.All,
        }, CancellationToken.None);
        var config = new ModelConfig
        {
            VocabularySize = tokenizer.VocabularySize, HiddenSize = 64, IntermediateSize = 160, LayerCount = 2,
            HeadCount = 4, KeyValueHeadCount = 2, ContextLength = 2048, EosTokenId = WeirTokens.EndOfTurnId,
        };
        var random = new Random(seed);
        SafetensorsFile.Write(Path.Combine(folder, "model.safetensors"), [.. ModelTensors.Of(config).Select(tensor =>
        {
            var values = new float[tensor.Shape.Aggregate(1L, (a, b) => a * b)];
            double scale = tensor.Shape.Count == 1 ? 0 : 2 / Math.Sqrt(tensor.Shape[1]);
            for (int i = 0; i < values.Length; i++)
                values[i] = (float)(scale == 0 ? 0.5 + random.NextDouble() : scale * (2 * random.NextDouble() - 1));
            return new NamedTensor(tensor.HuggingFaceName, [.. tensor.Shape], values);
        })]);
        File.WriteAllText(Path.Combine(folder, "config.json"),
            JsonSerializer.Serialize(config, ModelJson.Default.ModelConfig));
        File.WriteAllText(Path.Combine(folder, "README.md"), "---\nlicense: cc0-1.0\n---\nRandom numbers.\n");
        TokenizerConfigFile.Write(folder, tokenizer);
    }

    private static IEnumerable<string> Documents()
    {
        string[] who = ["the miller", "a heron", "the lock keeper", "Anna", "the river", "an engineer"];
        string[] does = ["opens", "counts", "measures", "remembers", "crosses"];
        string[] chinese = ["河水流过小镇。", "工程师打开闸门,", "今天有三艘船。", "孩子们在桥上看鹭鸟!", "价格是25元。"];
        for (int i = 0; i < 600; i++)
            yield return $"{who[i % who.Length]} {does[i % does.Length]} the gate at {i}. {chinese[i % 5]}";
    }
}
