using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using Weir.Formats.Bcl;
using Weir.Formats.Quantization;

namespace Weir.Formats.Safetensors;

/// <summary>
/// The safetensors format (github.com/huggingface/safetensors): u64 header length, JSON header
/// <c>{"name": {"dtype","shape","data_offsets":[begin,end]}}</c>, then the data. Little-endian, no gaps, at most 100 MB
/// of header. F32, F16 and BF16 are read. A model may be one file or several with an index. Every offset is checked
/// before anything is given out (<see cref="SafetensorsHeader"/>). Reading is safe from any number of threads.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    public const string FileName = "model.safetensors", IndexName = "model.safetensors.index.json";
    private const int ChunkElements = 1 << 16;
    private readonly List<Part> _parts = [];
    private readonly Dictionary<string, SafetensorsTensor> _tensors = new(StringComparer.Ordinal);

    private sealed record Part(DataFile File, SafetensorsHeader Header);

    private SafetensorsFile(string path) => Path = path;

    /// <summary>The file, or the index of several.</summary>
    public string Path { get; }

    /// <summary>The files that hold the tensors.</summary>
    public IReadOnlyList<string> Paths => [.. _parts.Select(p => p.File.Path)];

    public IReadOnlyCollection<string> Names => _tensors.Keys;

    public IReadOnlyDictionary<string, SafetensorsTensor> Tensors => _tensors;

    /// <summary>Of the first file.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _parts[0].Header.Metadata;

    /// <summary>Opens one file, or the files of an index (a path that ends with <c>.index.json</c>).</summary>
    /// <exception cref="UserErrorException">A file is missing, unreadable or damaged, or holds types that this version
    /// does not read; or index and files do not belong together.</exception>
    public static SafetensorsFile Open(string path) => Open(DataFile.Open(path));

    internal static SafetensorsFile Open(DataFile opened)
    {
        var file = new SafetensorsFile(opened.Path);
        try
        {
            if (opened.Path.EndsWith(".index.json", StringComparison.Ordinal)) file.AddIndexed(opened);
            else file.AddPart(opened);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The weights of a model folder: one file, or several with an index.</summary>
    /// <exception cref="UserErrorException">As <see cref="Open"/>, or the folder has neither.</exception>
    public static SafetensorsFile OpenFolder(string folder)
    {
        foreach (var name in (string[])[FileName, IndexName])
            if (System.IO.Path.Combine(folder, name) is var path && File.Exists(path)) return Open(path);
        throw new UserErrorException($"{folder} has neither {FileName} nor {IndexName}, so it is no model folder.");
    }

    public bool Contains(string name) => _tensors.ContainsKey(name);

    public IReadOnlyList<long> Shape(string name) => Find(name).Shape;

    /// <summary>Reads whole elements of a tensor, so that a loader can take it in groups of rows.</summary>
    /// <param name="tensor">One of <see cref="Tensors"/>.</param>
    /// <param name="offset">From the tensor's first byte, a whole number of elements.</param>
    /// <param name="into">Filled; a whole number of elements.</param>
    /// <exception cref="UserErrorException">The file was cut while it was open, or a value is NaN or
    /// infinite.</exception>
    public void ReadTensor(SafetensorsTensor tensor, long offset, Span<byte> into)
    {
        var layout = BlockLayout.Of(tensor.Type);
        if (!_tensors.TryGetValue(tensor.Name, out var own) || own != tensor)
            throw new ArgumentException($"The tensor '{tensor.Name}' is of another file.", nameof(tensor));
        if (offset < 0 || into.Length > tensor.Bytes || offset > tensor.Bytes - into.Length)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, "It is outside of the tensor.");
        if (offset % layout.Bytes != 0 || into.Length % layout.Bytes != 0)
            throw new ArgumentException($"An element of {tensor.Type} has {layout.Bytes} bytes.", nameof(into));
        var part = _parts[tensor.Part];
        part.File.ReadAt(part.Header.DataStart + tensor.Offset + offset, into);
        if (!layout.IsFinite(into))
            throw Bad(part.File.Path, $"tensor '{tensor.Name}' holds NaN or infinite numbers");
    }

    /// <summary>The tensor as row-major float32.</summary>
    public float[] ReadFloat32(string name)
    {
        var tensor = Find(name);
        if (tensor.ElementCount > Array.MaxLength / 4)
            throw Bad(Path, $"tensor '{name}' is larger than one buffer can hold");
        var layout = BlockLayout.Of(tensor.Type);
        var values = new float[tensor.ElementCount];
        var raw = new byte[layout.BytesOf(Math.Min(values.Length, ChunkElements))];
        for (int at = 0; at < values.Length; at += ChunkElements)
        {
            int count = Math.Min(ChunkElements, values.Length - at);
            var bytes = raw.AsSpan(0, count * layout.Bytes);
            ReadTensor(tensor, (long)at * layout.Bytes, bytes);
            layout.Dequantize(bytes, values.AsSpan(at, count));
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

    public void Dispose()
    {
        foreach (var part in _parts) part.File.Dispose();
    }

    private void AddIndexed(DataFile index)
    {
        using var opened = index;
        var fileOf = SafetensorsIndex.Read(opened);
        var folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!;
        foreach (var name in fileOf.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var path = System.IO.Path.Combine(folder, name);
            if (!File.Exists(path))
                throw new UserErrorException($"{Path} names {name}, which is missing beside it. Fetch that file too.");
            AddPart(DataFile.Open(path));
            if (_parts[^1].Header.Tensors.Keys.FirstOrDefault(t => fileOf.GetValueOrDefault(t) != name) is { } other)
                throw SafetensorsIndex.Bad(Path, $"it does not say that tensor '{other}' is in {name}");
        }
        if (fileOf.Keys.FirstOrDefault(name => !_tensors.ContainsKey(name)) is { } missing)
            throw SafetensorsIndex.Bad(Path, $"tensor '{missing}' is not in {fileOf[missing]}");
    }

    private void AddPart(DataFile file)
    {
        try
        {
            var header = SafetensorsHeader.Read(file.Stream);
            foreach (var tensor in header.Tensors.Values)
                if (!_tensors.TryAdd(tensor.Name, tensor with { Part = _parts.Count }))
                    throw new InvalidDataException($"tensor '{tensor.Name}' stands in another file too");
            _parts.Add(new Part(file, header));
        }
        catch (Exception e)
        {
            file.Dispose();
            if (e is InvalidDataException) throw Bad(file.Path, e.Message, e);
            if (e is IOException) throw new UserErrorException($"{file.Path} cannot be read: {e.Message}", inner: e);
            throw;
        }
    }

    private SafetensorsTensor Find(string name) => _tensors.TryGetValue(name, out var tensor) ? tensor
        : throw Bad(Path, $"it has no tensor '{name}'");

    private static UserErrorException Bad(string path, string what, Exception? inner = null) =>
        new($"{path} is not a usable safetensors file: {what}. Fetch or export it again.", inner: inner);
}
