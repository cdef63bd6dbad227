using System.Text.Json;
using Weir.Data.Readers;
using Weir.Data.Running;
using Weir.Formats.Bcl;
using Weir.Formats.Datasets;
using Weir.Formats.Runs;

namespace Weir.Data.Datasets;

/// <summary>A dataset version on disk: its manifest and its shards.</summary>
internal sealed class DatasetFolder
{
    public const string ManifestName = "manifest.json";

    private DatasetFolder(string path, DatasetManifest manifest)
    {
        Path = path;
        Manifest = manifest;
    }

    public string Path { get; }
    public DatasetManifest Manifest { get; }

    public static DatasetFolder Open(string path) => TryOpen(path) ?? throw new UserErrorException(
        $"{path}: not a dataset folder (no {ManifestName} of schema '{DatasetManifest.SchemaName}'). "
        + "Make one with 'weir curate'.");

    /// <summary>Null where the folder has no manifest of a dataset; an error where it has one that cannot be
    /// used.</summary>
    public static DatasetFolder? TryOpen(string path)
    {
        var file = System.IO.Path.Combine(path, ManifestName);
        if (!File.Exists(file)) return null;
        try
        {
            using var stream = File.OpenRead(file);
            using (var document = JsonDocument.Parse(stream))
            {
                if (document.RootElement.ValueKind != JsonValueKind.Object
                    || !document.RootElement.TryGetProperty("schema", out var schema)
                    || schema.ValueKind != JsonValueKind.String
                    || !schema.GetString()!.StartsWith("dataset/", StringComparison.Ordinal)) return null;
                SchemaVersion.Require(schema.GetString(), DatasetManifest.SchemaName, file);
            }
            stream.Position = 0;
            var manifest = JsonSerializer.Deserialize(stream, DatasetJson.Pretty.DatasetManifest)!;
            foreach (var shard in manifest.Shards) RequirePlainName(shard, file);
            return new DatasetFolder(path, manifest);
        }
        catch (JsonException e)
        {
            throw new UserErrorException($"{file}: damaged: {e.Message} Make the dataset again.", inner: e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{file}: the file cannot be read: {e.Message}", inner: e);
        }
    }

    /// <summary>Writes the manifest, which makes a folder of shards a dataset; so it comes last.</summary>
    public static void WriteManifest(string folder, DatasetManifest manifest)
    {
        var path = System.IO.Path.Combine(folder, ManifestName);
        try
        {
            var json = JsonSerializer.Serialize(manifest, DatasetJson.Pretty.DatasetManifest);
            AtomicFile.WriteAllText(path, json + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.CannotWrite(path, e);
        }
    }

    /// <summary>The digest that names this version: over all of its files.</summary>
    public string Digest() => ArtifactTree.Scan(Manifest.Name, ArtifactKinds.Dataset, Path).Digest;

    public string PathOf(DatasetShard shard) => System.IO.Path.Combine(Path, shard.Path);

    /// <summary>A text or chat shard as a file for the readers.</summary>
    public SourceFile FileOf(DatasetShard shard)
    {
        var path = PathOf(shard);
        if (!File.Exists(path))
            throw new UserErrorException($"{path}: the manifest names this shard, but it is missing. Copy it again.");
        return SourceFiles.Recognise(path, shard.Path)
            ?? throw new UserErrorException($"{path}: no reader knows this kind of shard.");
    }

    private static void RequirePlainName(DatasetShard shard, string manifest)
    {
        if (shard.Path.Length == 0 || shard.Path.Contains("..", StringComparison.Ordinal)
            || System.IO.Path.IsPathRooted(shard.Path) || shard.Path.Contains('\\'))
            throw new UserErrorException($"{manifest}: shard path '{shard.Path}' leads out of the dataset's folder.");
    }
}
