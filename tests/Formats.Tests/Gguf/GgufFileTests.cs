using System.Buffers.Binary;
using System.Text;
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
        var bytes = new Raw().Header(3, tensors: 0, entries: 14)
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
        { "version 1", new Raw().Header(1, 0, 0).ToArray() },
        { "big-endian", new Raw().Header(0x03000000, 0, 0).ToArray() },
        { "announces more entries", new Raw().Header(3, 0, ulong.MaxValue).ToArray() },
        { "announces more entries", new Raw().Header(3, ulong.MaxValue, 0).Bytes(new byte[64]).ToArray() },
        { "is empty", new Raw().Header(3, 0, 1).Text("").U32(7).Bytes(new byte[32]).ToArray() },
        { "twice", new Raw().Header(3, 0, 2).Entry("a", 7).Bytes(1).Entry("a", 7).Bytes(1).Data(32).ToArray() },
        { "kind 13", new Raw().Header(3, 0, 1).Entry("a", 13).Bytes(new byte[32]).ToArray() },
        { "beyond the file", new Raw().Header(3, 0, 1).Entry("a", 8).U64(1UL << 40).Bytes(new byte[32]).ToArray() },
        { "array is longer", new Raw().Header(3, 0, 1).Entry("a", 9).U32(4).U64(ulong.MaxValue / 4).ToArray() },
        { "array of kind 77", new Raw().Header(3, 0, 1).Entry("a", 9).U32(77).U64(0).Bytes(new byte[32]).ToArray() },
        { "alignment '48'", new Raw().Header(3, 0, 1).Entry("general.alignment", 4).U32(48).ToArray() },
        { "alignment '0'", new Raw().Header(3, 0, 1).Entry("general.alignment", 4).U32(0).ToArray() },
        { "alignment '32'", new Raw().Header(3, 0, 1).Entry("general.alignment", 8).Text("32").ToArray() },
        { "dimensions", new Raw().Header(3, 1, 0).Tensor("t", [], 0, 0).Data(64).ToArray() },
        { "dimensions", new Raw().Header(3, 1, 0).Tensor("t", [1, 1, 1, 1, 1], 0, 0).Data(64).ToArray() },
        { "or empty", new Raw().Header(3, 1, 0).Tensor("t", [4, 0], 0, 0).Data(64).ToArray() },
        { "larger than the file", new Raw().Header(3, 1, 0).Tensor("t", [1UL << 62, 4], 0, 0).Data(64).ToArray() },
        { "larger than the file", new Raw().Header(3, 1, 0).Tensor("t", [ulong.MaxValue], 0, 0).Data(64).ToArray() },
        { "type 3", new Raw().Header(3, 1, 0).Tensor("t", [4], 3, 0).Data(64).ToArray() },
        { "type 4294967295", new Raw().Header(3, 1, 0).Tensor("t", [4], uint.MaxValue, 0).Data(64).ToArray() },
        { "multiple of 32", new Raw().Header(3, 1, 0).Tensor("t", [4], 8, 0).Data(64).ToArray() },
        { "outside of the file", new Raw().Header(3, 1, 0).Tensor("t", [4], 0, 7).Data(64).ToArray() },
        { "outside of the file", new Raw().Header(3, 1, 0).Tensor("t", [4], 0, 64).Data(64).ToArray() },
        {
            "outside of the file",
            new Raw().Header(3, 1, 0).Tensor("t", [4], 0, ulong.MaxValue - 31).Data(64).ToArray()
        },
        {
            "over another",
            new Raw().Header(3, 2, 0).Tensor("t", [16], 0, 0).Tensor("u", [4], 0, 32).Data(128).ToArray()
        },
        { "twice", new Raw().Header(3, 2, 0).Tensor("t", [4], 0, 0).Tensor("t", [4], 0, 32).Data(128).ToArray() },
        { "tensor name of 64", new Raw().Header(3, 1, 0).Tensor(new string('t', 64), [4], 0, 0).Data(64).ToArray() },
    };

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
    public void Seeded_mutations_never_do_more_than_a_user_error()
    {
        var good = File.ReadAllBytes(Save(writer =>
        {
            writer.Add("general.architecture", "llama");
            writer.Add("tokens", new[] { "a", "b", "cc" });
            writer.Add("types", new[] { 1, 3, 1 });
            writer.AddTensor("a", TensorType.F32, [8, 2], new float[16]);
            writer.AddTensor("b", TensorType.Q8_0, [32, 2], new float[64]);
            writer.AddTensor("c", TensorType.F16, [3], new float[3]);
        }));
        for (int seed = 0; seed < 6000; seed++)
        {
            try
            {
                using var file = Open(Mutation.Of(good, seed));
                foreach (var name in file.Tensors.Keys) file.ReadFloat32(name);
            }
            catch (UserErrorException)
            {
                // refused, as it should be
            }
        }
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

    /// <summary>A GGUF file byte by byte.</summary>
    private sealed class Raw
    {
        private readonly List<byte> _bytes = [];

        public Raw Header(uint version, ulong tensors, ulong entries) =>
            Bytes("GGUF"u8.ToArray()).U32(version).U64(tensors).U64(entries);

        public Raw Entry(string key, uint kind) => Text(key).U32(kind);

        public Raw Tensor(string name, ulong[] shape, uint type, ulong offset)
        {
            Text(name).U32((uint)shape.Length);
            foreach (var size in shape) U64(size);
            return U32(type).U64(offset);
        }

        public Raw Data(int count) => Bytes(new byte[(32 - _bytes.Count % 32) % 32 + count]);

        public Raw Text(string text) =>
            U64((ulong)Encoding.UTF8.GetByteCount(text)).Bytes(Encoding.UTF8.GetBytes(text));

        public Raw F32(float value) => U32(BitConverter.SingleToUInt32Bits(value));

        public Raw U16(ushort value) => Bytes((byte)value, (byte)(value >> 8));

        public Raw U32(uint value)
        {
            var bytes = new byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
            return Bytes(bytes);
        }

        public Raw U64(ulong value)
        {
            var bytes = new byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
            return Bytes(bytes);
        }

        public Raw Bytes(params byte[] bytes)
        {
            _bytes.AddRange(bytes);
            return this;
        }

        public byte[] ToArray() => [.. _bytes];
    }
}
