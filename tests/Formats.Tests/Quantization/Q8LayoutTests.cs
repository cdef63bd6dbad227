using Weir.Formats.Quantization;

namespace Weir.Formats.Tests.Quantization;

public sealed class Q8LayoutTests
{
    private static readonly BlockLayout Q8 = BlockLayout.Of(TensorType.Q8_0);

    [Fact]
    public void The_error_of_a_value_is_within_half_a_step_and_the_rounding_of_the_scale()
    {
        var random = new Random(1);
        foreach (var size in (double[])[1e-6, 1e-3, 1, 1000, 60000])
        {
            var values = new float[64 * Q8.Elements];
            for (int i = 0; i < values.Length; i++) values[i] = (float)((random.NextDouble() * 2 - 1) * size);
            var (back, _) = RoundTrip(values);
            for (int block = 0; block < values.Length; block += Q8.Elements)
            {
                float step = values.AsSpan(block, Q8.Elements).ToArray().Max(Math.Abs) / 127;
                // float16 keeps 11 bits of the scale, or, below 2^-14, multiples of 2^-24.
                double scaleError = Math.Max(step * Math.Pow(2, -11), Math.Pow(2, -25));
                for (int i = block; i < block + Q8.Elements; i++)
                    Assert.InRange(Math.Abs(back[i] - values[i]), 0, step * 0.5001 + 127 * scaleError);
            }
        }
    }

    [Fact]
    public void What_is_stored_once_is_stored_the_same_again()
    {
        var random = new Random(2);
        var values = new float[8 * Q8.Elements];
        for (int i = 0; i < values.Length; i++) values[i] = (float)random.NextDouble() - 0.5f;
        var (once, _) = RoundTrip(values);
        var (twice, _) = RoundTrip(once);
        for (int i = 0; i < values.Length; i++) Assert.Equal(once[i], twice[i], 1e-5f);
    }

    [Fact]
    public void A_block_is_its_scale_and_rounded_steps()
    {
        var values = new float[Q8.Elements];
        (values[0], values[1], values[2], values[3]) = (127, -127, 0.5f, -1.5f); // halves round away from zero
        var (_, blocks) = RoundTrip(values);
        Assert.Equal(Q8.Bytes, blocks.Length);
        Assert.Equal([0x00, 0x3C, 127, 0x81, 1, 0xFE], blocks[..6]); // 1.0 as float16
    }

    [Fact]
    public void Zeros_stay_zeros() =>
        Assert.All(RoundTrip(new float[Q8.Elements]).Values, v => Assert.Equal(0, v));

    private static (float[] Values, byte[] Blocks) RoundTrip(float[] values)
    {
        var blocks = new byte[values.Length / Q8.Elements * Q8.Bytes];
        Q8.Quantize(values, blocks);
        var back = new float[values.Length];
        Q8.Dequantize(blocks, back);
        return (back, blocks);
    }
}
