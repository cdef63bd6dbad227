using System.Globalization;
using System.Text.Json;
using Weir.Formats.Bcl;
using Weir.Formats.Datasets;
using Weir.Formats.Models;
using Weir.Formats.Runs;
using Weir.Formats.Tokens;
using Weir.Training.Batches;
using Weir.Training.Configuration;
using Weir.Training.Kernels;
using Weir.Training.Models;
using Weir.Training.Runs;
using static TorchSharp.torch;

namespace Weir.Training.Tests;

/// <summary>A folder with a tiny token dataset and its tokenizer: each document counts upwards, so that its end follows
/// from its beginning. Deleted in the end.</summary>
internal sealed class ToyWorld : IDisposable
{
    public const int Vocabulary = 40;

    public ToyWorld(int documents = 400, bool marked = false)
    {
        Directory.CreateDirectory(Folder);
        var train = Counting(documents, 1, marked);
        var heldout = Counting(40, 2, marked);
        var tokenizer = Path.Combine(Folder, "tokenizer");
        Directory.CreateDirectory(tokenizer);
        File.WriteAllText(Path.Combine(tokenizer, "tokenizer.json"), "{}");
        File.WriteAllText(Path.Combine(tokenizer, "tokenizer_config.json"), "{\"chat_template\": \"x\"}");
        var data = Path.Combine(Folder, "data");
        train.Save(Path.Combine(data, "train.tok"));
        heldout.Save(Path.Combine(data, "heldout.tok"));
        DatasetShard Shard(string split, TokenShard shard) => new()
        {
            Path = split + ".tok", Split = split, Digest = Digest.OfFile(Path.Combine(data, split + ".tok")),
            Documents = shard.DocumentCount, Tokens = shard.Tokens.Length, TextBytes = 3L * shard.Tokens.Length,
        };
        var manifest = new DatasetManifest
        {
            Name = "toy", Form = DatasetForms.Tokens, RecipeDigest = Digest.OfText("toy"),
            TokenizerDigest = Digest.OfFile(Path.Combine(tokenizer, "tokenizer.json")),
            Shards = [Shard("train", train), Shard("heldout", heldout)],
        };
        File.WriteAllText(Path.Combine(data, "manifest.json"),
            JsonSerializer.Serialize(manifest, DatasetJson.Pretty.DatasetManifest));
    }

    public string Folder { get; } = Path.Combine(Path.GetTempPath(), "weir-training-" + Guid.NewGuid().ToString("N"));

    public string PathOf(params string[] parts) => Path.Combine([Folder, .. parts]);

    /// <summary>Documents of 6 to 18 tokens: a start, a stride of 1 to 3, then start + stride * i; the last two thirds
    /// are marked.</summary>
    public static TokenShard Counting(int documents, int seed, bool marked)
    {
        var random = new Random(seed);
        var tokens = new List<int>();
        var marks = new List<byte>();
        var starts = new List<long> { 0 };
        for (int d = 0; d < documents; d++)
        {
            int count = random.Next(6, 19), stride = random.Next(1, 4), at = random.Next(Vocabulary - 4);
            tokens.Add(stride);
            marks.Add(0);
            for (int i = 1; i < count; i++)
            {
                tokens.Add(4 + (at + stride * i) % (Vocabulary - 4));
                marks.Add((byte)(i >= count / 3 ? 1 : 0));
            }
            starts.Add(tokens.Count);
        }
        return new TokenShard(Vocabulary, [.. tokens], [.. starts], marked ? [.. marks] : null);
    }

    public static ModelConfig Shape(int heads = 4, int kvHeads = 2, int hidden = 32) => new()
    {
        VocabularySize = Vocabulary, HiddenSize = hidden, IntermediateSize = 48, LayerCount = 2, HeadCount = heads,
        KeyValueHeadCount = kvHeads, ContextLength = 64,
    };

    public static Decoder FreshDecoder(ModelConfig shape, ScalarType type = ScalarType.Float32, int seed = 1)
    {
        LibtorchProcess.Prepare(2);
        return new Decoder(DecoderWeights.Random(shape, seed, CPU), type);
    }

    public string WriteConfig(string name, string lines)
    {
        File.WriteAllText(PathOf(name), lines);
        return PathOf(name);
    }

    public string Config(int steps = 30, string more = "") => WriteConfig("train.yaml", $$"""
        data: data
        tokenizer: tokenizer
        model: {layers: 2, hidden: 32, heads: 4, kvHeads: 2, context: 64}
        batch: {sequences: 4, tokens: 32}
        budget: {steps: {{steps}}}
        optimiser: {warmup: 5, rate: 0.01, muonRate: 0.02}
        threads: 2
        logEvery: 1
        {{more}}
        """);

    public int Train(string config, string run, bool resume = false, string[]? set = null,
        CancellationToken cancel = default) =>
        TrainingRun.Execute(new TrainingRequest(config, PathOf(run), resume, set ?? [], null),
            new ProgressLine(TextWriter.Null, isTerminal: false), cancel);

    /// <summary>A metric by step; where a step was written twice, the later row.</summary>
    public Dictionary<long, double> Metric(string run, string name)
    {
        var values = new Dictionary<long, double>();
        foreach (var line in File.ReadLines(PathOf(run, "metrics.jsonl")))
            if (JsonSerializer.Deserialize(line, RunJson.Lines.MetricRow) is { } row && row.Name == name)
                values[row.Step] = row.Value;
        return values;
    }

    public static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
