using System.Runtime.InteropServices;
using Weir.Formats.Bcl;
using Weir.Formats.Quantization;

namespace Weir.Formats.Tests.Quantization;

public sealed class BlockLayoutTests
{
    /// <summary>Type, number in a file, elements and bytes a block, and the largest error of a value relative to the
    /// largest value of its block.</summary>
    public static TheoryData<TensorType, int, int, int, double> Types => new()
    {
        { TensorType.F32, 0, 1, 4, 0 }, { TensorType.F16, 1, 1, 2, 0.0005 }, { TensorType.BF16, 30, 1, 2, 0.004 },
        { TensorType.Q4_0, 2, 32, 18, 0.16 }, { TensorType.Q4_1, 3, 32, 20, 0.12 },
        { TensorType.Q5_0, 6, 32, 22, 0.08 }, { TensorType.Q5_1, 7, 32, 24, 0.06 },
        { TensorType.Q8_0, 8, 32, 34, 0.0045 },
        { TensorType.Q4_K, 12, 256, 144, 0.12 }, { TensorType.Q5_K, 13, 256, 176, 0.06 },
        { TensorType.Q6_K, 14, 256, 210, 0.05 },
    };

    [Theory]
    [MemberData(nameof(Types))]
    public void A_value_comes_back_within_the_error_of_its_type(TensorType type, int number, int elements, int bytes,
        double most)
    {
        var layout = BlockLayout.Of(type);
        Assert.Equal((number, elements, bytes), ((int)layout.Type, layout.Elements, layout.Bytes));
        Assert.Same(layout, BlockLayout.Find((uint)number));
        foreach (var size in (double[])[1e-2, 1, 300])
        {
            var values = Normal(elements * 64, seed: number, size);
            var back = RoundTrip(layout, values);
            for (int block = 0; block < values.Length; block += 256)
            {
                var part = values[block..Math.Min(values.Length, block + 256)];
                float largest = part.Max(Math.Abs);
                for (int i = 0; i < part.Length; i++)
                    Assert.InRange(Math.Abs(back[block + i] - part[i]), 0, largest * most);
            }
        }
    }

    /// <summary>Digests of what ggml (August 2026) makes of the same bytes.</summary>
    [Theory]
    [InlineData(TensorType.Q4_0, "b898027311482795e3b3ec86f2c507c723e26e0dc6928abbb93065dd56d30a4c")]
    [InlineData(TensorType.Q4_1, "d85182e3542dad27df10af4ff5cf3885e73b5be8ca540df928f612c4de0ce0b8")]
    [InlineData(TensorType.Q5_0, "b6f81b395603fa9598b52515cd365058012c42a9adccd49c54ae55285d5a5cf0")]
    [InlineData(TensorType.Q5_1, "af296a3c3eaba5b00b390bf5aa1eb3cfddd4e2515319eecf4d760313cc0cf81d")]
    [InlineData(TensorType.Q8_0, "5cd30fbd5c5638425ca4d93fd54f9940b1f1c1e4c3f60f285f19c4f37e27f8c1")]
    [InlineData(TensorType.Q4_K, "31ef4ef4b1ba3983278064e1b2b10cd22f1184a565833a7ae9d517bda9e1c07b")]
    [InlineData(TensorType.Q5_K, "c47acdcad141e20b68ebf360b6910a81e17d548b15ce4561e3c662858a4bb39e")]
    [InlineData(TensorType.Q6_K, "d9b070473ff7851ad3a30bc804f3424c2cb8fcabd2960a0ae058772ae6cda1a6")]
    public void Any_bytes_mean_what_ggml_says(TensorType type, string digest)
    {
        const int count = 64;
        var layout = BlockLayout.Of(type);
        var blocks = new byte[count * layout.Bytes];
        uint state = 1;
        for (int i = 0; i < blocks.Length; i++)
        {
            state = unchecked(state * 1664525 + 1013904223);
            blocks[i] = (byte)(state >> 24);
        }
        // Scales below 2, so that none is infinite.
        int[] upperBytes = type switch
        {
            TensorType.Q6_K => [209],
            TensorType.Q4_1 or TensorType.Q5_1 or TensorType.Q4_K or TensorType.Q5_K => [1, 3],
            _ => [1],
        };
        foreach (int at in upperBytes)
            for (int block = 0; block < count; block++) blocks[block * layout.Bytes + at] &= 0xBF;
        var values = new float[count * layout.Elements];
        layout.Dequantize(blocks, values);
        Assert.Equal("sha256:" + digest, Digest.OfBytes(MemoryMarshal.AsBytes(values.AsSpan())));
    }

