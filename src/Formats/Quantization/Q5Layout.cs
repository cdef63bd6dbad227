using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Weir.Formats.Quantization;

/// <summary>Q5_0: a float16 scale d, 32 fifth bits, then 16 bytes: byte j holds the low four bits of the codes of
/// elements j and 16 + j. x = d · (code - 16).</summary>
internal sealed class Q5Layout() : BlockLayout(TensorType.Q5_0, 32, 22)
{
    private const int Low = -16, High = 15;

    public override bool IsFinite(ReadOnlySpan<byte> blocks) => HalvesAreFinite(blocks, 0);

    private protected override void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        Span<byte> codes = stackalloc byte[32];
        for (int block = 0; block < values.Length / Elements; block++)
        {
            var bytes = blocks.Slice(block * Bytes, Bytes);
            FiveBits.Read(bytes[2..], codes);
            float scale = (float)HalfAt(bytes);
            for (int i = 0; i < Elements; i++) values[block * Elements + i] = scale * (codes[i] + Low);
        }
    }

    private protected override void Encode(ReadOnlySpan<float> values, Span<byte> blocks,
        ReadOnlySpan<float> importance)
    {
        Span<float> unit = stackalloc float[32], weights = stackalloc float[32];
        Span<sbyte> signed = stackalloc sbyte[32];
        Span<byte> codes = stackalloc byte[32];
        for (int block = 0; block < values.Length / Elements; block++)
        {
            int from = block * Elements;
            var bytes = blocks.Slice(block * Bytes, Bytes);
            float size = ErrorWeights.Prepare(values.Slice(from, Elements), importance, from, unit, weights);
            var scale = ToHalf(size * SymmetricSearch.Scale(unit, weights, Low, High));
            SymmetricSearch.Encode(unit, size == 0 ? 0 : (float)scale / size, Low, High, signed);
            for (int i = 0; i < Elements; i++) codes[i] = (byte)(signed[i] - Low);
            MemoryMarshal.Write(bytes, scale);
            FiveBits.Write(codes, bytes[2..]);
        }
    }
}

/// <summary>Q4_1 and Q5_1: float16 scale d and minimum m, then codes as Q4_0 and Q5_0 have them. x = d · code + m.
/// </summary>
internal sealed class MinimumLayout(TensorType type) : BlockLayout(type, 32, type == TensorType.Q5_1 ? 24 : 20)
{
    private bool HasFifthBit => Type == TensorType.Q5_1;

    public override bool IsFinite(ReadOnlySpan<byte> blocks) =>
        HalvesAreFinite(blocks, 0) && HalvesAreFinite(blocks, 2);

    private protected override void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        Span<byte> codes = stackalloc byte[32];
        for (int block = 0; block < values.Length / Elements; block++)
        {
            var bytes = blocks.Slice(block * Bytes, Bytes);
            if (HasFifthBit) FiveBits.Read(bytes[4..], codes);
            else FiveBits.ReadNibbles(bytes[4..], codes);
            float scale = (float)HalfAt(bytes), minimum = (float)HalfAt(bytes[2..]);
            for (int i = 0; i < Elements; i++) values[block * Elements + i] = scale * codes[i] + minimum;
        }
    }

    private protected override void Encode(ReadOnlySpan<float> values, Span<byte> blocks,
        ReadOnlySpan<float> importance)
    {
        int highest = HasFifthBit ? 31 : 15;
        Span<float> unit = stackalloc float[32], weights = stackalloc float[32], shifted = stackalloc float[32];
        Span<byte> codes = stackalloc byte[32];
        for (int block = 0; block < values.Length / Elements; block++)
        {
            int from = block * Elements;
            var bytes = blocks.Slice(block * Bytes, Bytes);
            float size = ErrorWeights.Prepare(values.Slice(from, Elements), importance, from, unit, weights);
            // The search wants a range that reaches zero from below: what is positive all over is moved down first.
            float least = float.MaxValue;
            foreach (float value in unit) least = Math.Min(least, value);
            float moved = Math.Max(0, least);
            for (int i = 0; i < Elements; i++) shifted[i] = unit[i] - moved;
            var (fitted, below) = AffineSearch.Fit(shifted, weights, highest);
            var scale = ToHalf(size * fitted);
            var minimum = ToHalf(size * (moved - below));
            float offset = size == 0 ? 0 : -(float)minimum / size;
            AffineSearch.Encode(unit, size == 0 ? 0 : (float)scale / size, offset, highest, codes);
            MemoryMarshal.Write(bytes, scale);
            MemoryMarshal.Write(bytes[2..], minimum);
            if (HasFifthBit) FiveBits.Write(codes, bytes[4..]);
            else FiveBits.WriteNibbles(codes, bytes[4..]);
        }
    }
}

/// <summary>Codes of 32 elements: four fifth bits' worth of bytes, then nibbles, the second half of the elements in the
/// high ones.</summary>
internal static class FiveBits
{
    private const int Half = 16;

    public static void Read(ReadOnlySpan<byte> bytes, Span<byte> codes)
    {
        uint fifths = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        ReadNibbles(bytes[4..], codes);
        for (int i = 0; i < 2 * Half; i++) codes[i] |= (byte)((fifths >> i & 1) << 4);
    }

    public static void ReadNibbles(ReadOnlySpan<byte> bytes, Span<byte> codes)
    {
        for (int j = 0; j < Half; j++)
        {
            codes[j] = (byte)(bytes[j] & 15);
            codes[Half + j] = (byte)(bytes[j] >> 4);
        }
    }

    public static void Write(ReadOnlySpan<byte> codes, Span<byte> bytes)
    {
        uint fifths = 0;
        for (int i = 0; i < 2 * Half; i++) fifths |= (uint)(codes[i] >> 4) << i;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, fifths);
        WriteNibbles(codes, bytes[4..]);
    }

    public static void WriteNibbles(ReadOnlySpan<byte> codes, Span<byte> bytes)
    {
        for (int j = 0; j < Half; j++) bytes[j] = (byte)(codes[j] & 15 | (codes[Half + j] & 15) << 4);
    }
}
