using System.Text.Json.Nodes;
using Weir.Data.Curation;
using Weir.Data.Recipes;
using Weir.Formats.Bcl;

namespace Weir.Data.Tokenization;

/// <summary>A tokenizer to be trained on the training split of datasets.</summary>
/// <param name="From">Names of datasets in the same file, or paths of others; empty means all in the file.</param>
/// <param name="MaximumBytes">Text to learn from; of more, an even sample is taken.</param>
internal sealed record TokenizerTraining(int Vocabulary, IReadOnlyList<string> From, long MaximumBytes);

/// <summary>A dataset to be turned into tokens.</summary>
/// <param name="ChatAsText">For chat datasets: the ids of the chat template with loss on every token, for
/// pre-training.</param>
internal sealed record DatasetToTokenize(string Path, string Name, bool ChatAsText);

/// <summary>What tokenisation is asked to do. The written form is YAML (or JSON).</summary>
internal sealed record TokenizeConfig
{
    public const string ChatAsText = "chat-as-text", AsIs = "as-is", TokenizerFolder = "tokenizer";
    public const long DefaultTrainingBytes = 64L << 20;

    /// <summary>An existing tokenizer.json, or its folder; null where one is trained.</summary>
    public string? TokenizerPath { get; init; }
    public TokenizerTraining? Training { get; init; }
    public required IReadOnlyList<DatasetToTokenize> Datasets { get; init; }

    public static TokenizeConfig Load(string path) => File.Exists(path) ? Read(YamlMap.ReadFile(path))
        : throw new UserErrorException(
            $"{path}: there is no such file. Give the YAML file that names tokenizer and datasets.");

    internal static TokenizeConfig Read(YamlMap map)
    {
        var tokenizer = map.Map("tokenizer") ?? throw map.Error("'tokenizer' is missing; give 'train' or 'path'");
        var train = tokenizer.Map("train");
        var config = new TokenizeConfig
        {
            TokenizerPath = tokenizer.Text("path"),
            Training = train is null ? null : new TokenizerTraining(
                (int)(train.Whole("vocabulary", 261, 1 << 20) ?? throw train.Error("'vocabulary' is missing")),
                train.Texts("from"), train.Whole("maximumBytes", 1, 1L << 30) ?? DefaultTrainingBytes),
            Datasets = [.. map.Maps("datasets", "path").Select(ReadDataset)],
        };
        train?.RefuseUnknownKeys();
        tokenizer.RefuseUnknownKeys();
        map.RefuseUnknownKeys();
        if (config.TokenizerPath is null == config.Training is null)
            throw tokenizer.Error("give 'train' (learn a tokenizer) or 'path' (an existing one), and not both");
        if (config.Datasets.Count == 0) throw map.Error("'datasets' is missing; list at least one path");
        if (config.Datasets.GroupBy(d => d.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw map.Error($"two datasets are named '{twice.Key}'; give one of them another 'name'");
        return config;
    }

    public JsonObject ToJson()
    {
        var tokenizer = new JsonObject();
        if (TokenizerPath is not null) tokenizer["path"] = TokenizerPath;
        if (Training is not null)
            tokenizer["train"] = new JsonObject
            {
                ["vocabulary"] = Training.Vocabulary,
                ["from"] = new JsonArray([.. Training.From.Select(f => JsonValue.Create(f))]),
                ["maximumBytes"] = Training.MaximumBytes,
            };
        return new JsonObject
        {
            ["tokenizer"] = tokenizer,
            ["datasets"] = new JsonArray([.. Datasets.Select(d => new JsonObject
            {
                ["path"] = d.Path, ["name"] = d.Name, ["render"] = d.ChatAsText ? ChatAsText : AsIs,
            })]),
        };
    }

    private static DatasetToTokenize ReadDataset(YamlMap map)
    {
        var path = map.RequiredText("path");
        // input:NAME gives NAME; a folder gives its own name.
        var name = map.Text("name") ?? path.TrimEnd('/').Split('/', ':')[^1];
        if (!CurationRecipe.IsSafeName(name) || name == TokenizerFolder)
            throw map.Error($"'name' must be of letters, digits, '-', '_' and '.', and not '{TokenizerFolder}'; "
                + $"'{name}' is not");
        var dataset = new DatasetToTokenize(path, name, map.OneOf("render", ChatAsText, AsIs) == ChatAsText);
        map.RefuseUnknownKeys();
        return dataset;
    }
}
