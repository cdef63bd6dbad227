using System.Runtime.InteropServices;

namespace Weir.Formats.Gguf;

/// <summary>Q8_0: 32 values share a float16 scale d = max|x| / 127; each is stored as round(x / d) in a signed byte.
/// The error of a value is at most d / 2, plus the rounding of d to float16.</summary>
public static class Q8Blocks
{
    public const int Elements = 32, Bytes = 34;

    public static void Read(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (int block = 0; block < values.Length / Elements; block++)
        {
            var bytes = blocks.Slice(block * Bytes, Bytes);
            float scale = (float)MemoryMarshal.Read<Half>(bytes);
            for (int i = 0; i < Elements; i++) values[block * Elements + i] = scale * (sbyte)bytes[2 + i];
        }
    }

    public static void Write(ReadOnlySpan<float> values, Span<byte> blocks)
    {
        for (int block = 0; block < values.Length / Elements; block++)
        {
            var source = values.Slice(block * Elements, Elements);
            var bytes = blocks.Slice(block * Bytes, Bytes);
            float largest = 0;
            foreach (var value in source) largest = Math.Max(largest, Math.Abs(value));
            float scale = largest / 127;
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
