using Weir.Formats.Bcl;

namespace Weir.Data.Readers;

internal enum FileShape
{
    /// <summary>The whole file is one document of running text.</summary>
    Document,
    /// <summary>One JSON record a line.</summary>
    Lines,
}

internal enum Compression { None, Gzip, Zstd }

/// <summary>A file that can be read. <see cref="Name"/> is relative to the source, with forward slashes.</summary>
internal sealed record SourceFile(string Path, string Name, FileShape Shape, Compression Compression, long Bytes);

/// <summary>What a path holds: the files to read in ordinal order of their names, and the extensions that no reader
/// knows.</summary>
internal sealed record SourceListing(IReadOnlyList<SourceFile> Files, IReadOnlyDictionary<string, int> Unread);

/// <summary>Finds the files under a path and tells from the name how each is read.</summary>
internal static class SourceFiles
{
    public const string ReadExtensions = ".txt, .md and .jsonl, each plain or with .gz or .zst";

    private const int MaximumDepth = 64;

    /// <summary>A file, or a folder and everything below it. Hidden files and folders and links to folders are left
    /// out.</summary>
    public static SourceListing List(string path)
    {
        if (File.Exists(path))
        {
            var file = Recognise(path, Path.GetFileName(path)) ?? throw new UserErrorException(
                $"{path}: no reader knows this kind of file. Weir reads {ReadExtensions}.");
            return new SourceListing([file], new Dictionary<string, int>());
        }
        if (!Directory.Exists(path))
            throw new UserErrorException($"{path}: there is no such file or folder. Check the path in the recipe.");

        var files = new List<SourceFile>();
        var unread = new SortedDictionary<string, int>(StringComparer.Ordinal);
        try
        {
            Walk(new DirectoryInfo(path), "", 0, files, unread);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{path}: the folder cannot be listed: {e.Message} Check its permissions.",
                inner: e);
        }
        if (files.Count == 0)
            throw new UserErrorException($"{path}: no file here can be read. Weir reads {ReadExtensions}. " +
                (unread.Count == 0 ? "The folder is empty." : $"Found only: {Describe(unread)}."));
        files.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return new SourceListing(files, unread);
    }

    /// <summary><c>.pdf (3), .docx (1)</c></summary>
    public static string Describe(IReadOnlyDictionary<string, int> unread) =>
        string.Join(", ", unread.Take(10).Select(u => $"{(u.Key.Length == 0 ? "no extension" : u.Key)} ({u.Value})"));

    public static SourceFile? Recognise(string path, string name)
    {
        var stem = name;
        var compression = Path.GetExtension(stem).ToLowerInvariant() switch
        {
            ".gz" => Compression.Gzip,
            ".zst" => Compression.Zstd,
            _ => Compression.None,
        };
        if (compression != Compression.None) stem = Path.GetFileNameWithoutExtension(stem);
        FileShape? shape = Path.GetExtension(stem).ToLowerInvariant() switch
        {
            ".txt" or ".md" => FileShape.Document,
            ".jsonl" => FileShape.Lines,
            _ => null,
        };
        return shape is null ? null : new SourceFile(path, name, shape.Value, compression, new FileInfo(path).Length);
    }

    private static void Walk(DirectoryInfo folder, string prefix, int depth, List<SourceFile> files,
        SortedDictionary<string, int> unread)
    {
        if (depth > MaximumDepth)
            throw new UserErrorException($"{folder.FullName}: folders are nested more than {MaximumDepth} deep.");
        foreach (var entry in folder.EnumerateFileSystemInfos())
        {
            if (entry.Name.StartsWith('.')) continue;
            if (entry is DirectoryInfo below)
            {
                if (below.LinkTarget is null) Walk(below, prefix + below.Name + "/", depth + 1, files, unread);
                continue;
            }
            if (!File.Exists(entry.FullName)) continue; // a link to nowhere
            if (Recognise(entry.FullName, prefix + entry.Name) is { } file) files.Add(file);
            else
            {
                var extension = entry.Extension.ToLowerInvariant();
                unread[extension] = unread.GetValueOrDefault(extension) + 1;
            }
        }
    }
}
