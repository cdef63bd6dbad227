using System.Runtime.InteropServices;

namespace Weir.Formats.Quantization;

/// <summary>Q4_0, Q4_1, Q5_0 and Q5_1: blocks of 32. Bytes: float16 scale d; in the _1 types float16 minimum m; in the
/// 5-bit types 4 bytes whose bit j is the fifth bit of element j; then 16 bytes: byte j holds the lower bits of element
/// j in its low half and of element 16 + j in its high half. _0: x = d · (code - half of the range), where d may be
/// negative so that the end of the range with more room serves the largest value; _1: x = d · code + m. The 5-bit types
/// stand in for Q4_K and Q5_K where rows are no multiple of 256.</summary>
internal sealed class ShortBlockLayout(TensorType type) : BlockLayout(type, Count, HeaderOf(type) + Pairs)
{
    private const int Count = 32, Pairs = 16;

    private bool HasFifthBit => Type is TensorType.Q5_0 or TensorType.Q5_1;
    private bool HasMinimum => Type is TensorType.Q4_1 or TensorType.Q5_1;
    private int Highest => HasFifthBit ? 31 : 15;
    private int FifthsAt => HasMinimum ? 4 : 2;

    public override bool IsFinite(ReadOnlySpan<byte> blocks) =>
        HalvesAreFinite(blocks, 0) && (!HasMinimum || HalvesAreFinite(blocks, 2));

    private protected override void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (int block = 0; block < values.Length / Count; block++)
        {
            var bytes = blocks.Slice(block * Bytes, Bytes);
            var codes = bytes[^Pairs..];
            float scale = (float)HalfAt(bytes), minimum = HasMinimum ? (float)HalfAt(bytes[2..]) : 0;
            uint fifths = HasFifthBit ? MemoryMarshal.Read<uint>(bytes[FifthsAt..]) : 0;
            int zero = HasMinimum ? 0 : (Highest + 1) / 2;
            for (int i = 0; i < Count; i++)
            {
                int code = codes[i % Pairs] >> i / Pairs * 4 & 15 | (int)(fifths >> i & 1) << 4;
                float value = scale * (code - zero);
                values[block * Count + i] = HasMinimum ? value + minimum : value; // a zero keeps its sign
            }
        }
    }

    private protected override void Encode(ReadOnlySpan<float> values, Span<byte> blocks,
        ReadOnlySpan<float> importance)
    {
        Span<float> unit = stackalloc float[Count], weights = stackalloc float[Count];
        Span<byte> codes = stackalloc byte[Count];
        for (int block = 0; block < values.Length / Count; block++)
        {
            int from = block * Count;
            var bytes = blocks.Slice(block * Bytes, Bytes);
            float size = ErrorWeights.Prepare(values.Slice(from, Count), importance, from, unit, weights);
            if (HasMinimum) EncodeAffine(unit, weights, size, bytes, codes);
            else EncodeSymmetric(unit, weights, size, bytes, codes);
            uint fifths = 0;
            for (int i = 0; i < Count; i++) fifths |= (uint)(codes[i] >> 4) << i;
            if (HasFifthBit) MemoryMarshal.Write(bytes[FifthsAt..], fifths);
            for (int j = 0; j < Pairs; j++)
                bytes[Bytes - Pairs + j] = (byte)(codes[j] & 15 | (codes[Pairs + j] & 15) << 4);
        }
    }

    private void EncodeSymmetric(ReadOnlySpan<float> unit, ReadOnlySpan<float> weights, float size, Span<byte> bytes,
        Span<byte> codes)
    {
        int low = -(Highest + 1) / 2, high = Highest + low;
        Span<sbyte> signed = stackalloc sbyte[Count];
        var scale = ToHalf(size * SymmetricSearch.Scale(unit, weights, low, high));
        SymmetricSearch.Encode(unit, size == 0 ? 0 : (float)scale / size, low, high, signed);
        MemoryMarshal.Write(bytes, scale);
        for (int i = 0; i < Count; i++) codes[i] = (byte)(signed[i] - low);
    }

    // The minimum may have either sign here: values that are all positive are first moved down to zero.
    private void EncodeAffine(ReadOnlySpan<float> unit, ReadOnlySpan<float> weights, float size, Span<byte> bytes,
        Span<byte> codes)
    {
        float lowest = float.MaxValue;
        foreach (var value in unit) lowest = Math.Min(lowest, value);
        float moved = Math.Max(0, lowest);
        Span<float> values = stackalloc float[Count];
        for (int i = 0; i < Count; i++) values[i] = unit[i] - moved;
        var (fitted, below) = AffineSearch.Fit(values, weights, Highest);
        var (scale, minimum) = (ToHalf(size * fitted), ToHalf(size * (moved - below)));
        MemoryMarshal.Write(bytes, scale);
        MemoryMarshal.Write(bytes[2..], minimum);
        var (step, offset) = size == 0 ? (0, 0) : ((float)scale / size, -(float)minimum / size);
        AffineSearch.Encode(unit, step, offset, Highest, codes);
    }

    private static int HeaderOf(TensorType type) => type switch
    {
        TensorType.Q4_0 => 2,
        TensorType.Q4_1 => 4,
        TensorType.Q5_0 => 6,
        _ => 8,
    };
}
