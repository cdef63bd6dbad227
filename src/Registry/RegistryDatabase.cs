using System.Globalization;
using System.Reflection;
using Microsoft.Data.Sqlite;
using Weir.Formats.Bcl;

namespace Weir.Registry;

/// <summary>The file <c>registry.db</c>: write-ahead log, synchronous full. Connections are opened for each use from a pool.</summary>
internal sealed class RegistryDatabase
{
    private readonly string _connection;

    public RegistryDatabase(string dataFolder)
    {
        Directory.CreateDirectory(dataFolder);
        _connection = new SqliteConnectionStringBuilder
        {
            DataSource = Path.Combine(dataFolder, "registry.db"), DefaultTimeout = 30,
        }.ToString();
        using var connection = Open();
        Execute(connection, "PRAGMA journal_mode = WAL");
        Migrate(connection);
    }

    public SqliteConnection Open()
    {
        var connection = new SqliteConnection(_connection);
        connection.Open();
        Execute(connection, "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
        return connection;
    }

    public static int Execute(SqliteConnection connection, string sql, params (string Name, object? Value)[] parameters)
    {
        using var command = Command(connection, sql, parameters);
        return command.ExecuteNonQuery();
    }

    public static SqliteCommand Command(SqliteConnection connection, string sql, params (string Name, object? Value)[] parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters) command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }

    public static string Text(DateTimeOffset time) => time.ToString("O", CultureInfo.InvariantCulture);

    public static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    /// <summary>Applies the numbered scripts that this file has not seen, each in a transaction of its own.</summary>
    private static void Migrate(SqliteConnection connection)
    {
        var scripts = Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(n => n.EndsWith(".sql", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();
        using var read = Command(connection, "PRAGMA user_version");
        long version = (long)read.ExecuteScalar()!;
        if (version > scripts.Count)
            throw new UserErrorException($"registry.db was written by a later release (schema {version}). Use that release.");
        for (int i = (int)version; i < scripts.Count; i++)
        {
            using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(scripts[i])!);
            using var transaction = connection.BeginTransaction();
            Execute(connection, reader.ReadToEnd());
            Execute(connection, $"PRAGMA user_version = {i + 1}");
            transaction.Commit();
        }
    }
}
