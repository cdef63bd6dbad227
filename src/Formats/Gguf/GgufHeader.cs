using System.Text;
using Weir.Formats.Quantization;

namespace Weir.Formats.Gguf;

/// <summary>Metadata and tensor infos of a GGUF file. The file is not trusted: counts, lengths and offsets are
/// compared with the file's size, and products are made in 128 bits, before anything is allocated or used. What is
/// wrong is thrown as <see cref="InvalidDataException"/>, or <see cref="EndOfStreamException"/> where the file ends
/// too soon.</summary>
internal sealed class GgufHeader
{
    private const uint Magic = 0x46554747; // "GGUF"
    private const int MaxKeyBytes = 65535, MaxTensorNameBytes = 63, MaxStringBytes = 1 << 26, MaxArrayDepth = 4;
    private const int SmallestEntryBytes = 13, SmallestTensorBytes = 33, DefaultAlignment = 32,
        ShortStringBytes = 512;
    private static readonly string TypesRead =
        string.Join(", ", BlockLayout.All.Select(layout => $"{layout.Type} ({(int)layout.Type})"));
    private readonly Stream _stream;
    private readonly BinaryReader _reader;
    private readonly Dictionary<string, object> _metadata = new(StringComparer.Ordinal);
    private readonly Dictionary<string, GgufTensor> _tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ByteRange> _ranges = new(StringComparer.Ordinal);

    /// <summary>Bytes of the file.</summary>
    internal readonly record struct ByteRange(long Start, long Length);

    private GgufHeader(BinaryReader reader)
    {
        _stream = reader.BaseStream;
        _reader = reader;
    }

    public IReadOnlyDictionary<string, object> Metadata => _metadata;
    public IReadOnlyDictionary<string, GgufTensor> Tensors => _tensors;

    /// <summary>Where each metadata value lies in the file, from its kind on.</summary>
    public IReadOnlyDictionary<string, ByteRange> Ranges => _ranges;

    /// <summary>Where the tensors' data begins in the file.</summary>
    public long DataStart { get; private set; }

    private long Rest => _stream.Length - _stream.Position;

    /// <summary>Reads the header from the beginning of a seekable stream.</summary>
    public static GgufHeader Read(Stream stream)
    {
        using var reader = new BinaryReader(stream, Encoding.UTF8, leaveOpen: true);
        var header = new GgufHeader(reader);
        header.ReadAll();
        return header;
    }

    // 1. Magic, version and counts. 2. Metadata. 3. Tensor infos. 4. Where data begins, and that every tensor lies
    // inside of the file without touching another.
    private void ReadAll()
    {
        if (_reader.ReadUInt32() != Magic) throw Bad("it does not begin with 'GGUF'");
        uint version = _reader.ReadUInt32();
        if (version is 0x02000000 or 0x03000000)
            throw Bad("its numbers are big-endian, and only little-endian files are read (gguf-py's "
                + "gguf_convert_endian turns them)");
        if (version is not (2 or 3)) throw Bad($"it has version {version}, and only 2 and 3 are read");
        ulong tensorCount = _reader.ReadUInt64(), entryCount = _reader.ReadUInt64();
        if (entryCount > (ulong)Rest / SmallestEntryBytes || tensorCount > (ulong)Rest / SmallestTensorBytes)
            throw Bad("it announces more entries than it can hold");
        for (ulong i = 0; i < entryCount; i++)
        {
            var key = ReadString(MaxKeyBytes, "metadata key");
            if (key.Length == 0) throw Bad("a metadata key is empty");
            long start = _stream.Position;
            if (!_metadata.TryAdd(key, ReadValue(_reader.ReadUInt32())))
                throw Bad($"metadata '{key}' stands there twice");
            _ranges[key] = new ByteRange(start, _stream.Position - start);
        }
        var infos = new List<GgufTensor>();
        for (ulong i = 0; i < tensorCount; i++) infos.Add(ReadTensorInfo());
        PlaceTensors(infos, ReadAlignment());
    }

    private uint ReadAlignment()
    {
        if (!_metadata.TryGetValue("general.alignment", out var value)) return DefaultAlignment;
        return value is ulong and >= 8 and <= 1 << 20 and var alignment && ulong.IsPow2(alignment) ? (uint)alignment
            : throw Bad($"its alignment '{value}' is no power of two from 8 to 1048576");
    }

