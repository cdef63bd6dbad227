using System.Text.Json;
using Microsoft.Data.Sqlite;
using Weir.Formats.Datasets;
using Weir.Formats.Platform;
using Weir.Formats.Runs;
using Weir.Registry.Blobs;
using Weir.Sqlite;

namespace Weir.Registry.Lineage;

/// <summary>Runs and the edges that they draw: input to run, run to output, source file to dataset.</summary>
public sealed class RunRegistry
{
    private const int MaxManifestBytes = 64 << 20, MaxTraceSteps = 500;
    private readonly SqliteFile _database;
    private readonly ArtifactStore _artifacts;

    internal RunRegistry(SqliteFile database, ArtifactStore artifacts)
    {
        _database = database;
        _artifacts = artifacts;
    }

    /// <summary>Registers a run with its edges in one transaction; a second time changes nothing.</summary>
    /// <param name="runId">Unique.</param>
    /// <param name="record">What the run was asked and what it read.</param>
    /// <param name="outputs">What it made; stored already.</param>
    /// <param name="origin">Where the outputs came from, if from outside; datasets say so themselves.</param>
    public void RegisterRun(string runId, RunRecord record, IReadOnlyList<ArtifactRef> outputs,
        DatasetSource? origin = null)
    {
        record = record with { Outputs = outputs };
        using var connection = _database.Open();
        using var transaction = connection.BeginTransaction();
        SqliteFile.Execute(connection,
            "INSERT INTO runs (run_id, record, created) VALUES ($id, $record, $created) ON CONFLICT DO NOTHING",
            ("$id", runId), ("$record", JsonSerializer.Serialize(record, RunJson.Lines.RunRecord)),
            ("$created", SqliteFile.Text(record.Started)));
        foreach (var input in record.Inputs)
            Draw(connection, new LineageEdge(LineageKinds.Artifact, input.Digest, LineageKinds.Run, runId, input.Name));
        foreach (var output in outputs)
        {
            ArtifactStore.Require(connection, output.Digest);
            Draw(connection, new LineageEdge(LineageKinds.Run, runId, LineageKinds.Artifact, output.Digest,
                output.Name));
            foreach (var source in origin is null ? SourcesOf(output) : [origin])
                Draw(connection, new LineageEdge(LineageKinds.Source, $"{source.Path} {source.Digest}",
                LineageKinds.Artifact,
                    output.Digest, "source"), JsonSerializer.Serialize(source, DatasetJson.Lines.DatasetSource));
        }
        transaction.Commit();
    }

    /// <summary>The newest 1,000 runs.</summary>
    public IReadOnlyList<RunView> List()
    {
        using var connection = _database.Open();
        using var command = SqliteFile.Command(connection,
            "SELECT run_id, record FROM runs ORDER BY created DESC LIMIT 1000");
        using var reader = command.ExecuteReader();
        var list = new List<RunView>();
        while (reader.Read())
            list.Add(new RunView(reader.GetString(0),
            JsonSerializer.Deserialize(reader.GetString(1), RunJson.Lines.RunRecord)!));
        return list;
    }

    public RunView? Find(string runId)
    {
        using var connection = _database.Open();
        using var command = SqliteFile.Command(connection, "SELECT record FROM runs WHERE run_id = $id",
            ("$id", runId));
        return command.ExecuteScalar() is string json
            ? new RunView(runId, JsonSerializer.Deserialize(json, RunJson.Lines.RunRecord)!) : null;
    }

    /// <summary>The edges that end at an artifact, a run or a source.</summary>
    public IReadOnlyList<LineageEdge> EdgesTo(string id)
    {
        using var connection = _database.Open();
        return [.. Edges(connection, id).Select(e => e.Edge)];
    }

    /// <summary>The ancestry of an artifact, nearest first: each node once, however many ways lead to it.</summary>
    public IReadOnlyList<TraceStep> Trace(string digest)
    {
        using var connection = _database.Open();
        var steps = new List<TraceStep>();
        Walk(connection, LineageKinds.Artifact, digest, 0, "", [], steps);
        return steps;
    }

    private void Walk(SqliteConnection connection, string kind, string id, int depth, string detail,
        HashSet<string> seen,
        List<TraceStep> steps)
    {
        if (steps.Count >= MaxTraceSteps || !seen.Add(kind + id)) return;
        steps.Add(StepOf(kind, id, depth, detail));
        foreach (var (edge, edgeDetail) in Edges(connection, id))
            if (edge.ToKind == kind) Walk(connection, edge.FromKind, edge.FromId, depth + 1, edgeDetail, seen, steps);
    }

    private TraceStep StepOf(string kind, string id, int depth, string detail)
    {
        switch (kind)
        {
            case LineageKinds.Artifact:
                var artifact = _artifacts.Find(id);
                return new TraceStep(depth, kind, id, artifact is null ? "artifact"
                    : $"{artifact.Kind} {artifact.Name}",
                    artifact is null ? "not in this registry"
                        : $"{artifact.Files.Count} files, {artifact.Files.Sum(f => f.Bytes):N0} bytes");
            case LineageKinds.Run:
                var record = Find(id)?.Record;
                return new TraceStep(depth, kind, id, $"run {record?.Verb}",
                    record is null ? "" : $"{record.Started:u}, code {record.CodeVersion}"
                        + (record.Seed is { } seed ? $", seed {seed}" : ""));
            default:
                var source = detail.Length == 0 ? null
                    : JsonSerializer.Deserialize(detail, DatasetJson.Lines.DatasetSource);
                return new TraceStep(depth, kind, source?.Digest ?? id, source?.Path ?? id, source is null ? ""
                    : (source.Documents > 0 ? $"{source.Documents:N0} documents, " : "")
                        + $"{source.Bytes:N0} bytes, licence: {source.Licence ?? "not stated"}");
        }
    }

    private IReadOnlyList<DatasetSource> SourcesOf(ArtifactRef output)
    {
        if (output.Kind != ArtifactKinds.Dataset || output.Files.All(f => f.Path != "manifest.json")) return [];
        var json = _artifacts.ReadText(output.Digest, "manifest.json", MaxManifestBytes);
        return JsonSerializer.Deserialize(json, DatasetJson.Pretty.DatasetManifest)?.Sources ?? [];
    }

    private static void Draw(SqliteConnection connection, LineageEdge edge, string detail = "") =>
        SqliteFile.Execute(connection,
        "INSERT INTO lineage (from_kind, from_id, to_kind, to_id, relation, detail) VALUES ($fk, $fi, $tk, $ti, $r, "
            + "$d) "
        + "ON CONFLICT DO NOTHING",
        ("$fk", edge.FromKind), ("$fi", edge.FromId), ("$tk", edge.ToKind), ("$ti", edge.ToId), ("$r", edge.Relation),
        ("$d", detail));

    private static List<(LineageEdge Edge, string Detail)> Edges(SqliteConnection connection, string toId)
    {
        using var command = SqliteFile.Command(connection,
            "SELECT from_kind, from_id, to_kind, to_id, relation, detail FROM lineage WHERE to_id = $id ORDER BY "
                + "relation, from_id",
            ("$id", toId));
        using var reader = command.ExecuteReader();
        var edges = new List<(LineageEdge, string)>();
        while (reader.Read())
            edges.Add((new LineageEdge(reader.GetString(0), reader.GetString(1), reader.GetString(2),
            reader.GetString(3),
                reader.GetString(4)), reader.GetString(5)));
        return edges;
    }
}
