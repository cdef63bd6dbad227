using System.Runtime.InteropServices;

namespace Weir.Formats.Quantization;

/// <summary>Q4_0: a float16 scale d, then 16 bytes: byte j holds the code of element j in its low half and of element
/// 16 + j in its high half. x = d · (code - 8); d may be negative, so that the end of the range with more room, -8,
/// serves the largest value.</summary>
internal sealed class Q4Layout() : BlockLayout(TensorType.Q4_0, 32, 18)
{
    private const int Low = -8, High = 7, Pairs = 16;

    public override bool IsFinite(ReadOnlySpan<byte> blocks) => HalvesAreFinite(blocks, 0);

    private protected override void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (int block = 0; block < values.Length / Elements; block++)
        {
            var bytes = blocks.Slice(block * Bytes, Bytes);
            var target = values.Slice(block * Elements, Elements);
            float scale = (float)HalfAt(bytes);
            for (int j = 0; j < Pairs; j++)
            {
                target[j] = scale * ((bytes[2 + j] & 15) + Low);
                target[Pairs + j] = scale * ((bytes[2 + j] >> 4) + Low);
            }
        }
    }

    private protected override void Encode(ReadOnlySpan<float> values, Span<byte> blocks,
        ReadOnlySpan<float> importance)
    {
        Span<float> unit = stackalloc float[32], weights = stackalloc float[32];
        Span<sbyte> codes = stackalloc sbyte[32];
        for (int block = 0; block < values.Length / Elements; block++)
        {
            int from = block * Elements;
            var bytes = blocks.Slice(block * Bytes, Bytes);
            float size = ErrorWeights.Prepare(values.Slice(from, Elements), importance, from, unit, weights);
            var scale = ToHalf(size * SymmetricSearch.Scale(unit, weights, Low, High));
            SymmetricSearch.Encode(unit, size == 0 ? 0 : (float)scale / size, Low, High, codes);
            MemoryMarshal.Write(bytes, scale);
            for (int j = 0; j < Pairs; j++) bytes[2 + j] = (byte)(codes[j] - Low | codes[Pairs + j] - Low << 4);
        }
    }
}
