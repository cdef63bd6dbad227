using System.Runtime.InteropServices;

namespace Weir.Formats.Quantization;

/// <summary>Q8_0: 32 values share a float16 scale d = max|x| / 127; each is stored as round(x / d) in a signed byte.
/// The error of a value is at most d / 2, plus the rounding of d to float16, so no search for a better d is worth its
/// time.</summary>
internal sealed class Q8Layout() : BlockLayout(TensorType.Q8_0, 32, 34)
{
    public override bool IsFinite(ReadOnlySpan<byte> blocks) => HalvesAreFinite(blocks, 0);

    private protected override void Decode(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (int block = 0; block < values.Length / Elements; block++)
        {
            var bytes = blocks.Slice(block * Bytes, Bytes);
            float scale = (float)HalfAt(bytes);
            for (int i = 0; i < Elements; i++) values[block * Elements + i] = scale * (sbyte)bytes[2 + i];
        }
    }

    private protected override void Encode(ReadOnlySpan<float> values, Span<byte> blocks,
        ReadOnlySpan<float> importance)
    {
        for (int block = 0; block < values.Length / Elements; block++)
        {
            var source = values.Slice(block * Elements, Elements);
            var bytes = blocks.Slice(block * Bytes, Bytes);
            float largest = 0;
            foreach (var value in source) largest = Math.Max(largest, Math.Abs(value));
            float scale = Math.Min(largest / 127, (float)Half.MaxValue);
            float inverse = scale == 0 ? 0 : 1 / scale;
            MemoryMarshal.Write(bytes, (Half)scale);
            for (int i = 0; i < Elements; i++)
            {
                float steps = MathF.Round(source[i] * inverse, MidpointRounding.AwayFromZero);
                bytes[2 + i] = (byte)(sbyte)Math.Clamp(steps, -127, 127);
            }
        }
    }
}
