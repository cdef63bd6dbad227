using System.Numerics;
using System.Runtime.InteropServices;

namespace Weir.Formats.Quantization;

internal sealed class F32Layout() : BlockLayout(TensorType.F32, 1, 4)
{
    public override bool IsFinite(ReadOnlySpan<byte> blocks)
    {
        const uint exponent = 0x7F800000;
        var words = MemoryMarshal.Cast<byte, uint>(blocks);
        var mask = new Vector<uint>(exponent);
        int at = 0;
        for (; at + Vector<uint>.Count <= words.Length; at += Vector<uint>.Count)
            if (Vector.EqualsAny(new Vector<uint>(words[at..]) & mask, mask)) return false;
        for (; at < words.Length; at++)
            if ((words[at] & exponent) == exponent) return false;
        return true;
    }

    private protected override void Decode(ReadOnlySpan<byte> blocks, Span<float> values) =>
        blocks.CopyTo(MemoryMarshal.AsBytes(values));

    private protected override void Encode(ReadOnlySpan<float> values, Span<byte> blocks,
        ReadOnlySpan<float> importance) => MemoryMarshal.AsBytes(values).CopyTo(blocks);
}

internal sealed class F16Layout() : BlockLayout(TensorType.F16, 1, 2)
{
    public override bool IsFinite(ReadOnlySpan<byte> blocks) => WordScan.NoneHasAll(blocks, 0x7C00);

    private protected override void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        var halves = MemoryMarshal.Cast<byte, Half>(blocks);
        for (int i = 0; i < values.Length; i++) values[i] = (float)halves[i];
    }

    private protected override void Encode(ReadOnlySpan<float> values, Span<byte> blocks,
        ReadOnlySpan<float> importance)
    {
        var halves = MemoryMarshal.Cast<byte, Half>(blocks);
        for (int i = 0; i < values.Length; i++) halves[i] = ToHalf(values[i]);
    }
}

/// <summary>The upper half of a float32; stored rounded to the nearest, halves to even.</summary>
internal sealed class Bf16Layout() : BlockLayout(TensorType.BF16, 1, 2)
{
    private const float Largest = 3.3895314e38f;

    public override bool IsFinite(ReadOnlySpan<byte> blocks) => WordScan.NoneHasAll(blocks, 0x7F80);

    private protected override void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        var words = MemoryMarshal.Cast<byte, ushort>(blocks);
        for (int i = 0; i < values.Length; i++) values[i] = BitConverter.UInt32BitsToSingle((uint)words[i] << 16);
    }

    private protected override void Encode(ReadOnlySpan<float> values, Span<byte> blocks,
        ReadOnlySpan<float> importance)
    {
        var words = MemoryMarshal.Cast<byte, ushort>(blocks);
        for (int i = 0; i < values.Length; i++)
        {
            uint bits = BitConverter.SingleToUInt32Bits(Math.Clamp(values[i], -Largest, Largest));
            words[i] = (ushort)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
        }
    }
}

/// <summary>16-bit floats are NaN or infinite where all bits of the exponent are set.</summary>
internal static class WordScan
{
    public static bool NoneHasAll(ReadOnlySpan<byte> bytes, ushort exponent)
    {
        var words = MemoryMarshal.Cast<byte, ushort>(bytes);
        var mask = new Vector<ushort>(exponent);
        int at = 0;
        for (; at + Vector<ushort>.Count <= words.Length; at += Vector<ushort>.Count)
            if (Vector.EqualsAny(new Vector<ushort>(words[at..]) & mask, mask)) return false;
        for (; at < words.Length; at++)
            if ((words[at] & exponent) == exponent) return false;
        return true;
    }
}
