using System.Buffers.Binary;
using System.Text;

namespace Weir.Formats.Fuzzing;

/// <summary>Little-endian bytes that remember where their numbers are, so that a mutant can change one of them and
/// leave the rest as it is.</summary>
internal sealed class FieldBytes
{
    private static readonly ulong[] Extremes =
    [
        0, 1, 2, 3, 0x7F, 0xFF, 0x8000, 0xFFFF, int.MaxValue, 1UL << 31, uint.MaxValue, 1UL << 32, 1UL << 40, 1UL << 61,
        1UL << 62, long.MaxValue, 1UL << 63, ulong.MaxValue - 31, ulong.MaxValue,
    ];

    private readonly List<byte> _bytes = [];
    private readonly List<(int At, int Width)> _numbers = [];

    public int Count => _bytes.Count;

    public byte[] ToArray() => [.. _bytes];

    public FieldBytes U8(byte value) => Number(value, 1);

    public FieldBytes U16(ushort value) => Number(value, 2);

    public FieldBytes U32(uint value) => Number(value, 4);

    public FieldBytes U64(ulong value) => Number(value, 8);

    public FieldBytes F32(float value) => Number(BitConverter.SingleToUInt32Bits(value), 4);

    /// <summary>Length in eight bytes, then UTF-8.</summary>
    public FieldBytes Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return U64((ulong)bytes.Length).Bytes(bytes);
    }

    public FieldBytes Bytes(params ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public FieldBytes Pad(int alignment) => Bytes(new byte[(alignment - Count % alignment) % alignment]);

    /// <summary>Changes one number: to an extreme, to a neighbour, to any, or by a bit.</summary>
    public void ChangeNumber(Random random)
    {
        var (at, width) = _numbers[random.Next(_numbers.Count)];
        Span<byte> whole = stackalloc byte[8];
        for (int i = 0; i < width; i++) whole[i] = _bytes[at + i];
        ulong old = BinaryPrimitives.ReadUInt64LittleEndian(whole);
        ulong value = random.Next(5) switch
        {
            0 or 1 => Extremes[random.Next(Extremes.Length)],
            2 => unchecked(old + (ulong)random.Next(-3, 4)),
            3 => old ^ 1UL << random.Next(8 * width),
            _ => (ulong)random.NextInt64() >> random.Next(63),
        };
        BinaryPrimitives.WriteUInt64LittleEndian(whole, value);
        for (int i = 0; i < width; i++) _bytes[at + i] = whole[i];
    }

    private FieldBytes Number(ulong value, int width)
    {
        _numbers.Add((Count, width));
        for (int i = 0; i < width; i++) _bytes.Add((byte)(value >> 8 * i));
        return this;
    }
}

/// <summary>Damage without regard for structure.</summary>
internal static class Damage
{
    /// <summary>A byte changed, the end cut off, or a piece moved or doubled.</summary>
    public static byte[] Of(byte[] bytes, Random random)
    {
        if (bytes.Length < 2) return bytes;
        int at = random.Next(bytes.Length), from = random.Next(bytes.Length);
        int to = Math.Min(bytes.Length, from + random.Next(40));
        switch (random.Next(5))
        {
            case 0: bytes[at] ^= (byte)(1 << random.Next(8)); return bytes;
            case 1: bytes[at] = (byte)random.Next(256); return bytes;
            case 2: return bytes[..at];
            case 3: return [.. bytes[..from], .. bytes[to..]];
            default: return [.. bytes[..at], .. bytes[from..to], .. bytes[at..]];
        }
    }
}
