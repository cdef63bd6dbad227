using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Weir.Inference.Kernels.Managed;

/// <summary>A tile in plain form: whole quads (or pairs), and float32 scales and minima of its sixteen
/// outputs.</summary>
internal readonly unsafe struct UnpackedTile(byte* memory)
{
    /// <summary>16 pairs of 64 bytes at most, then two vectors of scales.</summary>
    public const int Bytes = 1024 + 128;

    /// <summary>Vectors of 64 bytes: eight quads of unsigned bytes, or sixteen pairs of int16.</summary>
    public byte* Quads { get; } = memory;

    public byte* Scales => Quads + 1024;

    /// <summary>Minima, or the scales of the second half (Q6_K).</summary>
    public byte* Seconds => Quads + 1024 + 64;

    public void Unpack(WeightLayout layout, byte* quants, byte* span, int inner)
    {
        UnpackQuants(layout, quants);
        if (layout.Form == ActivationForm.Shorts)
        {
            HalfFloats.BrainToSingles(new ReadOnlySpan<ushort>(span, 16), new Span<float>(Scales, 16));
            return;
        }
        Halves(span, Scales);
        if (layout.SpanBlocks == 1)
        {
            if (layout.HasMinimum) Halves(span + 32, Seconds);
            return;
        }
        if (layout.HasMinimum)
        {
            Halves(span + 32, Seconds);
            byte* bytes = span + 64 + inner * 32;
            for (int lane = 0; lane < 16; lane++)
            {
                ((float*)Scales)[lane] *= bytes[lane];
                ((float*)Seconds)[lane] *= bytes[16 + lane];
            }
            return;
        }
        sbyte* halves = (sbyte*)span + 32 + inner * 32;
        for (int lane = 0; lane < 16; lane++)
        {
            float scale = ((float*)Scales)[lane];
            ((float*)Scales)[lane] = halves[lane] * scale;
            ((float*)Seconds)[lane] = halves[16 + lane] * scale;
        }
    }

    private static void Halves(byte* halves, byte* floats) =>
        HalfFloats.ToSingles(new ReadOnlySpan<Half>(halves, 16), new Span<float>(floats, 16));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void UnpackQuants(WeightLayout layout, byte* quants)
    {
        if (!layout.IsNibbles)
        {
            Buffer.MemoryCopy(quants, Quads, layout.QuantBytes, layout.QuantBytes);
            return;
        }
        var low = Vector128.Create((byte)15);
        for (int v = 0; v < 4; v++)
            for (int at = v * 64; at < v * 64 + 64; at += 16)
            {
                var packed = Vector128.Load(quants + at);
                (packed & low).Store(Quads + at);
                (packed.AsUInt16() >>> 4).AsByte().Store(Quads + 256 + at);
                (Vector128.Load(Quads + 256 + at) & low).Store(Quads + 256 + at);
            }
        if (layout.HighBits == 0) return;
        for (int quad = 0; quad < 8; quad++)
            for (int at = 0; at < 64; at += 16)
            {
                bool one = layout.HighBits == 1;
                var bits = Vector128.Load(quants + 256 + (one ? 0 : quad / 4 * 64) + at).AsUInt32();
                int from = one ? quad : 2 * (quad & 3);
                bits = from <= 4 ? bits << 4 - from : bits >>> from - 4;
                var high = bits.AsByte() & Vector128.Create(one ? (byte)0x10 : (byte)0x30);
                (Vector128.Load(Quads + quad * 64 + at) | high).Store(Quads + quad * 64 + at);
            }
    }
}