    /// <summary>Codes of fixed patterns, as bytes of the format, and what they mean.</summary>
    [Fact]
    public void Blocks_of_q4_0_mean_what_the_format_says()
    {
        var bytes = new byte[18];
        (bytes[0], bytes[1]) = (0x00, 0x40); // 2.0
        for (int j = 0; j < 16; j++) bytes[2 + j] = (byte)(j | 15 - j << 4);
        var values = Decode(TensorType.Q4_0, bytes);
        for (int j = 0; j < 16; j++)
        {
            Assert.Equal(2f * (j - 8), values[j]);
            Assert.Equal(2f * (15 - j - 8), values[16 + j]);
        }
    }

    [Theory]
    [InlineData(TensorType.Q4_K)]
    [InlineData(TensorType.Q5_K)]
    public void Blocks_with_scales_and_minimums_mean_what_the_format_says(TensorType type)
    {
        byte[] scales = [1, 2, 3, 63, 33, 17, 48, 15], minimums = [0, 5, 63, 7, 16, 32, 47, 31];
        var bytes = new byte[BlockLayout.Of(type).Bytes];
        (bytes[1], bytes[3]) = (0x3C, 0x38); // d = 1.0, dmin = 0.5
        PackedScales.Write(scales, minimums, bytes.AsSpan(4, 12));
        var random = new Random(5);
        random.NextBytes(bytes.AsSpan(16));
        var values = Decode(type, bytes);
        int codesAt = type == TensorType.Q5_K ? 48 : 16;
        for (int part = 0; part < 8; part++)
        {
            Assert.Equal((scales[part], minimums[part]), PackedScales.Read(bytes.AsSpan(4, 12), part));
            for (int i = 0; i < 32; i++)
            {
                int pair = bytes[codesAt + part / 2 * 32 + i];
                int code = part % 2 == 0 ? pair & 15 : pair >> 4;
                if (type == TensorType.Q5_K && (bytes[16 + i] & 1 << part) != 0) code += 16;
                Assert.Equal(scales[part] * code - 0.5f * minimums[part], values[part * 32 + i]);
            }
        }
    }

    [Fact]
    public void Blocks_of_q6_k_mean_what_the_format_says()
    {
        var bytes = new byte[210];
        new Random(6).NextBytes(bytes);
        (bytes[208], bytes[209]) = (0x00, 0x38); // 0.5
        var values = Decode(TensorType.Q6_K, bytes);
        for (int half = 0; half < 2; half++)
            for (int i = 0; i < 32; i++)
            {
                byte low = bytes[half * 64 + i], next = bytes[half * 64 + 32 + i], upper = bytes[128 + half * 32 + i];
                int[] codes = [low & 15 | (upper & 3) << 4, next & 15 | (upper >> 2 & 3) << 4,
                    low >> 4 | (upper >> 4 & 3) << 4, next >> 4 | upper >> 6 << 4];
                for (int quarter = 0; quarter < 4; quarter++)
                {
                    int at = half * 128 + quarter * 32 + i;
                    Assert.Equal(0.5f * (sbyte)bytes[192 + at / 16] * (codes[quarter] - 32), values[at]);
                }
            }
    }

