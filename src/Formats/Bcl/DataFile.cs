using Microsoft.Win32.SafeHandles;

namespace Weir.Formats.Bcl;

/// <summary>A file of data open for reading, from the beginning as a stream and anywhere by position (from any number
/// of threads). It is read and never mapped: who cuts a file that is open gives its reader an error, where a mapping
/// would end the process.</summary>
internal sealed class DataFile : IDisposable
{
    private const int BufferBytes = 1 << 16;
    private readonly SafeFileHandle? _handle;
    private readonly byte[]? _bytes;

    private DataFile(Stream stream, string path)
    {
        Stream = stream;
        Path = path;
        Length = stream.Length;
    }

    private DataFile(FileStream stream, string path) : this((Stream)stream, path) => _handle = stream.SafeFileHandle;

    private DataFile(byte[] bytes, string path) : this(new MemoryStream(bytes, writable: false), path) =>
        _bytes = bytes;

    public string Path { get; }

    /// <summary>When it was opened.</summary>
    public long Length { get; }

    /// <summary>For the file's header.</summary>
    public Stream Stream { get; }

    /// <summary>The same of bytes in memory, which messages call <paramref name="name"/>.</summary>
    public static DataFile OfBytes(byte[] bytes, string name) => new(bytes, name);

    /// <exception cref="UserErrorException">It is not there, no file, or not readable.</exception>
    public static DataFile Open(string path)
    {
        try
        {
            const FileShare others = FileShare.Read | FileShare.Delete;
            var stream = new FileStream(path, FileMode.Open, FileAccess.Read, others, BufferBytes);
            if (stream.CanSeek) return new DataFile(stream, path);
            stream.Dispose();
            throw new UserErrorException($"{path} cannot be read: it is no file on a disk.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException
            or NotSupportedException)
        {
            throw new UserErrorException($"{path} cannot be read: {e.Message}", inner: e);
        }
    }

    /// <exception cref="UserErrorException">The file has become shorter since it was opened, or the disk
    /// fails.</exception>
    public void ReadAt(long offset, Span<byte> into)
    {
        try
        {
            while (!into.IsEmpty)
            {
                int read = Read(offset, into);
                if (read == 0)
                    throw new UserErrorException($"{Path} became shorter while it was read. Fetch or export it again.");
                into = into[read..];
                offset += read;
            }
        }
        catch (IOException e)
        {
            throw new UserErrorException($"{Path} cannot be read: {e.Message}", inner: e);
        }
    }

    public void Dispose() => Stream.Dispose();

    private int Read(long offset, Span<byte> into)
    {
        if (_handle is not null) return RandomAccess.Read(_handle, into, offset);
        var rest = _bytes.AsSpan((int)Math.Min(offset, _bytes!.Length));
        rest = rest[..Math.Min(rest.Length, into.Length)];
        rest.CopyTo(into);
        return rest.Length;
    }
}
