using Weir.Formats.Quantization;
using Weir.Inference.Kernels;
using Weir.Inference.Models;

namespace Weir.Inference.Tests.Kernels;

public sealed class BlockPackingTests
{
    public static TheoryData<TensorType> Types =>
        [.. BlockLayout.All.Select(l => l.Type).Where(t => t is not (TensorType.F32 or TensorType.F16
            or TensorType.BF16))];

    [Theory]
    [MemberData(nameof(Types))]
    public void Packed_weights_are_those_of_the_file(TensorType type)
    {
        const int outputs = 21, inputs = 512;
        var layout = WeightLoader.LayoutOf(type);
        var file = BlockLayout.Of(type);
        var random = new Random((int)type);
        int rowBytes = (int)file.BytesOf(inputs);
        Assert.Equal((file.Bytes, file.Elements), BlockPacking.BlockOf(layout));
        var rows = RandomMatrix.Blocks(random, layout, outputs, inputs);
        var matrix = new PackedMatrix(layout, outputs, inputs,
            new NativeBuffer(PackedMatrix.BytesOf(layout, outputs, inputs)), 0);
        BlockPacking.Pack(matrix, 0, rows.AsSpan(0, 16 * rowBytes));
        BlockPacking.Pack(matrix, 1, rows.AsSpan(16 * rowBytes));
        var expected = new float[outputs * inputs];
        file.Dequantize(rows, expected);
        var found = matrix.ToRows();
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], found[i], 1e-6 + Math.Abs(expected[i]) * 1e-6);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_scale_that_is_no_number_is_refused(TensorType type)
    {
        var layout = WeightLoader.LayoutOf(type);
        var rows = RandomMatrix.Blocks(new Random(1), layout, 1, 256);
        int at = type == TensorType.Q6_K ? 208 : 0;
        BitConverter.TryWriteBytes(rows.AsSpan(at), Half.NaN);
        var matrix = new PackedMatrix(layout, 1, 256, new NativeBuffer(PackedMatrix.BytesOf(layout, 1, 256)), 0);
        Assert.Throws<InvalidDataException>(() => BlockPacking.Pack(matrix, 0, rows));
    }

    [Fact]
    public void Integers_of_fourteen_bits_keep_weights_to_half_a_step_of_the_largest()
    {
        var values = RandomMatrix.Floats(new Random(2), 16 * 96);
        var found = PackedMatrix.FromRows(values, 16, 96, WeightLayout.Int16).ToRows();
        for (int block = 0; block < values.Length; block += 32)
        {
            float largest = values.Skip(block).Take(32).Max(Math.Abs);
            for (int i = block; i < block + 32; i++)
                Assert.Equal(values[i], found[i], largest / 8191 * 0.505);
        }
    }

    [Fact]
    public void Float16_is_converted_as_the_runtime_does_it()
    {
        var halves = Enumerable.Range(0, 0x10000).Select(b => BitConverter.UInt16BitsToHalf((ushort)b))
            .Where(Half.IsFinite).ToArray();
        var found = new float[halves.Length];
        HalfFloats.ToSingles(halves, found);
        for (int i = 0; i < halves.Length; i++) Assert.Equal((float)halves[i], found[i]);
        var random = new Random(3);
        var floats = Enumerable.Range(0, 200_000)
            .Select(_ => BitConverter.Int32BitsToSingle(random.Next() ^ random.Next() << 16))
            .Where(f => Math.Abs(f) < 65520).Concat(found).ToArray();
        for (int i = 0; i + 16 <= floats.Length; i += 16)
        {
            var narrow = HalfFloats.Narrow(System.Runtime.Intrinsics.Vector512.Create(floats, i));
            for (int lane = 0; lane < 16; lane++)
                Assert.Equal(BitConverter.HalfToUInt16Bits((Half)floats[i + lane]), narrow[lane]);
        }
    }
}
