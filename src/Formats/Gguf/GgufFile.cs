using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
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

/// <summary>A tensor of a GGUF file. <see cref="Shape"/> is as the file has it: the fastest dimension first.</summary>
public sealed record GgufTensor(string Name, GgufType Type, IReadOnlyList<long> Shape, long Offset, long Bytes)
{
    public long ElementCount => Shape.Aggregate(1L, (product, size) => checked(product * size));
}

/// <summary>
/// The GGUF format, versions 2 and 3 (github.com/ggml-org/ggml, docs/gguf.md), little-endian: magic, version, tensor
/// count, metadata count, key-values, tensor infos, padding to <c>general.alignment</c>, data. Every count, length and
/// offset is checked against the file and the limits below before it is used.
/// </summary>
public sealed class GgufFile : IDisposable
{
    private const int MaxTensors = 1 << 20, MaxMetadata = 1 << 20, MaxNameBytes = 1 << 16, MaxStringBytes = 1 << 26,
        MaxArrayDepth = 4;
    private const uint ArrayKind = 9;
    private readonly FileStream _stream;
    private readonly Dictionary<string, object> _metadata = [];
    private readonly Dictionary<string, GgufTensor> _tensors = [];
    private long _dataStart;

    private GgufFile(FileStream stream, string path)
    {
        _stream = stream;
        Path = path;
    }

    public string Path { get; }

    /// <summary>Values are bool, long, ulong, double, string, or object[] of these.</summary>
    public IReadOnlyDictionary<string, object> Metadata => _metadata;

    public IReadOnlyDictionary<string, GgufTensor> Tensors => _tensors;

