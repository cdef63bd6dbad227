using System.Text.Json;
using Microsoft.Data.Sqlite;
using Weir.Formats.Platform;
using Weir.Formats.Runs;
using Weir.Sqlite;

namespace Weir.Registry.Models;

/// <summary>What is known of models beyond their files: cards, and the verdicts of release gates. Both belong to a
/// digest, whatever names it bears.</summary>
public sealed class ModelRegistry
{
    private const int MaxModels = 500;
    private const string Select =
        "SELECT v.name, v.version, v.kind, v.digest, v.created, v.run_id, a.files, c.card, g.verdict "
        + "FROM versions v JOIN artifacts a USING (digest) LEFT JOIN cards c USING (digest) "
        + "LEFT JOIN verdicts g USING (digest) WHERE v.kind = 'model'";

    private readonly SqliteFile _database;

    internal ModelRegistry(SqliteFile database) => _database = database;

    /// <summary>A later card replaces an earlier one.</summary>
    public void Describe(string digest, ModelCard card)
    {
        using var connection = _database.Open();
        SqliteFile.Execute(connection,
            "INSERT INTO cards (digest, card) VALUES ($digest, $card) "
            + "ON CONFLICT (digest) DO UPDATE SET card = excluded.card",
            ("$digest", digest), ("$card", JsonSerializer.Serialize(card, PlatformJson.Lines.ModelCard)));
    }

    /// <summary>Keeps what a gate decided; a later verdict replaces an earlier one.</summary>
    public void Judge(string digest, GateVerdict verdict)
    {
        using var connection = _database.Open();
        SqliteFile.Execute(connection,
            "INSERT INTO verdicts (digest, verdict, created) VALUES ($digest, $verdict, $now) "
            + "ON CONFLICT (digest) DO UPDATE SET verdict = excluded.verdict, created = excluded.created",
            ("$digest", digest), ("$verdict", JsonSerializer.Serialize(verdict, PlatformJson.Lines.GateVerdict)),
            ("$now", SqliteFile.Text(DateTimeOffset.UtcNow)));
    }

    public ModelCard? CardOf(string digest) => Text("SELECT card FROM cards WHERE digest = $digest", digest) is { } json
        ? JsonSerializer.Deserialize(json, PlatformJson.Lines.ModelCard) : null;

    public GateVerdict? VerdictOf(string digest) =>
        Text("SELECT verdict FROM verdicts WHERE digest = $digest", digest) is { } json
            ? JsonSerializer.Deserialize(json, PlatformJson.Lines.GateVerdict) : null;

    /// <summary>The newest 500 versions, newest first; where they run is not the registry's to say.</summary>
    public IReadOnlyList<ModelView> List() =>
        Query($"ORDER BY v.created DESC, v.name, v.version DESC LIMIT {MaxModels}");

    /// <summary>A version of a name, or the newest of it.</summary>
    public ModelView? Find(string name, int? version) => Query(
        "AND v.name = $name AND ($version IS NULL OR v.version = $version) ORDER BY v.version DESC LIMIT 1",
        ("$name", name), ("$version", version)).FirstOrDefault();

    private string? Text(string sql, string digest)
    {
        using var connection = _database.Open();
        using var command = SqliteFile.Command(connection, sql, ("$digest", digest));
        return command.ExecuteScalar() as string;
    }

    private List<ModelView> Query(string rest, params (string Name, object? Value)[] parameters)
    {
        using var connection = _database.Open();
        using var command = SqliteFile.Command(connection, $"{Select} {rest}", parameters);
        using var reader = command.ExecuteReader();
        var models = new List<ModelView>();
        while (reader.Read()) models.Add(ViewOf(reader));
        return models;
    }

    private static ModelView ViewOf(SqliteDataReader r) => new(
        new VersionView(r.GetString(0), r.GetInt32(1), r.GetString(2), r.GetString(3),
            SqliteFile.Time(r.GetString(4)), r.IsDBNull(5) ? null : r.GetString(5)),
        r.IsDBNull(7) ? null : JsonSerializer.Deserialize(r.GetString(7), PlatformJson.Lines.ModelCard),
        r.IsDBNull(8) ? null : JsonSerializer.Deserialize(r.GetString(8), PlatformJson.Lines.GateVerdict),
        JsonSerializer.Deserialize(r.GetString(6), RunJson.Lines.ArtifactRef)!.Files, []);
}
