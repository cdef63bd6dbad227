using System.Text.Json;
using Microsoft.Data.Sqlite;
using Weir.Formats.Bcl;
using Weir.Formats.Platform;
using Weir.Formats.Runs;
using Weir.Sqlite;

namespace Weir.Registry.Blobs;

/// <summary>Artifacts: named trees of blobs under one digest.</summary>
public sealed class ArtifactStore
{
    private readonly SqliteFile _database;
    private readonly BlobFolder _blobs;

    internal ArtifactStore(SqliteFile database, string dataFolder)
    {
        _database = database;
        _blobs = new BlobFolder(dataFolder);
    }

    /// <summary>Stores a folder. The same bytes under the same names are one artifact, however often they are
    /// put.</summary>
    public ArtifactRef PutFolder(string name, string kind, string folder)
    {
        if (!Directory.Exists(folder)) throw new UserErrorException($"The output folder {folder} is missing.");
        var artifact = ArtifactTree.Scan(name, kind, folder);
        foreach (var file in artifact.Files) _blobs.Put(file.Digest, Path.Combine(folder, file.Path));
        Add(artifact);
        return artifact;
    }

    /// <summary>True where the blob of that digest is here already.</summary>
    public bool Holds(string digest) => _blobs.Has(digest);

    /// <summary>Stores files from anywhere on this machine under the digests that <see cref="SourceFile.Read"/> gave,
    /// leaving out those that are here.</summary>
    public ArtifactRef PutFiles(string name, string kind, IReadOnlyList<(SourceFile File, string Digest)> files,
        Action<int> stored, CancellationToken ct)
    {
        foreach (var (file, digest) in files) _blobs.Put(digest, file, stored, ct);
        List<FileEntry> entries = [.. files.Select(f => new FileEntry(f.File.Path, f.Digest, f.File.Bytes))
            .OrderBy(f => f.Path, StringComparer.Ordinal)];
        var artifact = new ArtifactRef(name, kind, ArtifactTree.DigestOf(entries), entries);
        Add(artifact);
        return artifact;
    }

    /// <summary>Writes the artifact as a folder of copies, wholly or not at all.</summary>
    public void Materialise(string digest, string folder) => Materialise(digest, folder, _blobs.CopyTo);

    /// <summary>The same as a folder of links to the blobs, for who only reads: no second copy on the disk.</summary>
    public void Link(string digest, string folder) => Materialise(digest, folder, _blobs.LinkTo);

    private void Add(ArtifactRef artifact)
    {
        using var connection = _database.Open();
        SqliteFile.Execute(connection,
            "INSERT INTO artifacts (digest, kind, name, files, bytes, created) VALUES ($digest, $kind, $name, $files, "
                + "$bytes, $created) "
            + "ON CONFLICT (digest) DO NOTHING",
            ("$digest", artifact.Digest), ("$kind", artifact.Kind), ("$name", artifact.Name),
            ("$files", JsonSerializer.Serialize(artifact, RunJson.Lines.ArtifactRef)),
            ("$bytes", artifact.Files.Sum(f => f.Bytes)),
            ("$created", SqliteFile.Text(DateTimeOffset.UtcNow)));
    }

    private void Materialise(string digest, string folder, Action<string, string> bring)
    {
        var artifact = Find(digest) ?? throw new UserErrorException($"The registry has no artifact {digest}.");
        var temporary = Path.GetFullPath(folder) + $".{Guid.NewGuid():N}.tmp";
        Directory.CreateDirectory(temporary);
        try
        {
            foreach (var file in artifact.Files)
            {
                var target = Path.GetFullPath(Path.Combine(temporary, file.Path));
                if (!target.StartsWith(temporary + Path.DirectorySeparatorChar, StringComparison.Ordinal))
                    throw new UserErrorException($"Artifact {digest} names a file outside of itself: '{file.Path}'.");
                bring(file.Digest, target);
            }
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
            Directory.Move(temporary, folder);
        }
        catch
        {
            Directory.Delete(temporary, recursive: true);
            throw;
        }
    }

    public ArtifactRef? Find(string digest)
    {
        using var connection = _database.Open();
        using var command = SqliteFile.Command(connection, "SELECT files FROM artifacts WHERE digest = $digest",
            ("$digest", digest));
        return command.ExecuteScalar() is string json ? JsonSerializer.Deserialize(json, RunJson.Lines.ArtifactRef)
            : null;
    }

    /// <summary>A small text file of an artifact.</summary>
    public string ReadText(string digest, string path, int maximumBytes)
    {
        var artifact = Find(digest) ?? throw new UserErrorException($"The registry has no artifact {digest}.");
        var file = artifact.Files.FirstOrDefault(f => f.Path == path)
            ?? throw new UserErrorException($"Artifact {digest} has no file '{path}'.");
        if (file.Bytes > maximumBytes) throw new UserErrorException($"'{path}' has {file.Bytes} bytes, more than "
            + $"{maximumBytes}.");
        return File.ReadAllText(_blobs.PathOf(file.Digest));
    }

    /// <summary>The newest 1,000 artifacts.</summary>
    public IReadOnlyList<ArtifactView> List()
    {
        using var connection = _database.Open();
        using var command = SqliteFile.Command(connection,
            "SELECT digest, kind, name, bytes, files, created FROM artifacts ORDER BY created DESC, digest LIMIT 1000");
        using var reader = command.ExecuteReader();
        var list = new List<ArtifactView>();
        while (reader.Read())
            list.Add(new ArtifactView(reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetInt64(3),
                JsonSerializer.Deserialize(reader.GetString(4), RunJson.Lines.ArtifactRef)!.Files.Count,
                SqliteFile.Time(reader.GetString(5))));
        return list;
    }

    internal static void Require(SqliteConnection connection, string digest)
    {
        using var command = SqliteFile.Command(connection, "SELECT 1 FROM artifacts WHERE digest = $digest",
            ("$digest", digest));
        if (command.ExecuteScalar() is null) throw new UserErrorException($"The registry has no artifact {digest}.");
    }
}
