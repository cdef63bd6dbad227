using System.Text.Json;
using Weir.Formats.Bcl;
using Weir.Formats.Platform;
using Weir.Formats.Runs;
using Weir.Sqlite;

namespace Weir.Fleet.Jobs;

/// <summary>The jobs and their usage in <c>fleet.db</c>. Every change of state is one statement or one
/// transaction.</summary>
internal sealed class JobTable(SqliteFile database)
{
    /// <summary>Adds the job, or finds the one that has its key already.</summary>
    public JobRow Submit(JobSpec spec, string site, DateTimeOffset now)
    {
        using var connection = database.Open();
        SqliteFile.Execute(connection,
            "INSERT INTO jobs (id, key, spec, state, site, created) VALUES ($id, $key, $spec, $state, $site, $now) ON "
                + "CONFLICT (key) DO NOTHING",
            ("$id", Guid.CreateVersion7(now).ToString("N")), ("$key", spec.Key),
            ("$spec", JsonSerializer.Serialize(spec, PlatformJson.Lines.JobSpec)), ("$state", JobStates.Queued),
            ("$site", site),
            ("$now", SqliteFile.Text(now)));
        return FindByKey(spec.Key)!;
    }

    public JobRow? Find(string id) => Query("WHERE id = $p", id).FirstOrDefault();

    public JobRow? FindByKey(string key) => Query("WHERE key = $p", key).FirstOrDefault();

    /// <summary>Jobs that are not final, in order of submission.</summary>
    public IReadOnlyList<JobRow> Open() =>
        Query("WHERE state NOT IN ('done', 'failed', 'cancelled') ORDER BY sequence");

    /// <summary>The newest jobs, newest first.</summary>
    public IReadOnlyList<JobRow> Newest(int count) => Query($"ORDER BY sequence DESC LIMIT {count}");

    public void RequestCancel(string id) => Change(id, "cancel = 1");

    /// <summary>Queues a final job again, under the same id and key, keeping its checkpoints.</summary>
    public void Requeue(string id) => Change(id,
        "state = 'queued', cancel = 0, failures = 0, error = NULL, exit_code = NULL, ended = NULL, not_before = NULL");

    /// <summary>Records the intention to start the next attempt, before anything is started.</summary>
    public void BeginAttempt(JobRow job, string site, DateTimeOffset now) => Change(job.Id,
        "state = 'running', site = $site, attempt = attempt + 1, started = COALESCE(started, $now), attempt_started = "
            + "$now, error = NULL",
        ("$site", site), ("$now", SqliteFile.Text(now)));

    /// <summary>Ends the attempt's clock: what it used is a usage row, and the job goes to <paramref
    /// name="state"/>.</summary>
    public void EndAttempt(JobRow job, UsageRow usage, string state, DateTimeOffset now, int? exitCode, string? error,
        int failures, DateTimeOffset? notBefore)
    {
        using var connection = database.Open();
        using var transaction = connection.BeginTransaction();
        SqliteFile.Execute(connection,
            "INSERT INTO usage VALUES ($job, $attempt, $site, $kind, $seconds, $rate, $currency, $cost) "
            + "ON CONFLICT DO NOTHING",
            ("$job", usage.JobId), ("$attempt", usage.Attempt), ("$site", usage.Site), ("$kind", usage.AcceleratorKind),
            ("$seconds", usage.Seconds), ("$rate", usage.CostMicrosPerHour), ("$currency", usage.Currency),
            ("$cost", usage.CostMicros));
        SqliteFile.Execute(connection,
            "UPDATE jobs SET state = $state, exit_code = $code, error = $error, failures = $failures, "
            + "not_before = $before, attempt_started = NULL, ended = CASE WHEN $final THEN $now END, "
            + "seconds = (SELECT SUM(seconds) FROM usage WHERE job_id = $id), "
            + "cost_micros = (SELECT SUM(cost_micros) FROM usage WHERE job_id = $id) WHERE id = $id",
            ("$state", state), ("$code", exitCode), ("$error", error), ("$failures", failures),
            ("$before", notBefore is { } time ? SqliteFile.Text(time) : null), ("$final", JobStates.IsFinal(state)),
            ("$now", SqliteFile.Text(now)), ("$id", job.Id));
        transaction.Commit();
    }

    public void Finish(string id, string state, DateTimeOffset now, string? error, IReadOnlyList<ArtifactRef>? outputs,
        string? summary) =>
        Change(id, "state = $state, ended = $now, error = $error, outputs = $outputs, summary = $summary",
            ("$state", state), ("$now", SqliteFile.Text(now)), ("$error", error),
            ("$outputs", outputs is null ? null
            : JsonSerializer.Serialize(outputs, RunJson.Lines.IReadOnlyListArtifactRef)),
            ("$summary", summary));

    public IReadOnlyList<UsageRow> Usage()
    {
        using var connection = database.Open();
        using var command = SqliteFile.Command(connection, "SELECT * FROM usage ORDER BY rowid DESC LIMIT 1000");
        using var r = command.ExecuteReader();
        var rows = new List<UsageRow>();
        while (r.Read())
            rows.Add(new UsageRow(r.GetString(0), r.GetInt32(1), r.GetString(2), r.GetString(3), r.GetDouble(4),
            r.GetInt64(5), r.GetString(6),
                r.GetInt64(7)));
        return rows;
    }

    private void Change(string id, string assignments, params (string Name, object? Value)[] parameters)
    {
        using var connection = database.Open();
        if (SqliteFile.Execute(connection, $"UPDATE jobs SET {assignments} WHERE id = $id",
            [.. parameters, ("$id", id)]) == 0)
            throw new UserErrorException($"There is no job {id}.");
    }

    private List<JobRow> Query(string rest, string? parameter = null)
    {
        using var connection = database.Open();
        using var command = SqliteFile.Command(connection, $"SELECT {JobRow.Columns} FROM jobs {rest}",
            parameter is null ? [] : [("$p", parameter)]);
        using var reader = command.ExecuteReader();
        var rows = new List<JobRow>();
        while (reader.Read()) rows.Add(JobRow.Read(reader));
        return rows;
    }
}
