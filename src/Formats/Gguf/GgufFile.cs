using System.Runtime.InteropServices;
using Weir.Formats.Bcl;

namespace Weir.Formats.Gguf;

/// <summary>Tensor types of GGUF that Weir reads and writes; the numbers are those of the format.</summary>
public enum GgufType
{
    F32 = 0,
    F16 = 1,
    /// <summary>Q8_0: blocks of 32: one float16 scale, then 32 signed bytes.</summary>
    Q8 = 8,
}

/// <summary>A tensor of a GGUF file.</summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="Type">How its elements are stored.</param>
/// <param name="Shape">As the file has it: the fastest dimension first.</param>
/// <param name="Offset">From the beginning of the data.</param>
/// <param name="Bytes">Its size in the file.</param>
public sealed record GgufTensor(string Name, GgufType Type, IReadOnlyList<long> Shape, long Offset, long Bytes)
{
    public long ElementCount => Shape.Aggregate(1L, (product, size) => checked(product * size));
}

/// <summary>
/// The GGUF format, versions 2 and 3 (github.com/ggml-org/ggml, docs/gguf.md), little-endian: magic, version, tensor
/// count, metadata count, key-values, tensor infos, padding to <c>general.alignment</c>, data. The header is checked
/// as a whole before anything is given out (<see cref="GgufHeader"/>); its memory is bounded by a constant times the
/// file's size.
/// </summary>
public sealed class GgufFile : IDisposable
{
    private readonly FileStream _stream;
    private readonly GgufHeader _header;

    private GgufFile(FileStream stream, GgufHeader header, string path)
    {
        _stream = stream;
        _header = header;
        Path = path;
    }

    public string Path { get; }

    /// <summary>Values are bool, long, ulong, double, string, or an array: bool[], long[], ulong[], double[],
    /// string[], or object[] of arrays. Signed kinds become long and unsigned ones ulong, whatever their
    /// width.</summary>
    public IReadOnlyDictionary<string, object> Metadata => _header.Metadata;

    public IReadOnlyDictionary<string, GgufTensor> Tensors => _header.Tensors;

    /// <exception cref="UserErrorException">The file cannot be read, is no GGUF that this version reads, or is
    /// damaged.</exception>
    public static GgufFile Open(string path)
    {
        FileStream? stream = null;
        try
        {
            stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
            return new GgufFile(stream, GgufHeader.Read(stream), path);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            stream?.Dispose();
            throw Bad(path, e is EndOfStreamException ? "it ends within its header" : e.Message, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            stream?.Dispose();
            throw new UserErrorException($"{path} cannot be read: {e.Message}", inner: e);
        }
    }

    /// <exception cref="UserErrorException">There is no such key, or its value is of another kind.</exception>
    public T Get<T>(string key) => Metadata.TryGetValue(key, out var value) && value is T typed ? typed
        : throw Bad(Path, $"its metadata has no '{key}' of the expected kind");

    /// <exception cref="UserErrorException">There is no such key, or its value is no integer.</exception>
    public long GetInteger(string key) =>
        TryGetInteger(key) ?? throw Bad(Path, $"its metadata has no integer '{key}'");

    /// <summary>Null where there is none, or where the value is no integer that fits.</summary>
    public long? TryGetInteger(string key) => Metadata.GetValueOrDefault(key) switch
    {
        long value => value,
        ulong value when value <= long.MaxValue => (long)value,
        _ => null,
    };

    /// <summary>Null where there is none, or where the value is no number.</summary>
    public double? TryGetNumber(string key) => Metadata.GetValueOrDefault(key) switch
    {
        double value => value,
        _ => TryGetInteger(key),
    };

    /// <summary>The tensor as float32, the fastest dimension first (row-major [out, in] for a matrix).</summary>
    /// <exception cref="UserErrorException">There is no such tensor, it is too large for memory, or the file was cut
    /// while it was open.</exception>
    public float[] ReadFloat32(string name)
    {
        if (!Tensors.TryGetValue(name, out var tensor)) throw Bad(Path, $"it has no tensor '{name}'");
        if (tensor.ElementCount > Array.MaxLength / 4)
            throw Bad(Path, $"tensor '{name}' is larger than one buffer can hold");
        var values = new float[tensor.ElementCount];
        try
        {
            if (tensor.Type == GgufType.F32)
            {
                ReadAt(tensor.Offset, MemoryMarshal.AsBytes(values.AsSpan()));
                return values;
            }
            var raw = new byte[tensor.Bytes];
            ReadAt(tensor.Offset, raw);
            if (tensor.Type == GgufType.Q8) Q8Blocks.Read(raw, values);
            else
            {
                var halves = MemoryMarshal.Cast<byte, Half>(raw);
                for (int i = 0; i < values.Length; i++) values[i] = (float)halves[i];
            }
            return values;
        }
        catch (IOException e)
        {
            throw Bad(Path, $"tensor '{name}' cannot be read ({e.Message})", e);
        }
    }

    public void Dispose() => _stream.Dispose();

    private void ReadAt(long offset, Span<byte> bytes)
    {
        lock (_stream)
        {
            _stream.Position = _header.DataStart + offset;
            _stream.ReadExactly(bytes);
        }
    }

    private static UserErrorException Bad(string path, string what, Exception? inner = null) =>
        new($"{path} is not a usable GGUF file: {what}. Fetch or export it again.", inner: inner);
}
