using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using Weir.Formats.Platform;
using Weir.Formats.Runs;
using Weir.Sqlite;

namespace Weir.Fleet.Jobs;

/// <summary>A job as the database has it; the reconciler's state, not the API's.</summary>
internal sealed record JobRow
{
    public required long Sequence { get; init; }
    public required string Id { get; init; }
    public required JobSpec Spec { get; init; }
    public required string State { get; init; }
    public required string Site { get; init; }
    public int Attempt { get; init; }
    public int Failures { get; init; }
    public bool Cancel { get; init; }
    public DateTimeOffset? NotBefore { get; init; }
    public int? ExitCode { get; init; }
    public string? Error { get; init; }
    public DateTimeOffset Created { get; init; }
    public DateTimeOffset? Started { get; init; }
    public DateTimeOffset? AttemptStarted { get; init; }
    public DateTimeOffset? Ended { get; init; }
    public double Seconds { get; init; }
    public long CostMicros { get; init; }
    public IReadOnlyList<ArtifactRef> Outputs { get; init; } = [];
    public JsonObject? Summary { get; init; }

    public const string Columns =
        "sequence, id, spec, state, site, attempt, failures, cancel, not_before, exit_code, error, created, started, "
        + "attempt_started, ended, seconds, cost_micros, outputs, summary";

    public static JobRow Read(SqliteDataReader r) => new()
    {
        Sequence = r.GetInt64(0),
        Id = r.GetString(1),
        Spec = JsonSerializer.Deserialize(r.GetString(2), PlatformJson.Lines.JobSpec)!,
        State = r.GetString(3),
        Site = r.GetString(4),
        Attempt = r.GetInt32(5),
        Failures = r.GetInt32(6),
        Cancel = r.GetInt32(7) != 0,
        NotBefore = TimeAt(r, 8),
        ExitCode = r.IsDBNull(9) ? null : r.GetInt32(9),
        Error = r.IsDBNull(10) ? null : r.GetString(10),
        Created = SqliteFile.Time(r.GetString(11)),
        Started = TimeAt(r, 12),
        AttemptStarted = TimeAt(r, 13),
        Ended = TimeAt(r, 14),
        Seconds = r.GetDouble(15),
        CostMicros = r.GetInt64(16),
        Outputs = r.IsDBNull(17) ? [] : JsonSerializer.Deserialize(r.GetString(17),
        RunJson.Lines.IReadOnlyListArtifactRef)!,
        Summary = r.IsDBNull(18) ? null : JsonNode.Parse(r.GetString(18))!.AsObject(),
    };

    private static DateTimeOffset? TimeAt(SqliteDataReader r, int column) =>
        r.IsDBNull(column) ? null : SqliteFile.Time(r.GetString(column));
}
