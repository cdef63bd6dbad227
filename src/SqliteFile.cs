using System.Globalization;
using System.Reflection;
using Microsoft.Data.Sqlite;
using Weir.Formats.Bcl;

namespace Weir.Sqlite;

/// <summary>One SQLite file of one capability: write-ahead log, synchronous full, numbered migrations from the
/// assembly's own
/// <c>Migrations/NNNN.sql</c>. This source file is compiled into each project that has a database (decision 0003), so
/// that none of them references another.</summary>
internal sealed class SqliteFile
{
    private readonly string _connection;
    private readonly string _name;

    public SqliteFile(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        _name = Path.GetFileName(path);
        _connection = new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 30 }.ToString();
        using var connection = Open();
        Execute(connection, "PRAGMA journal_mode = WAL");
        Migrate(connection);
    }

    /// <summary>A connection from the pool; dispose it after use.</summary>
    public SqliteConnection Open()
    {
        var connection = new SqliteConnection(_connection);
        connection.Open();
        Execute(connection, "PRAGMA synchronous = FULL");
        return connection;
    }

    public static int Execute(SqliteConnection connection, string sql, params (string Name, object? Value)[] parameters)
    {
        using var command = Command(connection, sql, parameters);
        return command.ExecuteNonQuery();
    }

    public static SqliteCommand Command(SqliteConnection connection, string sql,
        params (string Name, object? Value)[] parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters) command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }

    /// <summary>Times are ISO 8601 in UTC with seven decimals, so that they sort as text.</summary>
    public static string Text(DateTimeOffset time) =>
        time.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture);

    public static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private void Migrate(SqliteConnection connection)
    {
        var assembly = Assembly.GetExecutingAssembly();
        var scripts = assembly.GetManifestResourceNames()
            .Where(n => n.EndsWith(".sql", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();
        using var read = Command(connection, "PRAGMA user_version");
        long version = (long)read.ExecuteScalar()!;
        if (version > scripts.Count)
            throw new UserErrorException($"{_name} was written by a later release (schema {version}). Use that "
                + $"release.");
        for (int i = (int)version; i < scripts.Count; i++)
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(scripts[i])!);
            using var transaction = connection.BeginTransaction();
            Execute(connection, reader.ReadToEnd());
            Execute(connection, $"PRAGMA user_version = {i + 1}");
            transaction.Commit();
        }
    }
}
