using Weir.Formats.Bcl;

namespace Weir.Registry.Blobs;

/// <summary>Content-addressed files under <c>blobs/ab/cdef...</c>, read-only, each named by its SHA-256. A blob appears
/// by rename after an fsync, so it is whole or not there; what a crash leaves has another name and is removed at the
/// next start.</summary>
internal sealed class BlobFolder
{
    private const UnixFileMode ReadOnly = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private readonly string _folder;
    private readonly string _incoming;

    public BlobFolder(string dataFolder)
    {
        _folder = Path.Combine(dataFolder, "blobs");
        _incoming = Path.Combine(dataFolder, "incoming");
        Directory.CreateDirectory(_folder);
        Directory.CreateDirectory(_incoming);
        foreach (var rest in Directory.EnumerateFiles(_incoming)) File.Delete(rest);
    }

    public string PathOf(string digest)
    {
        if (!Digest.IsValid(digest)) throw new UserErrorException($"'{digest}' is not a digest (sha256: and 64 "
            + $"hexadecimal digits).");
        return Path.Combine(_folder, digest[7..9], digest[9..]);
    }

    /// <summary>Copies the file in; a blob that is there already is left alone.</summary>
    public void Put(string digest, string source)
    {
        var target = PathOf(digest);
        if (File.Exists(target)) return;
        var temporary = Path.Combine(_incoming, Guid.NewGuid().ToString("N"));
        File.Copy(source, temporary);
        if (Digest.OfFile(temporary) != digest)
        {
            File.Delete(temporary);
            throw new UserErrorException($"{source} changed while it was being stored. Run the stage again.");
        }
        using (var file = File.OpenHandle(temporary, FileMode.Open,
            FileAccess.ReadWrite)) RandomAccess.FlushToDisk(file);
        TakeIn(temporary, target);
    }

    public bool Has(string digest) => File.Exists(PathOf(digest));

    /// <summary>Copies a file in that was hashed before, chunk by chunk.</summary>
    /// <param name="digest">What it hashed to.</param>
    /// <param name="source">The file.</param>
    /// <param name="read">Told the bytes of each chunk.</param>
    /// <param name="ct">Leaves nothing behind.</param>
    public void Put(string digest, SourceFile source, Action<int> read, CancellationToken ct)
    {
        if (Has(digest)) return;
        var temporary = Path.Combine(_incoming, Guid.NewGuid().ToString("N"));
        try
        {
            using (var copy = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0))
            {
                copy.SetLength(source.Bytes);
                if (source.Read(copy, read, ct) != digest) throw source.Changed();
                copy.Flush(flushToDisk: true);
            }
            TakeIn(temporary, PathOf(digest));
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Puts a link to the blob in place of a copy, after its digest was checked. The link is relative, so
    /// that the data folder can be moved as a whole.</summary>
    public void LinkTo(string digest, string target)
    {
        var source = PathOf(digest);
        if (!File.Exists(source) || Digest.OfFile(source) != digest)
            throw new UserErrorException($"The blob {digest} is missing or damaged on disk ({source}). Remove it and "
                + "import the model, or run the stage that made it, again.");
        var folder = Path.GetDirectoryName(target)!;
        Directory.CreateDirectory(folder);
        File.CreateSymbolicLink(target, Path.GetRelativePath(folder, source));
    }

    /// <summary>Copies the blob out and checks its digest.</summary>
    public void CopyTo(string digest, string target)
    {
        var source = PathOf(digest);
        if (!File.Exists(source)) throw new UserErrorException($"The blob {digest} is not in the store. Run the stage "
            + $"that made it again.");
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.Copy(source, target, overwrite: true);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(target, ReadOnly | UnixFileMode.UserWrite);
        if (Digest.OfFile(target) == digest) return;
        File.Delete(target);
        throw new UserErrorException($"The blob {digest} is damaged on disk ({source}). Remove it and run the stage "
            + $"that made it again.");
    }

    private static void TakeIn(string temporary, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(temporary, ReadOnly);
        File.Move(temporary, target, overwrite: true);
    }
}
