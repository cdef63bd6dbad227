using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Weir.Formats.Bcl;
using Weir.Formats.Platform;
using Weir.Sqlite;

namespace Weir.Accounts.Keys;

/// <summary>The API keys of the one organisation. A key is shown once, when it is made; the database has its keyed hash
/// and its last four characters.</summary>
public sealed class KeyRing
{
    public const string Organisation = "default", Project = "default", Prefix = "sk-weir-";
    private const int SecretBytes = 32, MaxNameLength = 100;
    private readonly SqliteFile _database;
    private readonly Action _changed;
    private readonly List<SnapshotKey> _ephemeral = [];
    private readonly Lock _gate = new();

    internal KeyRing(SqliteFile database, byte[] secret, Action changed)
    {
        _database = database;
        Hash = new KeyHash(secret);
        _changed = changed;
    }

    public KeyHash Hash { get; }

    /// <summary>Makes a key; the answer alone holds it in the clear.</summary>
    public KeyView Create(KeyRequest request)
    {
        var scopes = request.Scopes is { Count: > 0 } chosen ? chosen : [KeyScopes.Inference];
        if (string.IsNullOrWhiteSpace(request.Name) || request.Name.Length > MaxNameLength)
            throw new UserErrorException($"A key needs a name of 1 to {MaxNameLength} characters.");
        foreach (var scope in scopes)
            if (scope is not (KeyScopes.Inference or KeyScopes.Admin))
                throw new UserErrorException($"The scope '{scope}' is unknown. Use {KeyScopes.Inference} or "
                    + $"{KeyScopes.Admin}.");
        if (request.Expires <= DateTimeOffset.UtcNow) throw new UserErrorException("The key would expire in the past.");
        var key = NewKey();
        var view = new KeyView(Guid.CreateVersion7().ToString("N")[..16], request.Name, key[^4..], scopes,
            DateTimeOffset.UtcNow,
            request.Expires, false, key);
        using (var connection = _database.Open())
            SqliteFile.Execute(connection,
            "INSERT INTO keys VALUES ($id, $name, $hash, $four, $scopes, $created, $expires, 0)",
                ("$id", view.KeyId), ("$name", view.Name), ("$hash", Hash.Of(key)), ("$four", view.LastFour),
                ("$scopes", string.Join(' ', scopes)), ("$created", SqliteFile.Text(view.Created)),
                ("$expires", view.Expires is { } expires ? SqliteFile.Text(expires) : null));
        _changed();
        return view;
    }

    public IReadOnlyList<KeyView> List()
    {
        using var connection = _database.Open();
        using var command = SqliteFile.Command(connection,
            "SELECT key_id, name, last_four, scopes, created, expires, revoked FROM keys ORDER BY created");
        using var reader = command.ExecuteReader();
        var keys = new List<KeyView>();
        while (reader.Read()) keys.Add(ViewOf(reader));
        return keys;
    }

    /// <summary>In force at once: the snapshot without the key is published before this returns.</summary>
    public void Revoke(string keyId)
    {
        using (var connection = _database.Open())
            if (SqliteFile.Execute(connection, "UPDATE keys SET revoked = 1 WHERE key_id = $id", ("$id", keyId)) == 0)
                throw new UserErrorException($"There is no key {keyId}.");
        _changed();
    }

    /// <summary>A key for this process alone, never written anywhere. Returns the key.</summary>
    public string AddEphemeralKey(string name, IReadOnlyList<string> scopes)
    {
        var key = NewKey();
        lock (_gate) _ephemeral.Add(new SnapshotKey(name, Hash.Of(key), Organisation, Project, scopes));
        _changed();
        return key;
    }

    /// <summary>The key's principal, or null when it is unknown, revoked or expired.</summary>
    public SnapshotKey? Verify(string key)
    {
        var hash = Hash.Of(key);
        return Snapshot().FirstOrDefault(k => k.Hash == hash && !(k.Expires <= DateTimeOffset.UtcNow));
    }

    /// <summary>The keys in force, as the gateway needs them.</summary>
    public IReadOnlyList<SnapshotKey> Snapshot()
    {
        using var connection = _database.Open();
        using var command = SqliteFile.Command(connection,
            "SELECT key_id, hash, scopes, expires FROM keys WHERE revoked = 0");
        using var reader = command.ExecuteReader();
        var keys = new List<SnapshotKey>();
        while (reader.Read())
            keys.Add(new SnapshotKey(reader.GetString(0), reader.GetString(1), Organisation, Project,
            reader.GetString(2).Split(' '),
                reader.IsDBNull(3) ? null : SqliteFile.Time(reader.GetString(3))));
        lock (_gate) keys.AddRange(_ephemeral);
        return keys;
    }

    /// <summary>Sees to it that <paramref name="keyFile"/> holds an administrator key in force: a file whose key is
    /// good is left alone, otherwise a new key is made and written with mode 600. Returns whether one was
    /// made.</summary>
    public bool EnsureAdminKey(string keyFile)
    {
        if (File.Exists(keyFile) && Verify(File.ReadAllText(keyFile).Trim()) is { } known
            && known.Scopes.Contains(KeyScopes.Admin))
            return false;
        var key = Create(new KeyRequest("administrator", [KeyScopes.Inference, KeyScopes.Admin])).Secret!;
        SecretFile.Write(keyFile, key + "\n");
        return true;
    }

    private static string NewKey() => Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(SecretBytes))
        .TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private static KeyView ViewOf(SqliteDataReader reader) =>
        new(reader.GetString(0), reader.GetString(1), reader.GetString(2),
        reader.GetString(3).Split(' '), SqliteFile.Time(reader.GetString(4)),
        reader.IsDBNull(5) ? null : SqliteFile.Time(reader.GetString(5)), reader.GetInt32(6) != 0);
}
