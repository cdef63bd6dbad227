using System.Runtime.InteropServices;
using System.Text;
using Weir.Formats.Bcl;

namespace Weir.Formats.Gguf;

/// <summary>Writes GGUF version 3 with 32-byte alignment. Collect metadata and tensors, then
/// <see cref="Save"/>.</summary>
public sealed class GgufWriter
{
    private const int Alignment = 32;
    private readonly List<(string Key, object Value)> _metadata = [];
    private readonly List<(string Name, GgufType Type, long[] Shape, float[] Data)> _tensors = [];

    /// <summary>Values: string, bool, uint, int, float, string[], int[], float[] or byte[].</summary>
    public void Add(string key, object value) => _metadata.Add((key, value));

    public bool Has(string key) => _metadata.Exists(entry => entry.Key == key);

    /// <summary>A tensor whose <paramref name="shape"/> has the fastest dimension first.</summary>
    public void AddTensor(string name, GgufType type, long[] shape, float[] data)
    {
        if (type == GgufType.Q8 && shape[0] % Q8Blocks.Elements != 0)
            throw new ArgumentException($"Rows of '{name}' are no multiple of {Q8Blocks.Elements}.", nameof(shape));
        _tensors.Add((name, type, shape, data));
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
        foreach (var (name, type, shape, data) in _tensors)
        {
            WriteString(writer, name);
            writer.Write((uint)shape.Length);
            foreach (var size in shape) writer.Write((ulong)size);
            writer.Write((uint)type);
            writer.Write((ulong)offset);
            offset = Aligned(offset + BytesOf(type, data.LongLength));
        }
        writer.Flush();
        Pad(stream, Aligned(stream.Position) - stream.Position);
        foreach (var (_, type, _, data) in _tensors)
        {
            var bytes = Encode(type, data);
            stream.Write(bytes);
            Pad(stream, Aligned(bytes.Length) - bytes.Length);
        }
    });

    private static byte[] Encode(GgufType type, float[] data)
    {
        var bytes = new byte[BytesOf(type, data.LongLength)];
        switch (type)
        {
            case GgufType.F32:
                MemoryMarshal.AsBytes(data.AsSpan()).CopyTo(bytes);
                break;
            case GgufType.F16:
                var halves = MemoryMarshal.Cast<byte, Half>(bytes.AsSpan());
                for (int i = 0; i < data.Length; i++) halves[i] = (Half)data[i];
                break;
            default:
                Q8Blocks.Write(data, bytes);
                break;
        }
        return bytes;
    }

    private static long BytesOf(GgufType type, long count) => type switch
    {
        GgufType.F32 => count * 4,
        GgufType.F16 => count * 2,
        _ => count / Q8Blocks.Elements * Q8Blocks.Bytes,
    };

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
            case string[] texts:
                writer.Write(9u);
                writer.Write(8u);
                writer.Write((ulong)texts.Length);
                foreach (var text in texts) WriteString(writer, text);
                break;
            case int[] numbers:
                writer.Write(9u);
                writer.Write(5u);
                writer.Write((ulong)numbers.Length);
                foreach (var number in numbers) writer.Write(number);
                break;
            case float[] numbers:
                writer.Write(9u);
                writer.Write(6u);
                writer.Write((ulong)numbers.Length);
                writer.Write(MemoryMarshal.AsBytes<float>(numbers));
                break;
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
}
