using Weir.Formats.Bcl;
using Weir.Formats.Quantization;

namespace Weir.Formats.Gguf;

/// <summary>
/// The GGUF format, versions 2 and 3 (github.com/ggml-org/ggml, docs/gguf.md), little-endian: magic, version, tensor
/// count, metadata count, key-values, tensor infos, padding to <c>general.alignment</c>, data. The header is checked
/// as a whole before anything is given out (<see cref="GgufHeader"/>); its memory is bounded by a constant times the
/// file's size. A model in several files is opened by its first one. Reading is safe from any number of threads.
/// </summary>
public sealed class GgufFile : IDisposable
{
    private const int ChunkElements = 1 << 16;
    private readonly IReadOnlyList<GgufPart> _parts;
    private readonly Dictionary<string, GgufTensor> _tensors = new(StringComparer.Ordinal);

    private GgufFile(IReadOnlyList<GgufPart> parts)
    {
        _parts = parts;
        for (int index = 0; index < parts.Count; index++)
            foreach (var tensor in parts[index].Header.Tensors.Values)
                if (!_tensors.TryAdd(tensor.Name, tensor with { Part = index }))
                    throw GgufPart.Bad(parts[index].Path, $"tensor '{tensor.Name}' stands in an earlier part too");
    }

    /// <summary>Of the first part.</summary>
    public string Path => _parts[0].Path;

    /// <summary>The files of the model, in order; one, unless it is split.</summary>
    public IReadOnlyList<string> Paths => [.. _parts.Select(p => p.Path)];

    /// <summary>Values are bool, long, ulong, double, string, or an array: bool[], long[], ulong[], double[],
    /// string[], or object[] of arrays. Signed kinds become long and unsigned ones ulong, whatever their
    /// width.</summary>
    public IReadOnlyDictionary<string, object> Metadata => _parts[0].Header.Metadata;

    public IReadOnlyDictionary<string, GgufTensor> Tensors => _tensors;

    /// <exception cref="UserErrorException">The file cannot be read, is no GGUF that this version reads, or is
    /// damaged; or a part of it is missing.</exception>
    public static GgufFile Open(string path) => Open(DataFile.Open(path));

    internal static GgufFile Open(DataFile file)
    {
        IReadOnlyList<GgufPart> parts = [GgufPart.Open(file)];
        try
        {
            parts = GgufSplit.OpenAll(parts[0]);
            return new GgufFile(parts);
        }
        catch
        {
            foreach (var part in parts) part.Dispose();
            throw;
        }
    }

    /// <exception cref="UserErrorException">There is no such key, or its value is of another kind.</exception>
    public T Get<T>(string key) => Metadata.TryGetValue(key, out var value) && value is T typed ? typed
        : throw GgufPart.Bad(Path, $"its metadata has no '{key}' of the expected kind");

    /// <exception cref="UserErrorException">There is no such key, or its value is no integer.</exception>
    public long GetInteger(string key) =>
        TryGetInteger(key) ?? throw GgufPart.Bad(Path, $"its metadata has no integer '{key}'");

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

    /// <summary>Reads whole blocks of a tensor, so that a loader can take it in groups of rows. Rows follow each other
    /// without gaps.</summary>
    /// <param name="tensor">One of <see cref="Tensors"/>.</param>
    /// <param name="offset">From the tensor's first byte, a whole number of blocks.</param>
    /// <param name="into">Filled; a whole number of blocks.</param>
    /// <exception cref="UserErrorException">The file was cut while it was open, or a scale or value is NaN or
    /// infinite.</exception>
    public void ReadTensor(GgufTensor tensor, long offset, Span<byte> into)
    {
        var layout = BlockLayout.Of(tensor.Type);
        if (!_tensors.TryGetValue(tensor.Name, out var own) || own != tensor)
            throw new ArgumentException($"The tensor '{tensor.Name}' is of another file.", nameof(tensor));
        if (offset < 0 || into.Length > tensor.Bytes || offset > tensor.Bytes - into.Length)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, "It is outside of the tensor.");
        if (offset % layout.Bytes != 0 || into.Length % layout.Bytes != 0)
            throw new ArgumentException($"A block of {tensor.Type} has {layout.Bytes} bytes.", nameof(into));
        _parts[tensor.Part].ReadData(tensor.Offset + offset, into);
        if (!layout.IsFinite(into))
            throw GgufPart.Bad(_parts[tensor.Part].Path, $"tensor '{tensor.Name}' holds NaN or infinite numbers");
    }

    /// <summary>A small tensor as float32, the fastest dimension first (row-major [out, in] for a matrix).</summary>
    /// <exception cref="UserErrorException">There is no such tensor, it is too large for one buffer, the file was cut
    /// while it was open, or a value is NaN or infinite.</exception>
    public float[] ReadFloat32(string name)
    {
        if (!Tensors.TryGetValue(name, out var tensor)) throw GgufPart.Bad(Path, $"it has no tensor '{name}'");
        if (tensor.ElementCount > Array.MaxLength / 4)
            throw GgufPart.Bad(Path, $"tensor '{name}' is larger than one buffer can hold");
        var layout = BlockLayout.Of(tensor.Type);
        var values = new float[tensor.ElementCount];
        var raw = new byte[layout.BytesOf(Math.Min(values.Length, ChunkElements))];
        long offset = 0;
        for (int at = 0; at < values.Length; at += ChunkElements)
        {
            int count = Math.Min(ChunkElements, values.Length - at);
            var blocks = raw.AsSpan(0, (int)layout.BytesOf(count));
            ReadTensor(tensor, offset, blocks);
            layout.Dequantize(blocks, values.AsSpan(at, count));
            offset += blocks.Length;
        }
        return values;
    }

    public void Dispose()
    {
        foreach (var part in _parts) part.Dispose();
    }

    /// <summary>A metadata value as the file has it, its kind first.</summary>
    internal byte[] RawMetadata(string key) => _parts[0].ReadRange(_parts[0].Header.Ranges[key]);
}