    private void PlaceTensors(List<GgufTensor> infos, uint alignment)
    {
        DataStart = (_stream.Position + alignment - 1) / alignment * alignment;
        long dataBytes = Math.Max(0, _stream.Length - DataStart), end = 0;
        foreach (var info in infos.OrderBy(i => i.Offset))
        {
            if (info.Offset < 0 || info.Offset % alignment != 0 || info.Bytes > dataBytes
                || info.Offset > dataBytes - info.Bytes)
                throw Bad($"tensor '{info.Name}' points outside of the file (a truncated copy?)");
            if (info.Offset < end) throw Bad($"tensor '{info.Name}' lies over another");
            if (!_tensors.TryAdd(info.Name, info)) throw Bad($"tensor '{info.Name}' stands there twice");
            end = info.Offset + info.Bytes;
        }
    }

    private GgufTensor ReadTensorInfo()
    {
        var name = ReadString(MaxTensorNameBytes, "tensor name");
        if (name.Length == 0) throw Bad("a tensor has no name");
        uint dimensions = _reader.ReadUInt32();
        if (dimensions is < 1 or > 4) throw Bad($"tensor '{name}' has {dimensions} dimensions");
        var shape = new long[dimensions];
        Int128 count = 1;
        for (int i = 0; i < dimensions; i++)
        {
            shape[i] = _reader.ReadInt64();
            count *= shape[i];
            // Each element takes at least half a byte.
            if (shape[i] < 1 || count > 2 * (Int128)_stream.Length)
                throw Bad($"tensor '{name}' is larger than the file, or empty");
        }
        uint type = _reader.ReadUInt32();
        var layout = BlockLayout.Find(type)
            ?? throw Bad($"tensor '{name}' has type {type}, and only {TypesRead} are read");
        if (shape[0] % layout.Elements != 0)
            throw Bad($"rows of tensor '{name}' are no multiple of {layout.Elements}");
        long bytes = layout.BytesOf((long)count);
        return new GgufTensor(name, layout.Type, shape, _reader.ReadInt64(), bytes);
    }

    private object ReadValue(uint kind) => kind switch
    {
        0 => (ulong)_reader.ReadByte(),
        1 => (long)_reader.ReadSByte(),
        2 => (ulong)_reader.ReadUInt16(),
        3 => (long)_reader.ReadInt16(),
        4 => (ulong)_reader.ReadUInt32(),
        5 => (long)_reader.ReadInt32(),
        6 => (double)_reader.ReadSingle(),
        7 => _reader.ReadByte() != 0,
        8 => ReadString(MaxStringBytes, "string"),
        9 => ReadArray(0),
        10 => _reader.ReadUInt64(),
        11 => _reader.ReadInt64(),
        12 => _reader.ReadDouble(),
        _ => throw Bad($"metadata of kind {kind} is not read"),
    };

    private Array ReadArray(int depth)
    {
        uint kind = _reader.ReadUInt32();
        ulong count = _reader.ReadUInt64();
        int itemBytes = kind switch { 0 or 1 or 7 => 1, 2 or 3 => 2, 4 or 5 or 6 => 4, 9 => 12, _ => 8 };
        if (count > (ulong)(Rest / itemBytes) || count > (ulong)(Array.MaxLength / 8))
            throw Bad("an array is longer than the file");
        int items = (int)count;
        return kind switch
        {
            0 => Fill(items, reader => (ulong)reader.ReadByte()),
            1 => Fill(items, reader => (long)reader.ReadSByte()),
            2 => Fill(items, reader => (ulong)reader.ReadUInt16()),
            3 => Fill(items, reader => (long)reader.ReadInt16()),
            4 => Fill(items, reader => (ulong)reader.ReadUInt32()),
            5 => Fill(items, reader => (long)reader.ReadInt32()),
            6 => Fill(items, reader => (double)reader.ReadSingle()),
            7 => Fill(items, reader => reader.ReadByte() != 0),
            8 => Fill(items, _ => ReadString(MaxStringBytes, "string")),
            9 when depth + 1 < MaxArrayDepth => Fill<object>(items, _ => ReadArray(depth + 1)),
            10 => Fill(items, reader => reader.ReadUInt64()),
            11 => Fill(items, reader => reader.ReadInt64()),
            12 => Fill(items, reader => reader.ReadDouble()),
            _ => throw Bad($"an array of kind {kind} at depth {depth + 1} is not read"),
        };
    }

    private T[] Fill<T>(int count, Func<BinaryReader, T> read)
    {
        var items = new T[count];
        for (int i = 0; i < count; i++) items[i] = read(_reader);
        return items;
    }

    private string ReadString(int most, string what)
    {
        ulong length = _reader.ReadUInt64();
        if (length > (ulong)most || (long)length > Rest)
            throw Bad($"a {what} of {length} bytes is beyond the file or the limit");
        Span<byte> bytes = length <= ShortStringBytes ? stackalloc byte[(int)length] : new byte[length];
        _reader.ReadExactly(bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    private static InvalidDataException Bad(string what) => new(what);
}
