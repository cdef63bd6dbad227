using Weir.Formats.Bcl;
using Weir.Formats.Gguf;
using Weir.Formats.Quantization;

namespace Weir.Formats.Tests.Gguf;

public sealed class GgufFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("weir-gguf-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_is_written_is_read()
    {
        var random = new Random(1);
        float[] matrix = Values(random, 64 * 5), vector = Values(random, 7);
        var path = Save(writer =>
        {
            writer.Add("general.architecture", "llama");
            writer.Add("a.text", "河水 😀");
            writer.Add("a.flag", true);
            writer.Add("a.unsigned", uint.MaxValue);
            writer.Add("a.signed", -5);
            writer.Add("a.number", 1.5f);
            writer.Add("a.texts", new[] { "", "one", "二" });
            writer.Add("a.numbers", new[] { 1, -2, int.MaxValue });
            writer.AddTensor("vector", TensorType.F32, [7], vector);
            writer.AddTensor("single", TensorType.F32, [64, 5], matrix);
            writer.AddTensor("half", TensorType.F16, [64, 5], matrix);
            writer.AddTensor("eight", TensorType.Q8_0, [64, 5], matrix);
        });
        using var file = GgufFile.Open(path);
        Assert.Equal("河水 😀", file.Get<string>("a.text"));
        Assert.True(file.Get<bool>("a.flag"));
        Assert.Equal(uint.MaxValue, file.GetInteger("a.unsigned"));
        Assert.Equal(-5, file.GetInteger("a.signed"));
        Assert.Equal(1.5, file.TryGetNumber("a.number"));
        Assert.Equal(["", "one", "二"], file.Get<string[]>("a.texts"));
        Assert.Equal([1, -2, int.MaxValue], file.Get<long[]>("a.numbers"));
        Assert.Equal([64, 5], file.Tensors["half"].Shape);
        Assert.Equal(vector, file.ReadFloat32("vector"));
        Assert.Equal(matrix, file.ReadFloat32("single"));
        Assert.Equal(matrix.Select(v => (float)(Half)v), file.ReadFloat32("half"));
        var eight = file.ReadFloat32("eight");
        for (int i = 0; i < matrix.Length; i++) Assert.Equal(matrix[i], eight[i], 0.01f);
        Assert.All(file.Tensors.Values, t => Assert.Equal(0, t.Offset % 32));
    }

    [Fact]
    public void Every_kind_of_metadata_is_read()
    {
        var bytes = new RawGguf().Header(3, tensors: 0, entries: 14)
            .Entry("u8", 0).Bytes(200).Entry("i8", 1).Bytes(0xFF).Entry("u16", 2).U16(65535).Entry("i16", 3).U16(0xFFFE)
            .Entry("u32", 4).U32(uint.MaxValue).Entry("i32", 5).U32(unchecked((uint)-3)).Entry("f32", 6).F32(0.25f)
            .Entry("bool", 7).Bytes(1).Entry("text", 8).Text("x").Entry("u64", 10).U64(ulong.MaxValue)
            .Entry("i64", 11).U64(unchecked((ulong)-9)).Entry("f64", 12).U64((ulong)BitConverter.DoubleToInt64Bits(2.5))
            .Entry("array", 9).U32(2).U64(2).U16(7).U16(8)
            .Entry("nested", 9).U32(9).U64(2).U32(7).U64(1).Bytes(1).U32(8).U64(1).Text("deep").ToArray();
        using var file = Open(bytes);
        Assert.Equal(200UL, file.Metadata["u8"]);
        Assert.Equal(-1L, file.Metadata["i8"]);
        Assert.Equal(65535UL, file.Metadata["u16"]);
        Assert.Equal(-2L, file.Metadata["i16"]);
        Assert.Equal((ulong)uint.MaxValue, file.Metadata["u32"]);
        Assert.Equal(-3L, file.Metadata["i32"]);
        Assert.Equal(0.25, file.Metadata["f32"]);
        Assert.Equal(true, file.Metadata["bool"]);
        Assert.Equal(ulong.MaxValue, file.Metadata["u64"]);
        Assert.Null(file.TryGetInteger("u64"));
        Assert.Equal(-9L, file.Metadata["i64"]);
        Assert.Equal(2.5, file.Metadata["f64"]);
        Assert.Equal([7UL, 8UL], file.Get<ulong[]>("array"));
        Assert.Equal(["deep"], Assert.IsType<string[]>(file.Get<object[]>("nested")[1]));
    }

    public static TheoryData<string, byte[]> Broken => new()
    {
        { "does not begin", [1, 2, 3, 4, 5, 6, 7, 8] },
        { "ends within its header", "GGUF"u8.ToArray() },
        { "version 1", new RawGguf().Header(1, 0, 0).ToArray() },
        { "big-endian", new RawGguf().Header(0x03000000, 0, 0).ToArray() },
        { "announces more entries", new RawGguf().Header(3, 0, ulong.MaxValue).ToArray() },
        { "announces more entries", new RawGguf().Header(3, ulong.MaxValue, 0).Bytes(new byte[64]).ToArray() },
        { "is empty", new RawGguf().Header(3, 0, 1).Text("").U32(7).Bytes(new byte[32]).ToArray() },
        { "twice", new RawGguf().Header(3, 0, 2).Entry("a", 7).Bytes(1).Entry("a", 7).Bytes(1).Data(32).ToArray() },
        {
            "metadata key of 65536",
            new RawGguf().Header(3, 0, 1).Entry(new string('k', 65536), 7).Bytes(new byte[9]).ToArray()
        },
        { "kind 9 at depth 4", Deep() },
        { "kind 13", new RawGguf().Header(3, 0, 1).Entry("a", 13).Bytes(new byte[32]).ToArray() },
        { "beyond the file", new RawGguf().Header(3, 0, 1).Entry("a", 8).U64(1UL << 40).Bytes(new byte[32]).ToArray() },
        { "array is longer", new RawGguf().Header(3, 0, 1).Entry("a", 9).U32(4).U64(ulong.MaxValue / 4).ToArray() },
        { "array of kind 77", new RawGguf().Header(3, 0, 1).Entry("a", 9).U32(77).U64(0).Data(32).ToArray() },
        { "alignment '48'", new RawGguf().Header(3, 0, 1).Entry("general.alignment", 4).U32(48).ToArray() },
        { "alignment '0'", new RawGguf().Header(3, 0, 1).Entry("general.alignment", 4).U32(0).ToArray() },
        { "alignment '32'", new RawGguf().Header(3, 0, 1).Entry("general.alignment", 8).Text("32").ToArray() },
        { "dimensions", new RawGguf().Header(3, 1, 0).Tensor("t", [], 0, 0).Data(64).ToArray() },
        { "dimensions", new RawGguf().Header(3, 1, 0).Tensor("t", [1, 1, 1, 1, 1], 0, 0).Data(64).ToArray() },
        { "or empty", new RawGguf().Header(3, 1, 0).Tensor("t", [4, 0], 0, 0).Data(64).ToArray() },
        { "larger than the file", new RawGguf().Header(3, 1, 0).Tensor("t", [1UL << 62, 4], 0, 0).Data(64).ToArray() },
        {
            "larger than the file",
            new RawGguf().Header(3, 1, 0).Tensor("t", [ulong.MaxValue], 0, 0).Data(64).ToArray()
        },
        { "type 9", new RawGguf().Header(3, 1, 0).Tensor("t", [4], 9, 0).Data(64).ToArray() },
        { "type 4294967295", new RawGguf().Header(3, 1, 0).Tensor("t", [4], uint.MaxValue, 0).Data(64).ToArray() },
        { "multiple of 32", new RawGguf().Header(3, 1, 0).Tensor("t", [4], 8, 0).Data(64).ToArray() },
        { "multiple of 32", new RawGguf().Header(3, 1, 0).Tensor("t", [48, 2], 2, 0).Data(64).ToArray() },
        { "multiple of 256", new RawGguf().Header(3, 1, 0).Tensor("t", [128, 2], 12, 0).Data(512).ToArray() },
        { "multiple of 256", new RawGguf().Header(3, 1, 0).Tensor("t", [257], 14, 0).Data(512).ToArray() },
        { "outside of the file", new RawGguf().Header(3, 1, 0).Tensor("t", [4], 0, 7).Data(64).ToArray() },
        { "outside of the file", new RawGguf().Header(3, 1, 0).Tensor("t", [4], 0, 64).Data(64).ToArray() },
        {
            "outside of the file",
            new RawGguf().Header(3, 1, 0).Tensor("t", [4], 0, ulong.MaxValue - 31).Data(64).ToArray()
        },
        {
            "over another",
            new RawGguf().Header(3, 2, 0).Tensor("t", [16], 0, 0).Tensor("u", [4], 0, 32).Data(128).ToArray()
        },
        { "twice", new RawGguf().Header(3, 2, 0).Tensor("t", [4], 0, 0).Tensor("t", [4], 0, 32).Data(128).ToArray() },
        {
            "tensor name of 64",
            new RawGguf().Header(3, 1, 0).Tensor(new string('t', 64), [4], 0, 0).Data(64).ToArray()
        },
    };

    /// <summary>Arrays in arrays, one more than is read.</summary>
    private static byte[] Deep()
    {
        var raw = new RawGguf().Header(3, 0, 1).Entry("a", 9);
        for (int depth = 0; depth < 5; depth++) raw.U32(9).U64(1);
        return raw.Bytes(new byte[64]).ToArray();
    }

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_broken_file_is_refused_with_what_is_wrong(string wrong, byte[] bytes)
    {
        var error = Assert.Throws<UserErrorException>(() => Open(bytes));
        Assert.Contains(wrong, error.Message);
        Assert.Contains("Fetch or export it again", error.Message);
    }

    [Fact]
    public void A_file_that_is_not_there_is_a_message() =>
        Assert.Throws<UserErrorException>(() => GgufFile.Open(Path.Combine(_folder, "none.gguf")));

    [Fact]
    public void A_file_that_is_cut_while_it_is_open_is_a_message()
    {
        var path = Save(writer => writer.AddTensor("t", TensorType.F32, [100_000], new float[100_000]));
        using var file = GgufFile.Open(path);
        using (var cut = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            cut.SetLength(8000);
        Assert.Throws<UserErrorException>(() => file.ReadFloat32("t"));
    }

    [Fact]
    public void A_tensor_is_read_in_groups_of_rows()
    {
        var values = Values(new Random(3), 256 * 6);
        foreach (var layout in BlockLayout.All)
        {
            using var file = GgufFile.Open(Save(writer =>
            {
                writer.AddTensor("before", TensorType.F32, [5], new float[5]);
                writer.AddTensor("t", layout.Type, [256, 6], values);
            }));
            var tensor = file.Tensors["t"];
            Assert.Equal((256L, 6L, layout.BytesOf(256)), (tensor.RowElements, tensor.RowCount, tensor.RowBytes));
            var whole = file.ReadFloat32("t");
            var rows = new byte[2 * tensor.RowBytes];
            var found = new float[512];
            for (int row = 0; row < 6; row += 2)
            {
                file.ReadTensor(tensor, row * tensor.RowBytes, rows);
                layout.Dequantize(rows, found);
                Assert.Equal(whole[(row * 256)..((row + 2) * 256)], found);
            }
        }
    }

    [Fact]
    public void What_lies_outside_of_a_tensor_is_never_read()
    {
        using var file = GgufFile.Open(Save(writer =>
        {
            writer.AddTensor("t", TensorType.Q4_0, [64, 2], new float[128]);
            writer.AddTensor("u", TensorType.F32, [64], new float[64]);
        }));
        var tensor = file.Tensors["t"];
        Assert.Throws<ArgumentOutOfRangeException>(() => file.ReadTensor(tensor, 54, new byte[36]));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.ReadTensor(tensor, -18, new byte[18]));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.ReadTensor(tensor, long.MaxValue, new byte[18]));
        Assert.Throws<ArgumentException>(() => file.ReadTensor(tensor, 1, new byte[18]));
        Assert.Throws<ArgumentException>(() => file.ReadTensor(tensor, 0, new byte[19]));
        Assert.Throws<ArgumentException>(() => file.ReadTensor(tensor with { Bytes = 1000 }, 0, new byte[90]));
    }

    [Fact]
    public void Scales_that_are_no_numbers_are_refused()
    {
        var path = Save(writer => writer.AddTensor("t", TensorType.Q8_0, [32, 2], new float[64]));
        var bytes = File.ReadAllBytes(path);
        (bytes[^62], bytes[^61]) = (0x00, 0x7E); // 68 bytes of data, padded to 96: the scale of the second block
        using var file = Open(bytes);
        file.ReadTensor(file.Tensors["t"], 0, new byte[34]);
        Assert.Contains("NaN", Assert.Throws<UserErrorException>(() => file.ReadFloat32("t")).Message);
    }

    [Fact]
    public void Tensors_may_be_written_piece_by_piece_and_metadata_taken_over()
    {
        var values = Values(new Random(4), 64);
        var raw = new RawGguf().Header(3, 0, 3).Entry("x.u16", 2).U16(7)
            .Entry("x.list", 9).U32(8).U64(2).Text("a").Text("河").Entry("y", 7).Bytes(1).Data(32).ToArray();
        var source = Path.Combine(_folder, "source.gguf");
        File.WriteAllBytes(source, raw);
        using var old = GgufFile.Open(source);
        using var file = GgufFile.Open(Save(writer =>
        {
            writer.Add("x.own", 1u);
            writer.CopyMetadata(old, key => key.StartsWith('x'));
            writer.AddTensor("t", TensorType.F16, [32, 2], stream =>
            {
                var bytes = new byte[64];
                for (int row = 0; row < 2; row++)
                {
                    BlockLayout.Of(TensorType.F16).Quantize(values.AsSpan(row * 32, 32), bytes);
                    stream.Write(bytes);
                }
            });
        }));
        Assert.Equal(["x.own", "x.u16", "x.list"], file.Metadata.Keys);
        Assert.Equal(7UL, file.Metadata["x.u16"]);
        Assert.Equal(["a", "河"], file.Get<string[]>("x.list"));
        Assert.Equal(values.Select(v => (float)(Half)v), file.ReadFloat32("t"));
        Assert.Throws<InvalidOperationException>(() =>
            Save(writer => writer.AddTensor("t", TensorType.F16, [32, 2], stream => stream.WriteByte(0))));
    }

    private GgufFile Open(byte[] bytes)
    {
        var path = Path.Combine(_folder, "broken.gguf");
        File.WriteAllBytes(path, bytes);
        return GgufFile.Open(path);
    }

    private string Save(Action<GgufWriter> fill)
    {
        var writer = new GgufWriter();
        fill(writer);
        var path = Path.Combine(_folder, "good.gguf");
        writer.Save(path);
        return path;
    }

    private static float[] Values(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() * 2 - 1))];
}
