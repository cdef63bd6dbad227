using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Weir.Formats.Bcl;

namespace Weir.Formats.Safetensors;

/// <summary>A tensor to write: row-major float32 of <see cref="Shape"/>.</summary>
public sealed record NamedTensor(string Name, long[] Shape, float[] Data);

/// <summary>
/// The safetensors format (github.com/huggingface/safetensors): u64 header length, JSON header
/// <c>{"name": {"dtype","shape","data_offsets":[begin,end]}}</c>, then the data. Little-endian, no gaps, at most 100 MB
/// of header. Reads F32, F16 and BF16 as float32. Every offset is checked against the file before it is used.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    private const long MaxHeaderBytes = 100_000_000;
    private readonly FileStream _stream;
    private readonly long _dataStart;
    private readonly Dictionary<string, Entry> _entries = [];

    private sealed record Entry(string Type, long[] Shape, long Begin, long End);

    private SafetensorsFile(FileStream stream, string path)
    {
        _stream = stream;
        Path = path;
        Span<byte> lengthBytes = stackalloc byte[8];
        if (stream.ReadAtLeast(lengthBytes, 8,
            throwOnEndOfStream: false) < 8) throw Bad("it is shorter than its header");
        long headerLength = BinaryPrimitives.ReadInt64LittleEndian(lengthBytes);
        if (headerLength < 2 || headerLength > MaxHeaderBytes || headerLength > stream.Length - 8)
            throw Bad("its header length is out of range");
        var header = new byte[headerLength];
        stream.ReadExactly(header);
        _dataStart = 8 + headerLength;
        try
        {
            ReadHeader(header, stream.Length - _dataStart);
        }
        catch (Exception e)
            when (e is JsonException or InvalidOperationException or FormatException or ArgumentException
            or NullReferenceException)
        {
            throw Bad("its header is not the JSON of the format", e);
        }
    }

    public string Path { get; }
    public IReadOnlyCollection<string> Names => _entries.Keys;
    public IReadOnlyDictionary<string, string> Metadata { get; private set; } = new Dictionary<string, string>();

    public static SafetensorsFile Open(string path)
    {
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        try
        {
            return new SafetensorsFile(stream, path);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    public bool Contains(string name) => _entries.ContainsKey(name);

    public IReadOnlyList<long> Shape(string name) => Find(name).Shape;

    /// <summary>The tensor as row-major float32.</summary>
    public float[] ReadFloat32(string name)
    {
        var entry = Find(name);
        long count = 1;
        foreach (var size in entry.Shape) count = checked(count * size);
        if (count > Array.MaxLength / 4) throw Bad($"tensor '{name}' is larger than one buffer can hold");
        var values = new float[count];
        lock (_stream)
        {
            _stream.Position = _dataStart + entry.Begin;
            if (entry.Type == "F32")
            {
                _stream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
                return values;
            }
            var halves = new ushort[count];
            _stream.ReadExactly(MemoryMarshal.AsBytes(halves.AsSpan()));
            for (int i = 0; i < values.Length; i++)
                values[i] = entry.Type == "BF16" ? BitConverter.UInt32BitsToSingle((uint)halves[i] << 16)
                    : (float)BitConverter.UInt16BitsToHalf(halves[i]);
        }
        return values;
    }

    public static void Write(string path, IReadOnlyList<NamedTensor> tensors,
        IReadOnlyDictionary<string, string>? metadata = null)
    {
        var header = new JsonObject();
        if (metadata is { Count: > 0 })
            header["__metadata__"] = new JsonObject(metadata.Select(m =>
            KeyValuePair.Create(m.Key, (JsonNode?)m.Value)));
        long offset = 0;
        foreach (var tensor in tensors)
        {
            long bytes = tensor.Data.LongLength * 4;
            header[tensor.Name] = new JsonObject
            {
                ["dtype"] = "F32",
                ["shape"] = new JsonArray([.. tensor.Shape.Select(s => (JsonNode)s)]),
                ["data_offsets"] = new JsonArray(offset, offset + bytes),
            };
            offset += bytes;
        }
        var json = header.ToJsonString();
        json = json.PadRight((json.Length + 7) / 8 * 8); // data begins on an 8-byte boundary, as the format advises
        AtomicFile.Write(path, stream =>
        {
            Span<byte> length = stackalloc byte[8];
            var bytes = Encoding.UTF8.GetBytes(json);
            BinaryPrimitives.WriteInt64LittleEndian(length, bytes.Length);
            stream.Write(length);
            stream.Write(bytes);
            foreach (var tensor in tensors) stream.Write(MemoryMarshal.AsBytes(tensor.Data.AsSpan()));
        });
    }

    public void Dispose() => _stream.Dispose();

    private void ReadHeader(byte[] header, long dataBytes)
    {
        foreach (var (name, node) in JsonNode.Parse(header)!.AsObject())
        {
            var item = node!.AsObject();
            if (name == "__metadata__")
            {
                Metadata = item.ToDictionary(m => m.Key, m => (string)m.Value!);
                continue;
            }
            var type = (string)item["dtype"]!;
            int width = type switch { "F32" => 4, "F16" or "BF16" => 2, _ =>
                throw Bad($"tensor '{name}' has type {type}, which is not read") };
            long[] shape = [.. item["shape"]!.AsArray().Select(s => (long)s!)];
            long begin = (long)item["data_offsets"]![0]!, end = (long)item["data_offsets"]![1]!;
            Int128 bytes = width;
            foreach (var size in shape)
            {
                if (size < 0 || shape.Length > 8) throw Bad($"tensor '{name}' has a bad shape");
                bytes *= size;
                if (bytes > dataBytes) throw Bad($"tensor '{name}' is larger than the file");
            }
            if (begin < 0 || end < begin || end > dataBytes || end - begin != bytes)
                throw Bad($"tensor '{name}' points outside of the file or does not match its shape");
            _entries[name] = new Entry(type, shape, begin, end);
        }
    }

    private Entry Find(string name) => _entries.TryGetValue(name, out var entry) ? entry
        : throw Bad($"it has no tensor '{name}'");

    private UserErrorException Bad(string what, Exception? inner = null) =>
        new($"{Path} is not a usable safetensors file: {what}. Fetch or export it again.", inner: inner);
}
