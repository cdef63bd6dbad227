using System.Buffers.Binary;
using System.Text;

namespace Weir.Formats.Tests.Gguf;

/// <summary>A GGUF file byte by byte.</summary>
internal sealed class RawGguf
{
    private readonly List<byte> _bytes = [];

    public RawGguf Header(uint version, ulong tensors, ulong entries) =>
        Bytes("GGUF"u8.ToArray()).U32(version).U64(tensors).U64(entries);

    public RawGguf Entry(string key, uint kind) => Text(key).U32(kind);

    public RawGguf Tensor(string name, ulong[] shape, uint type, ulong offset)
    {
        Text(name).U32((uint)shape.Length);
        foreach (var size in shape) U64(size);
        return U32(type).U64(offset);
    }

    public RawGguf Data(int count) => Bytes(new byte[(32 - _bytes.Count % 32) % 32 + count]);

    public RawGguf Text(string text) =>
        U64((ulong)Encoding.UTF8.GetByteCount(text)).Bytes(Encoding.UTF8.GetBytes(text));

    public RawGguf F32(float value) => U32(BitConverter.SingleToUInt32Bits(value));

    public RawGguf U16(ushort value) => Bytes((byte)value, (byte)(value >> 8));

    public RawGguf U32(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return Bytes(bytes);
    }

    public RawGguf U64(ulong value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return Bytes(bytes);
    }

    public RawGguf Bytes(params byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public byte[] ToArray() => [.. _bytes];
}
