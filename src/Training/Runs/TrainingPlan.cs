using System.Text.Json;
using System.Text.Json.Nodes;
using Weir.Formats.Bcl;
using Weir.Formats.Models;
using Weir.Formats.Runs;
using Weir.Training.Batches;
using Weir.Training.Configuration;
using Weir.Training.Models;

namespace Weir.Training.Runs;

/// <summary>A configuration with its paths resolved, its data read and its model's shape settled: all that can be known
/// to be wrong before the first step is found here.</summary>
internal sealed record TrainingPlan
{
    public required TrainingConfig Config { get; init; }
    public required IReadOnlyList<CorpusPart> Data { get; init; }
    public required string TokenizerFolder { get; init; }
    public required string? InitFolder { get; init; }
    public required TokenCorpus Train { get; init; }
    public required TokenCorpus Heldout { get; init; }
    public required ModelConfig Model { get; init; }

    /// <param name="baseFolder">What relative paths of the configuration start from.</param>
    public static TrainingPlan Make(TrainingConfig config, string baseFolder)
    {
        string Resolve(string path) => JobEnvironment.Current.Resolve(path, baseFolder);
        CorpusPart[] data = [.. config.Data.Select(d => new CorpusPart(Resolve(d.Path), d.Weight))];
        var tokenizer = Resolve(config.Tokenizer!);
        if (!File.Exists(Path.Combine(tokenizer, "tokenizer.json")))
            throw new UserErrorException($"tokenizer: {tokenizer} has no tokenizer.json.");
        var train = TokenCorpus.Load(data, "train");
        var init = config.Init is null ? null : Resolve(config.Init);
        CheckData(config, train, tokenizer);
        return new TrainingPlan
        {
            Config = config, Data = data, TokenizerFolder = tokenizer, InitFolder = init, Train = train,
            Heldout = TokenCorpus.Load(data, "heldout"),
            Model = init is null ? Fresh(config, train.VocabularySize) : Continued(config, init, train.VocabularySize),
        };
    }

    public BatchLayout Layout => new(Config.Batch.Accumulation, Config.Batch.Sequences, Config.Batch.Tokens,
        (float)Config.UnsupervisedWeight);

    /// <summary>A digest of all that a checkpoint depends on. Budget, intervals and threads may change between
    /// attempts; paths may too, as long as they lead to the same data.</summary>
    public string Identity()
    {
        var same = Config with
        {
            Data = [.. Config.Data.Zip(Data, (d, part) =>
                d with { Path = Digest.OfFile(Path.Combine(part.Folder, "manifest.json")) })],
            Tokenizer = null, Threads = 0, LogEvery = 1, Budget = new(), CheckpointEvery = new(), Heldout = new(),
            Init = InitFolder is null ? null : Digest.OfFile(Path.Combine(InitFolder, "model.safetensors")),
        };
        return Digest.OfText(JsonSerializer.Serialize(same, TrainingConfigJson.Default.TrainingConfig));
    }

    public JsonObject Record() =>
        JsonSerializer.SerializeToNode(Config, TrainingConfigJson.Default.TrainingConfig)!.AsObject();

    /// <summary>What the run read, for its record: as staged in a job, by scanning the folders elsewhere.</summary>
    public IReadOnlyList<ArtifactRef> Inputs()
    {
        if (JobEnvironment.Current.IsJob) return JobEnvironment.Current.InputRefs();
        var inputs = Data.Select((d, i) => ArtifactTree.Scan($"data{i}", ArtifactKinds.Tokens, d.Folder)).ToList();
        inputs.Add(ArtifactTree.Scan("tokenizer", ArtifactKinds.Tokenizer, TokenizerFolder));
        if (InitFolder is not null) inputs.Add(ArtifactTree.Scan("init", ArtifactKinds.Model, InitFolder));
        return inputs;
    }

    private static void CheckData(TrainingConfig config, TokenCorpus train, string tokenizer)
    {
        if (train.LongestDocument < 2)
            throw new UserErrorException("data: there is no document of at least two tokens in the split 'train'.");
        if (config.Objective == Objectives.Sft && !train.IsMarked)
            throw new UserErrorException("data: sft needs datasets that mark the assistant's tokens. "
                + "Tokenise chat records.");
        if (train.TokenizerDigest is { } digest && Digest.OfFile(Path.Combine(tokenizer, "tokenizer.json")) is var found
            && digest != found)
            throw new UserErrorException($"tokenizer: {tokenizer} is not the tokenizer that made the data ({digest}).");
    }

    private static ModelConfig Fresh(TrainingConfig config, int vocabulary)
    {
        var shape = config.Model!;
        if (config.Batch.Tokens > shape.Context)
            throw new UserErrorException(
                $"batch.tokens ({config.Batch.Tokens}) is longer than model.context ({shape.Context}).");
        return new ModelConfig
        {
            VocabularySize = vocabulary, HiddenSize = shape.Hidden, LayerCount = shape.Layers, HeadCount = shape.Heads,
            KeyValueHeadCount = shape.KvHeads == 0 ? shape.Heads : shape.KvHeads, ContextLength = shape.Context,
            IntermediateSize = shape.Intermediate > 0 ? shape.Intermediate : (shape.Hidden * 8 / 3 + 31) / 32 * 32,
        };
    }

    private static ModelConfig Continued(TrainingConfig config, string init, int vocabulary)
    {
        var model = ModelFolder.ReadConfig(init);
        if (model.VocabularySize != vocabulary)
            throw new UserErrorException(
                $"init: {init} has a vocabulary of {model.VocabularySize}, the data one of {vocabulary}.");
        if (config.Model is not null && Fresh(config, vocabulary) is var asked
            && (asked.HiddenSize, asked.LayerCount, asked.HeadCount, asked.KeyValueHeadCount, asked.IntermediateSize)
            != (model.HiddenSize, model.LayerCount, model.HeadCount, model.KeyValueHeadCount, model.IntermediateSize))
            throw new UserErrorException(
                $"model: differs from config.json of {init}. Leave 'model' out to take that shape.");
        if (config.Batch.Tokens > model.ContextLength)
            throw new UserErrorException(
                $"batch.tokens ({config.Batch.Tokens}) is longer than the model's context ({model.ContextLength}).");
        return model;
    }
}
