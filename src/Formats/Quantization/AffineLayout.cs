using System.Runtime.InteropServices;

namespace Weir.Formats.Quantization;

/// <summary>Q4_K and Q5_K: 256 values in 8 parts of 32, x = d · scale · code - dmin · minimum.
/// Bytes: float16 d, float16 dmin, <see cref="PackedScales"/>; in Q5_K then 32 bytes whose bit p of byte i is the fifth
/// bit of element i of part p; then 128 bytes: of each 32 the lower halves are one part's codes and the upper halves
/// the next part's.</summary>
internal sealed class AffineLayout(TensorType type) : BlockLayout(type, 256, type == TensorType.Q5_K ? 176 : 144)
{
    private const int Parts = PackedScales.Parts, PartElements = 32, HighestScale = 63;
    private const int PackedAt = 4, BitsAt = PackedAt + PackedScales.Bytes;

    private bool HasFifthBit => Type == TensorType.Q5_K;

    public override bool IsFinite(ReadOnlySpan<byte> blocks) =>
        HalvesAreFinite(blocks, 0) && HalvesAreFinite(blocks, 2);

    private protected override void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (int block = 0; block < values.Length / Elements; block++)
            DecodeBlock(blocks.Slice(block * Bytes, Bytes), values.Slice(block * Elements, Elements));
    }

    private protected override void Encode(ReadOnlySpan<float> values, Span<byte> blocks,
        ReadOnlySpan<float> importance)
    {
        Span<float> unit = stackalloc float[256], weights = stackalloc float[256];
        for (int block = 0; block < values.Length / Elements; block++)
        {
            int from = block * Elements;
            float size = ErrorWeights.Prepare(values.Slice(from, Elements), importance, from, unit, weights);
            EncodeBlock(unit, weights, size, blocks.Slice(block * Bytes, Bytes));
        }
    }

    private void DecodeBlock(ReadOnlySpan<byte> bytes, Span<float> values)
    {
        float d = (float)HalfAt(bytes), dmin = (float)HalfAt(bytes[2..]);
        var packed = bytes.Slice(PackedAt, PackedScales.Bytes);
        var fifths = HasFifthBit ? bytes.Slice(BitsAt, PartElements) : [];
        var codes = bytes[^(Elements / 2)..];
        for (int part = 0; part < Parts; part++)
        {
            var (scale, minimum) = PackedScales.Read(packed, part);
            float step = d * scale, offset = dmin * minimum;
            for (int i = 0; i < PartElements; i++)
            {
                int code = codes[part / 2 * PartElements + i] >> part % 2 * 4 & 15;
                if (HasFifthBit) code |= (fifths[i] >> part & 1) << 4;
                values[part * PartElements + i] = step * code - offset;
            }
        }
    }

    // 1. The best scale and minimum of each part. 2. d and dmin, so that the largest of each is 63 steps. 3. Each
    // part's pair in whole steps, the best of the nine nearest. 4. Codes for the pairs as they will be read.
    private void EncodeBlock(ReadOnlySpan<float> unit, ReadOnlySpan<float> weights, float size, Span<byte> bytes)
    {
        int highest = HasFifthBit ? 31 : 15;
        Span<float> scales = stackalloc float[Parts], minimums = stackalloc float[Parts];
        float largestScale = 0, largestMinimum = 0;
        for (int part = 0; part < Parts; part++)
        {
            (scales[part], minimums[part]) = AffineSearch.Fit(Part(unit, part), Part(weights, part), highest);
            largestScale = Math.Max(largestScale, scales[part]);
            largestMinimum = Math.Max(largestMinimum, minimums[part]);
        }
        var d = ToHalf(size * largestScale / HighestScale);
        var dmin = ToHalf(size * largestMinimum / HighestScale);
        float step = size == 0 ? 0 : (float)d / size, minimumStep = size == 0 ? 0 : (float)dmin / size;
        Span<byte> scaleSteps = stackalloc byte[Parts], minimumSteps = stackalloc byte[Parts];
        Span<byte> codes = stackalloc byte[256];
        for (int part = 0; part < Parts; part++)
        {
            ReadOnlySpan<float> values = Part(unit, part), weight = Part(weights, part);
            int scale = Steps(scales[part], step), minimum = Steps(minimums[part], minimumStep);
            float least = float.MaxValue;
            for (int s = Math.Max(0, scale - 1); s <= Math.Min(HighestScale, scale + 1); s++)
                for (int m = Math.Max(0, minimum - 1); m <= Math.Min(HighestScale, minimum + 1); m++)
                {
                    float error = AffineSearch.Error(values, weight, s * step, m * minimumStep, highest);
                    if (!(error < least)) continue;
                    least = error;
                    (scaleSteps[part], minimumSteps[part]) = ((byte)s, (byte)m);
                }
            AffineSearch.Encode(values, scaleSteps[part] * step, minimumSteps[part] * minimumStep, highest,
                codes.Slice(part * PartElements, PartElements));
        }
        MemoryMarshal.Write(bytes, d);
        MemoryMarshal.Write(bytes[2..], dmin);
        PackedScales.Write(scaleSteps, minimumSteps, bytes.Slice(PackedAt, PackedScales.Bytes));
        Pack(codes, bytes);
    }

    private void Pack(ReadOnlySpan<byte> codes, Span<byte> bytes)
    {
        var halves = bytes[^(Elements / 2)..];
        for (int pair = 0; pair < Parts / 2; pair++)
            for (int i = 0; i < PartElements; i++)
            {
                int at = pair * 2 * PartElements + i;
                halves[pair * PartElements + i] = (byte)(codes[at] & 15 | (codes[at + PartElements] & 15) << 4);
            }
        if (!HasFifthBit) return;
        var fifths = bytes.Slice(BitsAt, PartElements);
        fifths.Clear();
        for (int part = 0; part < Parts; part++)
            for (int i = 0; i < PartElements; i++)
                fifths[i] |= (byte)(codes[part * PartElements + i] >> 4 << part);
    }

    private static int Steps(float value, float step) =>
        step == 0 ? 0 : (int)Math.Clamp(MathF.Round(value / step), 0, HighestScale);

    private static ReadOnlySpan<float> Part(ReadOnlySpan<float> block, int part) =>
        block.Slice(part * PartElements, PartElements);
}
