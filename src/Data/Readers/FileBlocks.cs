using System.Buffers;
using System.IO.Compression;
using Weir.Formats.Bcl;
using ZstdSharp;

namespace Weir.Data.Readers;

/// <summary>Uncompressed bytes of a file: whole lines (or one whole document), or an issue instead. The buffer is
/// rented and goes back with <see cref="Release"/>.</summary>
/// <param name="FirstLine">Number of the first line, from 1.</param>
/// <param name="FirstOffset">Offset of the first byte in the uncompressed file.</param>
internal sealed record Block(SourceFile File, byte[] Buffer, int Length, long FirstLine, long FirstOffset,
    ReadIssue? Issue = null)
{
    public ReadOnlySpan<byte> Bytes => Buffer.AsSpan(0, Length);

    public void Release()
    {
        if (Buffer.Length > 0) ArrayPool<byte>.Shared.Return(Buffer);
    }
}

/// <summary>
/// Reads one file as blocks, uncompressing on the way. Holds at most one document or one block.
/// A file that ends too early gives every line that was complete, then a <c>truncated</c> issue; a damaged one
/// likewise, with <c>corrupt</c>. After the last block <see cref="Digest"/> is the digest of the file as it lies
/// on disk.
/// </summary>
internal sealed class FileBlocks(SourceFile file, ReadLimits limits)
{
    private DigestingStream? _raw;
    private ReadIssue? _damage;

    static FileBlocks() =>
        // Without this switch GZipStream takes a truncated file for a complete one.
        AppContext.SetSwitch("System.IO.Compression.UseStrictValidation", true);

    /// <summary>Bytes of the file, as on disk, that have been read; for progress.</summary>
    public long Position => _raw?.BytesRead ?? 0;

    /// <summary>Uncompressed bytes that came out.</summary>
    public long BytesOut { get; private set; }

    public string? Digest { get; private set; }

    public IEnumerable<Block> Read()
    {
        using var raw = new DigestingStream(file.Path);
        _raw = raw;
        using var data = Uncompress(raw);
        if (file.Compression != Compression.None && file.Bytes == 0) _damage = Truncated();
        foreach (var block in file.Shape == FileShape.Document ? WholeDocument(data) : Lines(data)) yield return block;
        if (_damage is not null) yield return Failed(_damage);
        Digest = raw.Finish();
    }

    private Stream Uncompress(Stream raw) => file.Compression switch
    {
        Compression.Gzip => new GZipStream(raw, CompressionMode.Decompress, leaveOpen: true),
        Compression.Zstd => new DecompressionStream(raw, bufferSize: 1 << 17, checkEndOfStream: true, leaveOpen: true),
        _ => raw,
    };

    private IEnumerable<Block> WholeDocument(Stream data)
    {
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(file.Bytes + 1, 4096, limits.DocumentBytes + 1L));
        int filled = 0;
        while (Fill(data, buffer.AsSpan(filled)) is var read and > 0)
        {
            filled += read;
            if (filled > limits.DocumentBytes) break;
            if (filled == buffer.Length) buffer = Grow(buffer, filled);
        }
        if (filled > limits.DocumentBytes) yield return Failed(TooLong($"{file.Name}", "Split the file"));
        else if (_damage is null)
        {
            yield return new Block(file, buffer, filled, 1, 0);
            yield break;
        }
        ArrayPool<byte>.Shared.Return(buffer);
    }

    private IEnumerable<Block> Lines(Stream data)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(limits.BlockBytes);
        int filled = 0;
        long line = 1, offset = 0;
        bool skipping = false; // inside a line that is over the limit
        while (Fill(data, buffer.AsSpan(filled)) is var read and > 0)
        {
            filled += read;
            if (skipping)
            {
                int end = buffer.AsSpan(0, filled).IndexOf((byte)'\n') + 1;
                int gone = end == 0 ? filled : end;
                buffer.AsSpan(gone, filled - gone).CopyTo(buffer);
                filled -= gone;
                offset += gone;
                skipping = end == 0;
                if (!skipping) line++;
                continue;
            }
            if (filled < buffer.Length) continue; // Fill gives less than asked only at the end
            int cut = buffer.AsSpan(0, filled).LastIndexOf((byte)'\n') + 1;
            if (cut > 0)
            {
                var next = ArrayPool<byte>.Shared.Rent(Math.Max(limits.BlockBytes, filled - cut + 1));
                buffer.AsSpan(cut, filled - cut).CopyTo(next);
                long lines = buffer.AsSpan(0, cut).Count((byte)'\n');
                yield return new Block(file, buffer, cut, line, offset);
                (buffer, filled, line, offset) = (next, filled - cut, line + lines, offset + cut);
            }
            else if (filled <= limits.DocumentBytes) buffer = Grow(buffer, filled);
            else
            {
                yield return Failed(TooLong($"{file.Name}:{line}", "Split the record"));
                (skipping, filled, offset) = (true, 0, offset + filled);
            }
        }
        if (_damage is not null) // the last line is not complete
            filled = buffer.AsSpan(0, filled).LastIndexOf((byte)'\n') + 1;
        if (filled > 0 && !skipping) yield return new Block(file, buffer, filled, line, offset);
        else ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>Fills the span; less than that only at the end of the file or where it is damaged.</summary>
    private int Fill(Stream data, Span<byte> span)
    {
        int filled = 0;
        try
        {
            while (_damage is null && filled < span.Length && data.Read(span[filled..]) is var read and > 0)
                filled += read;
        }
        catch (EndOfStreamException)
        {
            _damage = Truncated();
        }
        catch (Exception e) when (e is InvalidDataException or ZstdException)
        {
            _damage = IsTruncation(e) ? Truncated() : new ReadIssue(ReadReasons.Corrupt,
                $"{file.Name}: the compressed data is damaged after {BytesOut + filled} uncompressed bytes; " +
                "the records before are kept. Fetch the file again.");
        }
        catch (IOException e)
        {
            throw new UserErrorException($"{file.Path}: reading failed: {e.Message} Check the disk and run again.",
                inner: e);
        }
        BytesOut += filled;
        return filled;
    }

    /// <summary>GZipStream has one type of exception for both, and says which in its message.</summary>
    private static bool IsTruncation(Exception e) =>
        e is InvalidDataException && e.Message.Contains("truncated", StringComparison.OrdinalIgnoreCase);

    private byte[] Grow(byte[] buffer, int filled)
    {
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(buffer.Length * 2L,
            Math.Max(limits.DocumentBytes, filled) + 1L));
        buffer.AsSpan(0, filled).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    private Block Failed(ReadIssue issue) => new(file, [], 0, 0, 0, issue);

    private ReadIssue Truncated() => new(ReadReasons.Truncated,
        $"{file.Name}: the file ends too early; the records that were complete are kept. Fetch it again.");

    private ReadIssue TooLong(string where, string cure) => new(ReadReasons.TooLong,
        $"{where}: longer than {limits.DocumentBytes} bytes, the limit of one document. {cure}.");
}
