using System.Runtime.InteropServices;

namespace Weir.Formats.Quantization;

/// <summary>Q6_K: 256 values in 16 parts of 16, x = d · scale · (code - 32), scales signed bytes. Bytes: 128 with the
/// lower 4 bits of codes, 64 with the upper 2, 16 scales, float16 d. Each half of the block (128 elements) takes 64 and
/// 32 of these: with i in 0..31, elements i, 32 + i, 64 + i and 96 + i have their lower bits in bytes i and 32 + i, the
/// first two in the lower halves, and their upper bits in byte i, from the lowest on.</summary>
internal sealed class Q6KLayout() : BlockLayout(TensorType.Q6_K, 256, 210)
{
    private const int Parts = 16, PartElements = 16, Low = -32, High = 31;
    private const int UpperAt = 128, ScalesAt = UpperAt + 64, DAt = ScalesAt + Parts;

    public override bool IsFinite(ReadOnlySpan<byte> blocks) => HalvesAreFinite(blocks, DAt);

    private protected override void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (int block = 0; block < values.Length / Elements; block++)
        {
            var bytes = blocks.Slice(block * Bytes, Bytes);
            float d = (float)HalfAt(bytes[DAt..]);
            for (int i = 0; i < Elements; i++)
            {
                var (lower, lowerShift, upper, upperShift) = Places(i);
                int code = bytes[lower] >> lowerShift & 15 | (bytes[upper] >> upperShift & 3) << 4;
                values[block * Elements + i] = d * (sbyte)bytes[ScalesAt + i / PartElements] * (code + Low);
            }
        }
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

    // 1. The best scale of each part. 2. d, so that the largest of them is -128 steps. 3. Each part's scale in whole
    // steps, the best of the three nearest. 4. Codes for the scales as they will be read.
    private static void EncodeBlock(ReadOnlySpan<float> unit, ReadOnlySpan<float> weights, float size, Span<byte> bytes)
    {
        Span<float> scales = stackalloc float[Parts];
        float largest = 0;
        for (int part = 0; part < Parts; part++)
        {
            scales[part] = SymmetricSearch.Scale(Part(unit, part), Part(weights, part), Low, High);
            if (Math.Abs(scales[part]) > Math.Abs(largest)) largest = scales[part];
        }
        var d = ToHalf(size * largest / -128);
        float step = size == 0 ? 0 : (float)d / size;
        Span<sbyte> codes = stackalloc sbyte[256];
        bytes.Clear();
        MemoryMarshal.Write(bytes[DAt..], d);
        for (int part = 0; part < Parts; part++)
        {
            ReadOnlySpan<float> values = Part(unit, part), weight = Part(weights, part);
            int nearest = step == 0 ? 0 : (int)Math.Clamp(MathF.Round(scales[part] / step), -128, 127), chosen = 0;
            float least = float.MaxValue;
            for (int s = Math.Max(-128, nearest - 1); s <= Math.Min(127, nearest + 1); s++)
            {
                float error = SymmetricSearch.Error(values, weight, s * step, Low, High);
                if (error < least) (least, chosen) = (error, s);
            }
            bytes[ScalesAt + part] = (byte)(sbyte)chosen;
            SymmetricSearch.Encode(values, chosen * step, Low, High, codes.Slice(part * PartElements, PartElements));
        }
        for (int i = 0; i < codes.Length; i++)
        {
            var (lower, lowerShift, upper, upperShift) = Places(i);
            int code = codes[i] - Low;
            bytes[lower] |= (byte)((code & 15) << lowerShift);
            bytes[upper] |= (byte)(code >> 4 << upperShift);
        }
    }

    /// <summary>Byte and shift of the lower four and of the upper two bits of an element.</summary>
    private static (int Lower, int LowerShift, int Upper, int UpperShift) Places(int element)
    {
        int half = element / 128, quarter = element % 128 / 32, i = element % 32;
        return (half * 64 + quarter % 2 * 32 + i, quarter / 2 * 4, UpperAt + half * 32 + i, quarter * 2);
    }

    private static ReadOnlySpan<float> Part(ReadOnlySpan<float> block, int part) =>
        block.Slice(part * PartElements, PartElements);
}
