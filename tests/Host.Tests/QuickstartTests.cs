using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;

namespace Weir.Host.Tests;

[Collection("trial")]
public sealed class QuickstartTests(TrialFixture trial)
{
    [Fact]
    public void Killed_in_every_stage_it_still_ends_with_every_stage_done_once()
    {
        Assert.Equal(TrialFixture.KilledStages, trial.KilledIn);
        using var fleet = Open("fleet.db");
        Assert.Equal(8L, Scalar(fleet, "SELECT COUNT(*) FROM jobs WHERE key LIKE 'quickstart/%'"));
        Assert.Equal(8L, Scalar(fleet, "SELECT COUNT(*) FROM jobs WHERE key LIKE 'quickstart/%' AND state = 'done'"));
        using var registry = Open("registry.db");
        Assert.Equal(8L, Scalar(registry, "SELECT COUNT(*) FROM runs"));
        Assert.Equal(1L, Scalar(registry, "SELECT COUNT(*) FROM versions WHERE kind = 'model'"));
    }

    [Fact]
    public void No_artifact_is_half_written()
    {
        var blobs = Directory.GetFiles(Path.Combine(trial.Data, "blobs"), "*", SearchOption.AllDirectories);
        Assert.NotEmpty(blobs);
        foreach (var blob in blobs)
        {
            var name = Path.GetFileName(Path.GetDirectoryName(blob)) + Path.GetFileName(blob);
            using var stream = File.OpenRead(blob);
            Assert.EndsWith(Convert.ToHexStringLower(SHA256.HashData(stream)), name);
        }
    }

    [Fact]
    public void The_result_has_the_shape_of_the_command_contract()
    {
        var stages = trial.Result["stages"]!.AsArray();
        Assert.Equal(11, stages.Count);
        Assert.All(stages, s => Assert.False(string.IsNullOrEmpty((string?)s!["name"])));
        Assert.All(stages.Take(8), s => Assert.True((double)s!["seconds"]! > 0));
        Assert.True(stages.Sum(s => (long)s!["costMicros"]!) > 0);
        Assert.Equal(12, trial.Result["accuracy"]!.AsObject()
            .Count(k => !k.Key.StartsWith("hard-", StringComparison.Ordinal)));
        Assert.All(trial.Result["accuracy"]!.AsObject(), k => Assert.InRange((double)k.Value!, 0, 100));
        Assert.InRange((double)trial.Result["accuracyMacro"]!, 0, 100);
        Assert.True((double)trial.Result["perplexity"]! > 1);
        Assert.Equal(3, trial.Result["requestIds"]!.AsArray().Count);
        Assert.True(File.Exists((string)trial.Result["keyFile"]!));
        Assert.Equal("town", (string?)trial.Result["model"]);
    }

    [Fact]
    public void Each_question_has_one_ledger_row_that_adds_up()
    {
        using var ledger = Open("ledger.db");
        foreach (var id in trial.Result["requestIds"]!.AsArray())
        {
            using var command = ledger.CreateCommand();
            command.CommandText =
                "SELECT COUNT(*), MAX(tokens_generated), MAX(tokens_billed), MAX(charge_micros) FROM ledger "
                + "WHERE lower(request_id) = lower($id)";
            command.Parameters.AddWithValue("$id", (string)id!);
            using var row = command.ExecuteReader();
            Assert.True(row.Read());
            Assert.Equal(1, row.GetInt64(0));
            Assert.True(row.GetInt64(1) > 0);
            Assert.Equal(row.GetInt64(1), row.GetInt64(2));
            Assert.True(row.GetInt64(3) > 0);
        }
    }

    [Fact]
    public async Task A_trace_leads_from_an_answer_to_its_source_files()
    {
        await using var platform = new RunningPlatform("up", "--data", trial.Data, "--port", "0");
        var address = await platform.ReadyAsync();
        var json = Path.Combine(trial.Folder, $"trace-{Guid.NewGuid():N}.json");
        var (code, output, error) = await WeirProgram.RunAsync(
            ["trace", (string)trial.Result["requestIds"]![0]!, "--json", json],
            new Dictionary<string, string> { ["WEIR_URL"] = address.ToString(), ["WEIR_KEY"] = trial.Key });
        Assert.True(code == 0, output + error);
        var steps = JsonNode.Parse(await File.ReadAllTextAsync(json))!["steps"]!.AsArray();
        var kinds = steps.Select(s => (string)s!["kind"]!).ToHashSet();
        Assert.Superset(new HashSet<string> { "request", "deployment", "artifact", "run", "source" }, kinds);
    }

    [Fact]
    public async Task A_second_quick_start_on_the_same_folder_repeats_no_job()
    {
        var json = Path.Combine(trial.Folder, "second.json");
        var (code, output, error) = await WeirProgram.RunAsync(
            ["quickstart", "--exit", "--minutes", "0.4", "--data", trial.Data, "--port", "0", "--json", json]);
        Assert.True(code == 0, output + error);
        using var fleet = Open("fleet.db");
        Assert.Equal(8L, Scalar(fleet, "SELECT COUNT(*) FROM jobs WHERE key LIKE 'quickstart/%'"));
        Assert.Equal((double)trial.Result["accuracyMacro"]!,
            (double)JsonNode.Parse(await File.ReadAllTextAsync(json))!["accuracyMacro"]!);
    }

    private SqliteConnection Open(string file)
    {
        var connection = new SqliteConnection($"Data Source={Path.Combine(trial.Data, file)};Mode=ReadOnly");
        connection.Open();
        return connection;
    }

    private static long Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }
}
