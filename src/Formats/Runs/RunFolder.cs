using System.Text.Json;
using System.Text.Json.Nodes;
using Weir.Formats.Bcl;

namespace Weir.Formats.Runs;

/// <summary>The writer of a run folder (contract 1): <c>run.json</c>, <c>metrics.jsonl</c>, <c>checkpoints/</c>,
/// <c>outputs/</c>. A workbench opens it, reports, and ends it; the platform only reads. Without a platform the folder
/// is complete in itself.</summary>
public sealed class RunFolder : IDisposable
{
    private readonly Lock _gate = new();
    private readonly StreamWriter _metrics;
    private RunRecord _record;

    private RunFolder(string path, RunRecord record)
    {
        Path = path;
        _record = record;
        Directory.CreateDirectory(OutputsPath);
        Directory.CreateDirectory(CheckpointsPath);
        _metrics = new StreamWriter(new FileStream(System.IO.Path.Combine(path, "metrics.jsonl"),
            FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
        Save();
    }

    public string Path { get; }
    public string OutputsPath => System.IO.Path.Combine(Path, "outputs");
    public string CheckpointsPath => System.IO.Path.Combine(Path, "checkpoints");
    public RunRecord Record => _record;

    /// <summary>Opens the folder for a new attempt; what an earlier attempt left in checkpoints/ stays for it to resume
    /// from.</summary>
    public static RunFolder Open(string path, string verb, JsonObject config, long? seed,
        IReadOnlyList<ArtifactRef> inputs) =>
        new(System.IO.Path.GetFullPath(path), new RunRecord
        {
            Verb = verb, Config = config, Seed = seed, Inputs = inputs, CodeVersion = Bcl.CodeVersion.Current,
            State = RunStates.Running, Started = DateTimeOffset.UtcNow,
        });

    public void Metric(long step, string name, double value)
    {
        if (double.IsNaN(value) || double.IsInfinity(value)) return; // JSON has no such numbers; the log line has them
        var line = JsonSerializer.Serialize(new MetricRow(step, DateTimeOffset.UtcNow, name, value),
            RunJson.Lines.MetricRow);
        lock (_gate) _metrics.WriteLine(line);
    }

    public void Progress(long step, double fraction, double etaSeconds)
    {
        Metric(step, "progress", fraction);
        Metric(step, "eta_seconds", etaSeconds);
    }

    public void Done(IReadOnlyList<ArtifactRef> outputs, JsonObject summary) =>
        End(_record with { State = RunStates.Done, Outputs = outputs, Summary = summary });

    public void Interrupted() => End(_record with { State = RunStates.Interrupted });

    public void Failed(string error) => End(_record with { State = RunStates.Failed, Error = error });

    private void End(RunRecord record)
    {
        _record = record with { Ended = DateTimeOffset.UtcNow };
        Save();
    }

    private void Save() => AtomicFile.WriteAllText(System.IO.Path.Combine(Path, "run.json"),
        JsonSerializer.Serialize(_record, RunJson.Pretty.RunRecord));

    public static RunRecord? TryRead(string folder)
    {
        var path = System.IO.Path.Combine(folder, "run.json");
        if (!File.Exists(path)) return null;
        var record = JsonSerializer.Deserialize(File.ReadAllText(path), RunJson.Pretty.RunRecord)
            ?? throw new InvalidDataException($"{path} is empty.");
        SchemaVersion.Require(record.Schema, RunRecord.SchemaName, path);
        return record;
    }

    public void Dispose() => _metrics.Dispose();
}
