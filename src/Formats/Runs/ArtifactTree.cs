using System.Text;
using Weir.Formats.Bcl;

namespace Weir.Formats.Runs;

/// <summary>The digest of a folder: SHA-256 over its sorted lines <c>digest SP bytes SP path LF</c>. The same bytes
/// under the same names give the same digest on every machine, so pushing a run twice is the same as pushing it
/// once.</summary>
public static class ArtifactTree
{
    public static ArtifactRef Scan(string name, string kind, string folder)
    {
        var files = new List<FileEntry>();
        if (File.Exists(folder))
            files.Add(new FileEntry(Path.GetFileName(folder), Digest.OfFile(folder), LengthOf(folder)));
        else
        {
            foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            {
                if (path.EndsWith(".tmp", StringComparison.Ordinal)) continue;
                var relative = Path.GetRelativePath(folder, path).Replace('\\', '/');
                files.Add(new FileEntry(relative, Digest.OfFile(path), LengthOf(path)));
            }
        }
        files.Sort((a, b) => string.CompareOrdinal(a.Path, b.Path));
        return new ArtifactRef(name, kind, DigestOf(files), files);
    }

    public static string DigestOf(IEnumerable<FileEntry> files)
    {
        var lines = new StringBuilder();
        foreach (var file in files.OrderBy(f => f.Path, StringComparer.Ordinal))
            lines.Append(file.Digest).Append(' ').Append(file.Bytes).Append(' ').Append(file.Path).Append('\n');
        return Digest.OfText(lines.ToString());
    }

    /// <summary>Of what a link leads to, as its digest is.</summary>
    private static long LengthOf(string path)
    {
        using var file = File.OpenHandle(path);
        return RandomAccess.GetLength(file);
    }
}