    [Theory]
    [InlineData(TensorType.Q4_0)]
    [InlineData(TensorType.Q4_1)]
    [InlineData(TensorType.Q5_0)]
    [InlineData(TensorType.Q5_1)]
    [InlineData(TensorType.Q4_K)]
    [InlineData(TensorType.Q5_K)]
    [InlineData(TensorType.Q6_K)]
    [InlineData(TensorType.Q8_0)]
    [InlineData(TensorType.F16)]
    [InlineData(TensorType.BF16)]
    public void Zeros_and_values_out_of_range_are_stored_as_near_as_can_be(TensorType type)
    {
        var layout = BlockLayout.Of(type);
        Assert.All(RoundTrip(layout, new float[layout.Elements * 2]), v => Assert.Equal(0, v));
        Assert.All(RoundTrip(layout, Enumerable.Repeat(1e-30f, layout.Elements).ToArray()),
            v => Assert.Equal(0, v, 1e-29f));
        foreach (var size in (float[])[float.MaxValue, -float.MaxValue, 1e20f, -1e9f])
        {
            var values = new float[layout.Elements];
            values[^1] = size;
            var back = RoundTrip(layout, values);
            Assert.All(back, v => Assert.True(float.IsFinite(v)));
            Assert.True(Math.Sign(size) == Math.Sign(back[^1]) && Math.Abs(back[^1]) > 60000);
        }
    }

    [Fact]
    public void Scales_that_are_no_numbers_are_seen()
    {
        foreach (var layout in BlockLayout.All)
        {
            var blocks = new byte[layout.Bytes * 40];
            layout.Quantize(Normal(layout.Elements * 40, seed: 1, 1), blocks);
            Assert.True(layout.IsFinite(blocks));
            int[] scalesAt = layout.Type switch
            {
                TensorType.Q6_K => [208],
                TensorType.Q4_1 or TensorType.Q5_1 or TensorType.Q4_K or TensorType.Q5_K => [0, 2],
                _ => [0],
            };
            foreach (var at in scalesAt)
                foreach (var block in (int[])[0, 7, 39])
                {
                    var broken = (byte[])blocks.Clone();
                    int from = block * layout.Bytes + at;
                    if (layout.Type == TensorType.F32) BitConverter.TryWriteBytes(broken.AsSpan(from), float.NaN);
                    else if (layout.Type == TensorType.BF16) (broken[from], broken[from + 1]) = (0x80, 0x7F);
                    else BitConverter.TryWriteBytes(broken.AsSpan(from), Half.NegativeInfinity);
                    Assert.False(layout.IsFinite(broken), $"{layout.Type} block {block}");
                }
        }
    }

    [Fact]
    public void Buffers_that_do_not_fit_each_other_are_refused()
    {
        var layout = BlockLayout.Of(TensorType.Q4_K);
        Assert.Throws<ArgumentException>(() => layout.Quantize(new float[256], new byte[143]));
        Assert.Throws<ArgumentException>(() => layout.Dequantize(new byte[144], new float[255]));
        Assert.Throws<ArgumentException>(() => layout.Quantize(new float[512], new byte[288], new float[300]));
        Assert.Throws<ArgumentException>(() => layout.BytesOf(100));
        Assert.Null(BlockLayout.Find(9));
    }

    internal static float[] Normal(int count, int seed, double deviation)
    {
        var random = new Random(seed);
        var values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = (float)(deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()))
                * Math.Cos(2 * Math.PI * random.NextDouble()));
        return values;
    }

    internal static float[] RoundTrip(BlockLayout layout, float[] values, float[]? importance = null)
    {
        var blocks = new byte[layout.BytesOf(values.Length)];
        layout.Quantize(values, blocks, importance);
        var back = new float[values.Length];
        layout.Dequantize(blocks, back);
        return back;
    }

    private static float[] Decode(TensorType type, byte[] bytes)
    {
        var values = new float[BlockLayout.Of(type).Elements];
        BlockLayout.Of(type).Dequantize(bytes, values);
        return values;
    }
}
