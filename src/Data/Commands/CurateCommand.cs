using System.CommandLine;
using System.Text.Json.Nodes;
using Weir.Data.Curation;
using Weir.Data.Readers;
using Weir.Data.Running;
using Weir.Formats.Bcl;
using Weir.Formats.Runs;

namespace Weir.Data.Commands;

/// <summary><c>weir curate</c></summary>
public static class CurateCommand
{
    private const string Help = """
        RECIPE is a YAML file, or simply a folder or a data file to take with default settings. Weir reads .txt and
        .md (a document a file) and .jsonl (field 'text', or chat records 'messages' with an optional 'answer'), each
        plain or as .gz or .zst, and folders of them. Every document is brought into Unicode form NFC and freed of
        control characters; empty ones and exact duplicates are dropped; each is drawn into train or held-out by a hash
        of its content, so that no document changes sides when others are added. What cannot be read is counted,
        reported and skipped.

        A recipe:
          name: town-news
          form: text                  # or chat; left out: the form of the first record
          sources:
            - path: corpus/           # relative to the recipe
              licence: CC-BY-4.0
              owner: Town archive
              rights: may be used for training
            - path: extra.jsonl.zst
              split: train            # or heldout; left out: drawn by content
          heldout:
            share: 0.02
            maximumDocuments: 5000
          minimumCharacters: 1
          seed: 0
        """;

    public static Command Create()
    {
        var recipe = new Argument<string>("RECIPE")
        {
            Description = "A YAML recipe, a folder of text, or a data file.",
        };
        var strict = new Option<bool>("--strict") { Description = "Fail on the first thing that cannot be read." };
        var work = new WorkOptions("curate", "the dataset");
        var command = new Command("curate", "Turn raw text into a dataset version.") { recipe, strict };
        work.AddTo(command);
        ManualPage.Attach(command, Help);
        command.SetAction((result, cancel) =>
        {
            var options = new CurationOptions
            {
                Strict = result.GetValue(strict), Threads = result.GetValue(work.Threads),
            };
            return RunAsync(result.GetValue(recipe)!, options, result.GetValue(work.Out), result.GetValue(work.Run),
                result.GetValue(work.Json), cancel);
        });
        return command;
    }

    private static Task<int> RunAsync(string path, CurationOptions options, string? output, string? runPath,
        string? json, CancellationToken cancel)
    {
        var place = JobEnvironment.Current.Resolve(path, Directory.GetCurrentDirectory());
        var recipe = CurationRecipe.Load(place);
        var baseFolder = Path.GetDirectoryName(place)!;
        var request = new WorkRequest("curate", recipe.ToJson(), recipe.Seed, output, runPath, json);
        return WorkRun.ExecuteAsync(request, recipe.Name, async (run, stop) =>
        {
            var curator = new Curator(recipe, options, source => JobEnvironment.Current.Resolve(source, baseFolder));
            var done = await curator.RunAsync(run.Folder, p => run.Progress.Report(p.Fraction, () =>
                $"{p.Documents:N0} documents  {p.Bytes / 1e6 / Math.Max(p.Seconds, 1e-3):F1} MB/s"), stop);
            if (json != "-") Print(done);
            var summary = Summarise(done);
            var details = (JsonObject)summary.DeepClone();
            details["name"] = recipe.Name;
            details["form"] = done.Manifest.Form;
            return new WorkResult([(recipe.Name, ArtifactKinds.Dataset, "")], summary, details);
        }, cancel);
    }

    private static JsonObject Summarise(CurationResult done)
    {
        var report = done.Manifest.Report!;
        return new JsonObject
        {
            ["documentsRead"] = report.DocumentsRead,
            ["documentsKept"] = report.DocumentsKept,
            ["heldoutDocuments"] = done.Manifest.Shards.Where(s => s.Split == Splits.HeldOut).Sum(s => s.Documents),
            ["bytesRead"] = report.BytesRead,
            ["bytes"] = report.BytesKept,
            ["dropped"] = Counts(report.Dropped),
            ["errors"] = Counts(report.Errors),
            ["seconds"] = done.Seconds,
            ["megabytesPerSecond"] = Math.Round(done.MegabytesPerSecond, 2),
        };
    }

    private static JsonObject Counts(IReadOnlyDictionary<string, long> counts) =>
        new(counts.Select(c => KeyValuePair.Create(c.Key, (JsonNode?)c.Value)));

    private static void Print(CurationResult done)
    {
        DatasetTable.Write(done.Manifest);
        Console.Out.WriteLine($"{done.Seconds:F1} s, {done.MegabytesPerSecond:F1} MB/s");
        foreach (var sample in done.Manifest.Report!.ErrorSamples) Console.Error.WriteLine($"skipped: {sample}");
        if (done.UnreadFiles.Count > 0)
            Console.Error.WriteLine($"files of no known kind: {SourceFiles.Describe(done.UnreadFiles)}. "
                + $"Weir reads {SourceFiles.ReadExtensions}.");
        if (done.Manifest.Shards.All(s => s.Split != Splits.HeldOut))
            Console.Error.WriteLine(
                "no document was drawn as held-out: a larger heldout.share or another seed gives some.");
    }
}
