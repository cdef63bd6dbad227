using Weir.Formats.Bcl;

namespace Weir.Formats.Gguf;

/// <summary>One file of a model in GGUF: its header, checked, and the means to read its data.</summary>
internal sealed class GgufPart : IDisposable
{
    private readonly DataFile _file;

    private GgufPart(DataFile file, GgufHeader header)
    {
        _file = file;
        Header = header;
    }

    public GgufHeader Header { get; }

    public string Path => _file.Path;

    /// <exception cref="UserErrorException">The file cannot be read, is no GGUF that this version reads, or is
    /// damaged.</exception>
    public static GgufPart Open(string path) => Open(DataFile.Open(path));

    public static GgufPart Open(DataFile file)
    {
        try
        {
            return new GgufPart(file, GgufHeader.Read(file.Stream));
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            file.Dispose();
            throw Bad(file.Path, e is EndOfStreamException ? "it ends within its header" : e.Message, e);
        }
        catch (IOException e)
        {
            file.Dispose();
            throw new UserErrorException($"{file.Path} cannot be read: {e.Message}", inner: e);
        }
    }

    /// <summary>Bytes of the data, counted from where data begins.</summary>
    public void ReadData(long offset, Span<byte> into) => _file.ReadAt(Header.DataStart + offset, into);

    /// <summary>Bytes of the file.</summary>
    public byte[] ReadRange(GgufHeader.ByteRange range)
    {
        var bytes = new byte[range.Length];
        _file.ReadAt(range.Start, bytes);
        return bytes;
    }

    public void Dispose() => _file.Dispose();

    public static UserErrorException Bad(string path, string what, Exception? inner = null) =>
        new($"{path} is not a usable GGUF file: {what}. Fetch or export it again.", inner: inner);
}
