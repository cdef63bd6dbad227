using System.Text;
using Weir.Formats.Bcl;
using Weir.Formats.Quantization;

namespace Weir.Formats.Gguf;

/// <summary>Writes GGUF version 3 with 32-byte alignment. Collect metadata and tensors, then
/// <see cref="Save"/>.</summary>
public sealed class GgufWriter
{
    private const int Alignment = 32, GroupBytes = 4 << 20;
    private readonly List<(string Key, object Value)> _metadata = [];
    private readonly List<Tensor> _tensors = [];

    /// <summary>A value as another file has it, its kind first.</summary>
    private sealed record RawValue(byte[] Bytes);

    private sealed record Tensor(string Name, TensorType Type, long[] Shape, Action<Stream> Write)
    {
        public long Bytes => BlockLayout.Of(Type).BytesOf(Shape.Aggregate(1L, (a, b) => checked(a * b)));
    }

    /// <summary>Values: string, bool, uint, int, float, string[], int[], float[] or byte[].</summary>
    public void Add(string key, object value) => _metadata.Add((key, value));

    public bool Has(string key) => _metadata.Exists(entry => entry.Key == key);

    /// <summary>Takes over, exactly as they are, the entries of another file that this one does not have yet.</summary>
    public void CopyMetadata(GgufFile file, Func<string, bool> wanted)
    {
        foreach (var key in file.Metadata.Keys)
            if (wanted(key) && !Has(key)) Add(key, new RawValue(file.RawMetadata(key)));
    }

    /// <summary>A tensor whose <paramref name="shape"/> has the fastest dimension first. It is quantised while it is
    /// written, all processors at work on its rows.</summary>
    /// <param name="name">Its name in the file.</param>
    /// <param name="type">How it is stored.</param>
    /// <param name="shape">The fastest dimension first; whole blocks.</param>
    /// <param name="data">Its elements.</param>
    /// <param name="importance">One value a column, or null: see <see cref="BlockLayout.Quantize"/>.</param>
    public void AddTensor(string name, TensorType type, long[] shape, float[] data, float[]? importance = null) =>
        AddTensor(name, type, shape, stream =>
        {
            var layout = BlockLayout.Of(type);
            int columns = (int)shape[0], rows = data.Length / columns, rowBytes = (int)layout.BytesOf(columns);
            int group = Math.Max(1, GroupBytes / rowBytes);
            var bytes = new byte[Math.Min(rows, group) * rowBytes];
            for (int first = 0; first < rows; first += group)
            {
                int count = Math.Min(group, rows - first);
                Parallel.For(0, count, row => layout.Quantize(data.AsSpan((first + row) * columns, columns),
                    bytes.AsSpan(row * rowBytes, rowBytes), importance));
                stream.Write(bytes, 0, count * rowBytes);
            }
        });

    /// <summary>A tensor whose bytes, already in <paramref name="type"/>, are written when it is their turn, so that a
    /// model need not be in memory as a whole.</summary>
    public void AddTensor(string name, TensorType type, long[] shape, Action<Stream> write)
    {
        if (shape[0] % BlockLayout.Of(type).Elements != 0)
            throw new ArgumentException($"Rows of '{name}' are no multiple of {BlockLayout.Of(type).Elements}.",
                nameof(shape));
        _tensors.Add(new Tensor(name, type, shape, write));
    }

    public void Save(string path) => AtomicFile.Write(path, stream =>
    {
        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write(0x46554747u);
        writer.Write(3u);
        writer.Write((ulong)_tensors.Count);
        writer.Write((ulong)_metadata.Count);
        foreach (var (key, value) in _metadata)
        {
            WriteString(writer, key);
            WriteValue(writer, value);
        }
        long offset = 0;
        foreach (var tensor in _tensors)
        {
            WriteString(writer, tensor.Name);
            writer.Write((uint)tensor.Shape.Length);
            foreach (var size in tensor.Shape) writer.Write((ulong)size);
            writer.Write((uint)tensor.Type);
            writer.Write((ulong)offset);
            offset = Aligned(offset + tensor.Bytes);
        }
        writer.Flush();
        Pad(stream, Aligned(stream.Position) - stream.Position);
        foreach (var tensor in _tensors)
        {
            long start = stream.Position;
            tensor.Write(stream);
            if (stream.Position - start != tensor.Bytes)
                throw new InvalidOperationException($"'{tensor.Name}' was written with {stream.Position - start} bytes "
                    + $"in place of {tensor.Bytes}.");
            Pad(stream, Aligned(tensor.Bytes) - tensor.Bytes);
        }
    });

    private static long Aligned(long position) => (position + Alignment - 1) / Alignment * Alignment;

    private static void Pad(Stream stream, long count)
    {
        for (long i = 0; i < count; i++) stream.WriteByte(0);
    }

    private static void WriteString(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    private static void WriteValue(BinaryWriter writer, object value)
    {
        switch (value)
        {
            case uint number: writer.Write(4u); writer.Write(number); break;
            case int number: writer.Write(5u); writer.Write(number); break;
            case float number: writer.Write(6u); writer.Write(number); break;
            case bool flag: writer.Write(7u); writer.Write(flag); break;
            case string text: writer.Write(8u); WriteString(writer, text); break;
            case RawValue raw: writer.Write(raw.Bytes); break;
            case string[] texts: WriteArray(writer, 8u, texts, text => WriteString(writer, text)); break;
            case int[] numbers: WriteArray(writer, 5u, numbers, writer.Write); break;
            case float[] numbers: WriteArray(writer, 6u, numbers, writer.Write); break;
            case byte[] bytes:
                writer.Write(9u);
                writer.Write(0u);
                writer.Write((ulong)bytes.Length);
                writer.Write(bytes);
                break;
            default:
                throw new ArgumentException($"GGUF metadata of type {value.GetType()} is not written.", nameof(value));
        }
    }

    private static void WriteArray<T>(BinaryWriter writer, uint kind, T[] items, Action<T> write)
    {
        writer.Write(9u);
        writer.Write(kind);
        writer.Write((ulong)items.Length);
        foreach (var item in items) write(item);
    }
}
