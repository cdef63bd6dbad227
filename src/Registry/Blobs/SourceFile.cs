using System.Security.Cryptography;
using Weir.Formats.Bcl;

namespace Weir.Registry.Blobs;

/// <summary>A file of this machine that is to become a blob; <see cref="Path"/> is its name in the artifact.</summary>
public sealed record SourceFile(string Path, string FullPath, long Bytes)
{
    private const int ChunkBytes = 4 << 20;

    /// <summary>Reads the file once, from begin to end, and gives its digest.</summary>
    /// <param name="copy">Where its bytes are written too; null for nowhere.</param>
    /// <param name="read">Told the bytes of each chunk.</param>
    /// <param name="ct">Looked at after each chunk.</param>
    /// <exception cref="UserErrorException">It has another length than it had when it was listed.</exception>
    internal string Read(Stream? copy, Action<int> read, CancellationToken ct)
    {
        using var file = File.OpenHandle(FullPath, options: FileOptions.SequentialScan);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var chunk = new byte[(int)Math.Clamp(Bytes, 1, ChunkBytes)];
        long at = 0;
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            int count = RandomAccess.Read(file, chunk, at);
            if (count == 0) break;
            at += count;
            if (at > Bytes) break; // a file that grows has no end to wait for
            hash.AppendData(chunk.AsSpan(0, count));
            copy?.Write(chunk.AsSpan(0, count));
            read(count);
        }
        if (at != Bytes) throw Changed();
        return Digest.Format(hash.GetHashAndReset());
    }

    internal UserErrorException Changed() =>
        new($"{FullPath} changed while it was read. Wait until it is whole, then import it again.");
}
