using System.Diagnostics;
using Weir.Data.Datasets;
using Weir.Data.Readers;
using Weir.Data.Running;
using Weir.Formats.Bcl;
using Weir.Formats.Datasets;

namespace Weir.Data.Curation;

/// <summary>How to curate, beside what the recipe says; none of it changes the result.</summary>
internal sealed record CurationOptions
{
    public bool Strict { get; init; }
    public int Threads { get; init; } = Environment.ProcessorCount;
    public ReadLimits Limits { get; init; } = new();
    /// <summary>Uncompressed bytes after which a new shard begins.</summary>
    public long ShardBytes { get; init; } = 64 << 20;
}

/// <summary>How far the work is: <paramref name="Fraction"/> of the input's bytes on disk.</summary>
internal readonly record struct CurationProgress(double Fraction, long Documents, long Bytes, double Seconds);

internal sealed record CurationResult(DatasetManifest Manifest, double Seconds,
    IReadOnlyDictionary<string, int> UnreadFiles)
{
    public double MegabytesPerSecond => Manifest.Report!.BytesRead / 1e6 / Math.Max(Seconds, 1e-9);
}

/// <summary>
/// From raw sources to a dataset version:
/// 1. read blocks of each file in order;
/// 2. parse, clean and fingerprint each document on all cores; then, in the order of reading,
/// 3. drop what has been seen,
/// 4. draw train or held-out from the fingerprint,
/// 5. write shards,
/// 6. write the manifest last.
/// The same recipe over the same files gives the same bytes, whatever the number of threads. Memory holds the blocks
/// under way and some 40 bytes of hash table for each document kept.
/// </summary>
internal sealed class Curator(CurationRecipe recipe, CurationOptions options, Func<string, string> resolve)
{
    private sealed record CleanedBlock(IReadOnlyList<Candidate> Candidates, IReadOnlyList<ReadIssue> Issues,
        long Bytes);

    private readonly IssueLog _issues = new(options.Strict);
    private readonly SortedDictionary<string, long> _dropped = new(StringComparer.Ordinal);
    private readonly HashSet<UInt128> _seen = [];
    private long _read, _kept, _bytesRead, _bytesKept;

    /// <summary>Writes the dataset into an empty folder. What is there before this returns is not a dataset.</summary>
    public async Task<CurationResult> RunAsync(string folder, Action<CurationProgress>? report,
        CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        var input = CurationInput.Open(recipe, resolve);
        var form = recipe.Form ?? input.DetectForm(options.Limits, cancel);
        var resolved = recipe with { Form = form };
        var cleaner = new RecordCleaner(form, recipe.MinimumCharacters);
        using var train = new JsonlShardWriter(folder, Splits.Train, options.ShardBytes);
        using var heldOut = new JsonlShardWriter(folder, Splits.HeldOut, options.ShardBytes);
        using var choice = recipe.HeldOutMaximum is { } maximum ? new HeldOutChoice(folder, maximum) : null;

        double total = Math.Max(1, input.Bytes);
        long done = 0;
        await OrderedPipeline.RunAsync(Blocks(input, position => Volatile.Write(ref done, position)),
            block => Clean(block.Block, block.File, input.Files[block.File], cleaner),
            block =>
            {
                Take(block, input, train, heldOut, choice);
                report?.Invoke(new CurationProgress(Math.Min(1, Volatile.Read(ref done) / total), _read, _bytesRead,
                    clock.Elapsed.TotalSeconds));
            },
            Math.Max(1, options.Threads), cancel);
        foreach (var candidate in choice?.Chosen() ?? []) Keep(candidate, input, heldOut);
        if (choice?.Surplus > 0) _dropped[DropReasons.HeldOutSurplus] = choice.Surplus;
        choice?.Dispose();

        if (_kept == 0) throw NothingKept();
        var recipeJson = resolved.ToJson();
        var manifest = new DatasetManifest
        {
            Name = recipe.Name, Form = form,
            Recipe = recipeJson, RecipeDigest = Digest.OfText(recipeJson.ToJsonString()),
            Parents = input.Parents, Sources = input.Describe(), Shards = [.. train.Finish(), .. heldOut.Finish()],
            Report = new CurationReport
            {
                DocumentsRead = _read, DocumentsKept = _kept, BytesRead = _bytesRead, BytesKept = _bytesKept,
                Dropped = _dropped, Errors = _issues.Counts, ErrorSamples = _issues.Samples,
            },
        };
        DatasetFolder.WriteManifest(folder, manifest);
        return new CurationResult(manifest, clock.Elapsed.TotalSeconds, input.Unread);
    }

    private IEnumerable<(int File, Block Block)> Blocks(CurationInput input, Action<long> moved)
    {
        long before = 0;
        for (int i = 0; i < input.Files.Count; i++)
        {
            var blocks = new FileBlocks(input.Files[i].File, options.Limits);
            foreach (var block in blocks.Read())
            {
                yield return (i, block);
                moved(before + blocks.Position);
            }
            input.Files[i].Digest = blocks.Digest;
            before += input.Files[i].File.Bytes;
            moved(before);
        }
    }

    private static CleanedBlock Clean(Block block, int index, InputFile file, RecordCleaner cleaner)
    {
        var parsed = BlockParser.Parse(block);
        return new CleanedBlock([.. parsed.Records.Select(r => cleaner.Clean(r, index, file.Source.Licence))],
            parsed.Issues, parsed.Bytes);
    }

    private void Take(CleanedBlock block, CurationInput input, JsonlShardWriter train, JsonlShardWriter heldOut,
        HeldOutChoice? choice)
    {
        foreach (var issue in block.Issues) _issues.Add(issue);
        _bytesRead += block.Bytes;
        _read += block.Candidates.Count;
        foreach (var candidate in block.Candidates)
        {
            var reason = candidate.Dropped
                ?? (!recipe.Deduplicate || _seen.Add(candidate.Fingerprint) ? null : DropReasons.Duplicate);
            if (reason is not null)
            {
                _dropped[reason] = _dropped.GetValueOrDefault(reason) + 1;
                continue;
            }
            var forced = input.Files[candidate.File].Split;
            double draw = forced is null ? Fingerprint.Draw(candidate.Fingerprint, recipe.Seed) : 0;
            bool isTrain = forced is null ? draw >= recipe.HeldOutShare : forced == Splits.Train;
            if (isTrain) Keep(candidate, input, train);
            else if (forced is null && choice is not null) choice.Add(candidate, draw);
            else Keep(candidate, input, heldOut);
        }
    }

    private void Keep(Candidate candidate, CurationInput input, JsonlShardWriter writer)
    {
        writer.Append(candidate.Line, candidate.TextBytes);
        input.Files[candidate.File].Kept++;
        _kept++;
        _bytesKept += candidate.TextBytes;
    }

    private UserErrorException NothingKept()
    {
        var why = _dropped.Concat(_issues.Counts).Select(d => $"{d.Key} {d.Value}");
        return new UserErrorException(
            $"No document was kept of {_read} read ({string.Join(", ", why.DefaultIfEmpty("nothing there"))}). "
            + "Check the sources and the form of the recipe."
            + string.Concat(_issues.Samples.Take(3).Select(sample => "\n" + sample)));
    }
}
