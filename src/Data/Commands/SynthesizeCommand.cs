using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Weir.Data.Synthesis;
using Weir.Formats.Bcl;
using Weir.Formats.Datasets;
using Weir.Formats.Runs;

namespace Weir.Data.Commands;

/// <summary><c>weir synthesize</c>: writes the starter corpus.</summary>
public static class SynthesizeCommand
{
    private const int MaxItems = 50_000_000;
    private static readonly Option<string?> Out =
        new("--out") { Description = "The folder to write: chat.jsonl and text/documents.jsonl." };
    private static readonly Option<long> Seed = new("--seed")
    {
        Description = "Chooses the items; the town itself is always the same.", DefaultValueFactory = _ => 7,
    };
    private static readonly Option<int> Items =
        new("--items") { Description = "Chat items to make.", DefaultValueFactory = _ => 10_000 };
    private static readonly Option<string> Split = new("--split")
    {
        Description = "train, or heldout: unseen wordings with unseen operands.", DefaultValueFactory = _ => "train",
    };
    private static readonly Option<string?> Mix = new("--mix")
    {
        Description =
            "Weights by kind, such as add=2,facts=1 (kinds left out get none). Held-out items are balanced without it.",
    };
    private static readonly Option<string?> Run =
        new("--run") { Description = "Run folder to write into when --out is not given." };
    private static readonly Option<string?> Json = new("--json") { Description = "Also write a summary to this file." };

    public static Command Create()
    {
        var command = new Command("synthesize",
            "Generate the starter corpus: chat in twelve kinds, Chinese and English, and prose about an invented "
                + "town.\n\n"
            + "The same arguments give the same bytes. Held-out items share no question and no wording with training "
            + "items of any seed.\n"
            + $"Kinds: {string.Join(", ", StarterCorpus.Kinds)}.")
        {
            Out, Seed, Items, Split, Mix, Run, Json,
        };
        command.SetAction((parsed, _) => Task.FromResult(Synthesize(parsed)));
        return command;
    }

    private static int Synthesize(ParseResult parsed)
    {
        int items = parsed.GetValue(Items);
        if (items is < 1 or > MaxItems)
            throw new UserErrorException($"--items must be between 1 and {MaxItems}.", ExitCodes.WrongUsage);
        var split = parsed.GetValue(Split) switch
        {
            "train" => StarterSplit.Train,
            "heldout" => StarterSplit.HeldOut,
            var other => throw new UserErrorException($"--split {other}: use train or heldout.", ExitCodes.WrongUsage),
        };
        var mix = ParseMix(parsed.GetValue(Mix));
        long seed = parsed.GetValue(Seed);
        var job = JobEnvironment.Current;
        JsonObject summary;
        if (parsed.GetValue(Out) is { } folder && !job.IsJob) summary =
            Write(Path.GetFullPath(folder), seed, items, split, mix);
        else
        {
            var config = new JsonObject { ["items"] = items, ["split"] = parsed.GetValue(Split),
                ["mix"] = parsed.GetValue(Mix) };
            using var run = RunFolder.Open(job.RunFolderFor("synthesize", parsed.GetValue(Run)), "synthesize", config,
                seed, []);
            var target = Path.Combine(run.OutputsPath, "starter");
            summary = Write(target, seed, items, split, mix);
            run.Progress(items, 1, 0);
            run.Done([ArtifactTree.Scan("starter", ArtifactKinds.Files, target)], summary);
        }
        if (parsed.GetValue(Json) is { } path) AtomicFile.WriteAllText(path, summary.ToJsonString() + "\n");
        Console.WriteLine($"{summary["items"]} items, {summary["documents"]} documents");
        return ExitCodes.Done;
    }

    private static JsonObject Write(string folder, long seed, int items, StarterSplit split,
        IReadOnlyDictionary<string, double>? mix)
    {
        int documents = Math.Max(1, items / StarterCorpus.ItemsPerDocument);
        var kinds = new SortedDictionary<string, int>(StringComparer.Ordinal);
        WriteLines(Path.Combine(folder, "chat.jsonl"), StarterCorpus.Chat(seed, items, split, mix).Select(item =>
        {
            kinds[item.Kind!] = kinds.GetValueOrDefault(item.Kind!) + 1;
            return item;
        }), DatasetJson.Lines.ChatRecord);
        WriteLines(Path.Combine(folder, "text", "documents.jsonl"), StarterCorpus.Text(seed, documents, split),
            DatasetJson.Lines.TextRecord);
        return new JsonObject
        {
            ["items"] = items, ["documents"] = documents, ["seed"] = seed,
            ["kinds"] = new JsonObject(kinds.Select(k => KeyValuePair.Create(k.Key, (JsonNode?)k.Value))),
        };
    }

    private static void WriteLines<T>(string path, IEnumerable<T> records, JsonTypeInfo<T> type) =>
        AtomicFile.Write(path, stream =>
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), 1 << 16,
            leaveOpen: true) { NewLine = "\n" };
        foreach (var record in records) writer.WriteLine(JsonSerializer.Serialize(record, type));
    });

    private static Dictionary<string, double>? ParseMix(string? text)
    {
        if (text is null) return null;
        var mix = new Dictionary<string, double>();
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var sides = part.Split('=');
            if (sides.Length != 2 || !double.TryParse(sides[1], NumberStyles.Float, CultureInfo.InvariantCulture,
                out var weight))
                throw new UserErrorException($"--mix: '{part}' is not KIND=WEIGHT.", ExitCodes.WrongUsage);
            mix[sides[0]] = weight;
        }
        return mix;
    }
}
