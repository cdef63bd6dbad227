using Microsoft.Data.Sqlite;
using Weir.Formats.Platform;
using Weir.Registry.Blobs;
using Weir.Sqlite;

namespace Weir.Registry.Lineage;

/// <summary>Names for artifacts that people use: version 3 of <c>town</c> is this digest.</summary>
public sealed class VersionRegistry
{
    private const string Select = "SELECT name, version, kind, digest, created, run_id FROM versions";
    private readonly SqliteFile _database;

    internal VersionRegistry(SqliteFile database) => _database = database;

    /// <summary>The next version of a name; a digest that the name has already keeps its version.</summary>
    public VersionView Register(string name, string kind, string digest, string? runId)
    {
        using var connection = _database.Open();
        using var transaction = connection.BeginTransaction();
        ArtifactStore.Require(connection, digest);
        SqliteFile.Execute(connection,
            "INSERT INTO versions (name, version, kind, digest, run_id, created) "
            + "SELECT $name, COALESCE(MAX(version), 0) + 1, $kind, $digest, $run, $created FROM versions WHERE name = "
            + "$name "
            + "ON CONFLICT (name, digest) DO NOTHING",
            ("$name", name), ("$kind", kind), ("$digest", digest), ("$run", runId),
            ("$created", SqliteFile.Text(DateTimeOffset.UtcNow)));
        VersionView view;
        using (var command = SqliteFile.Command(connection, Select + " WHERE name = $name AND digest = $digest",
            ("$name", name), ("$digest", digest)))
        using (var reader = command.ExecuteReader())
        {
            reader.Read();
            view = ViewOf(reader);
        }
        transaction.Commit();
        return view;
    }

    /// <summary>Newest first; of one kind, or all.</summary>
    public IReadOnlyList<VersionView> List(string? kind = null)
    {
        using var connection = _database.Open();
        using var command = SqliteFile.Command(connection,
            Select + " WHERE $kind IS NULL OR kind = $kind ORDER BY created DESC, name, version DESC LIMIT 1000",
            ("$kind", kind));
        using var reader = command.ExecuteReader();
        var list = new List<VersionView>();
        while (reader.Read()) list.Add(ViewOf(reader));
        return list;
    }

    /// <summary>All versions of a name, newest first.</summary>
    public IReadOnlyList<VersionView> Of(string name)
    {
        using var connection = _database.Open();
        using var command = SqliteFile.Command(connection, Select + " WHERE name = $name ORDER BY version DESC",
            ("$name", name));
        using var reader = command.ExecuteReader();
        var list = new List<VersionView>();
        while (reader.Read()) list.Add(ViewOf(reader));
        return list;
    }

    private static VersionView ViewOf(SqliteDataReader reader) =>
        new(reader.GetString(0), reader.GetInt32(1), reader.GetString(2),
        reader.GetString(3), SqliteFile.Time(reader.GetString(4)), reader.IsDBNull(5) ? null : reader.GetString(5));
}