    /// <exception cref="UserErrorException">The file is no GGUF that this version reads, or it is damaged.</exception>
    public static GgufFile Open(string path)
    {
        var file = new GgufFile(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16), path);
        try
        {
            file.ReadHeader();
            return file;
        }
        catch (EndOfStreamException e)
        {
            file.Dispose();
            throw file.Bad("it ends within its header", e);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public T Get<T>(string key) => _metadata.TryGetValue(key, out var value) && value is T typed ? typed
        : throw Bad($"its metadata has no '{key}' of the expected type");

    public long GetInteger(string key) => TryGetInteger(key) ?? throw Bad($"its metadata has no integer '{key}'");

    public long? TryGetInteger(string key) => _metadata.GetValueOrDefault(key) switch
    {
        long value => value,
        ulong value when value <= long.MaxValue => (long)value,
        _ => null,
    };

    public double? TryGetNumber(string key) => _metadata.GetValueOrDefault(key) switch
    {
        double value => value,
        long value => value,
        _ => null,
    };

    /// <summary>The tensor as float32, the fastest dimension first (row-major [out, in] for a matrix).</summary>
    public float[] ReadFloat32(string name)
    {
        if (!_tensors.TryGetValue(name, out var tensor)) throw Bad($"it has no tensor '{name}'");
        if (tensor.ElementCount > Array.MaxLength / 4) throw Bad($"tensor '{name}' is larger than one buffer can hold");
        var raw = new byte[tensor.Bytes];
        lock (_stream)
        {
            _stream.Position = _dataStart + tensor.Offset;
            _stream.ReadExactly(raw);
        }
        var values = new float[tensor.ElementCount];
        switch (tensor.Type)
        {
            case GgufType.F32:
                raw.CopyTo(MemoryMarshal.AsBytes(values.AsSpan()));
                break;
            case GgufType.F16:
                var halves = MemoryMarshal.Cast<byte, Half>(raw);
                for (int i = 0; i < values.Length; i++) values[i] = (float)halves[i];
                break;
            default:
                Q8Blocks.Read(raw, values);
                break;
        }
        return values;
    }

    public void Dispose() => _stream.Dispose();

    private void ReadHeader()
    {
        if (ReadUInt32() != 0x46554747) throw Bad("it does not begin with 'GGUF'");
        uint version = ReadUInt32();
        if (version is not (2 or 3)) throw Bad($"version {version} is not read, only 2 and 3");
        long tensorCount = ReadCount(MaxTensors, "tensors"), metadataCount = ReadCount(MaxMetadata, "metadata entries");
        for (long i = 0; i < metadataCount; i++)
        {
            var key = ReadString(MaxNameBytes);
            if (!_metadata.TryAdd(key, ReadValue(ReadUInt32(), 0))) throw Bad($"metadata '{key}' stands there twice");
        }
        var infos = new List<GgufTensor>();
        for (long i = 0; i < tensorCount; i++) infos.Add(ReadTensorInfo());
        long alignment = TryGetInteger("general.alignment") ?? 32;
        if (alignment is < 1 or > 1 << 20
            || (alignment & (alignment - 1)) != 0) throw Bad($"alignment {alignment} is no power of two");
        _dataStart = (_stream.Position + alignment - 1) / alignment * alignment;
        foreach (var info in infos)
        {
            if (info.Offset < 0 || info.Offset % alignment != 0
                || info.Offset > _stream.Length - _dataStart - info.Bytes)
                throw Bad($"tensor '{info.Name}' points outside of the file");
            if (!_tensors.TryAdd(info.Name, info)) throw Bad($"tensor '{info.Name}' stands there twice");
        }
    }

    private GgufTensor ReadTensorInfo()
    {
        var name = ReadString(MaxNameBytes);
        uint dimensions = ReadUInt32();
        if (dimensions is < 1 or > 4) throw Bad($"tensor '{name}' has {dimensions} dimensions");
        var shape = new long[dimensions];
        Int128 count = 1;
        for (int i = 0; i < dimensions; i++)
        {
            shape[i] = (long)ReadUInt64();
            if (shape[i] < 1) throw Bad($"tensor '{name}' has a bad shape");
            count *= shape[i];
            if (count > long.MaxValue / 8) throw Bad($"tensor '{name}' is too large");
        }
        uint type = ReadUInt32();
        long bytes = (GgufType)type switch
        {
            GgufType.F32 => (long)count * 4,
            GgufType.F16 => (long)count * 2,
            GgufType.Q8 when shape[0] % Q8Blocks.Elements == 0 => (long)count / Q8Blocks.Elements * Q8Blocks.Bytes,
            _ => throw Bad($"tensor '{name}' has type {type}; this version reads F32, F16 and Q8_0"),
        };
        return new GgufTensor(name, (GgufType)type, shape, (long)ReadUInt64(), bytes);
    }

    private object ReadValue(uint kind, int depth)
    {
        switch (kind)
        {
            case 0: return (ulong)ReadBytes(1)[0];
            case 1: return (long)(sbyte)ReadBytes(1)[0];
            case 2: return (ulong)BinaryPrimitives.ReadUInt16LittleEndian(ReadBytes(2));
            case 3: return (long)BinaryPrimitives.ReadInt16LittleEndian(ReadBytes(2));
            case 4: return (ulong)ReadUInt32();
            case 5: return (long)BinaryPrimitives.ReadInt32LittleEndian(ReadBytes(4));
            case 6: return (double)BinaryPrimitives.ReadSingleLittleEndian(ReadBytes(4));
            case 7: return ReadBytes(1)[0] != 0;
            case 8: return ReadString(MaxStringBytes);
            case 10: return ReadUInt64();
            case 11: return BinaryPrimitives.ReadInt64LittleEndian(ReadBytes(8));
            case 12: return BinaryPrimitives.ReadDoubleLittleEndian(ReadBytes(8));
            case ArrayKind when depth < MaxArrayDepth:
                uint itemKind = ReadUInt32();
                long count = (long)ReadUInt64();
                // Every item takes at least a byte, so a count beyond the file's rest is a lie.
                if (count < 0
                    || count > _stream.Length - _stream.Position) throw Bad("an array is longer than the file");
                var items = new List<object>((int)Math.Min(count, 1 << 16));
                for (long i = 0; i < count; i++) items.Add(ReadValue(itemKind, depth + 1));
                return items.ToArray();
            default: throw Bad($"metadata of kind {kind} is not known");
        }
    }

    private long ReadCount(int most, string what)
    {
        ulong count = ReadUInt64();
        return count <= (ulong)most ? (long)count : throw Bad($"{count} {what} are more than {most}");
    }

    private string ReadString(int most)
    {
        ulong length = ReadUInt64();
        if (length > (ulong)most
            || (long)length > _stream.Length - _stream.Position) throw Bad("a string is longer than the file or the "
                + "limit");
        return Encoding.UTF8.GetString(ReadBytes((int)length));
    }

    private uint ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(ReadBytes(4));

    private ulong ReadUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(ReadBytes(8));

    private byte[] ReadBytes(int count)
    {
        var bytes = new byte[count];
        _stream.ReadExactly(bytes);
        return bytes;
    }

    private UserErrorException Bad(string what, Exception? inner = null) =>
        new($"{Path} is not a usable GGUF file: {what}. Fetch or export it again.", inner: inner);
}
