using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Weir.Formats.Bcl;
using Weir.Formats.Quantization;
using Weir.Formats.Safetensors;

namespace Weir.Formats.Tests.Safetensors;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("weir-safetensors-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_is_written_is_read()
    {
        using var file = SafetensorsFile.Open(Good());
        Assert.Equal(["a", "b", "河"], file.Names.Order(StringComparer.Ordinal));
        Assert.Equal([2, 3], file.Shape("a"));
        Assert.Equal([1, 2, 3, 4, 5, 6.5f], file.ReadFloat32("a"));
        Assert.Equal([-0f], file.ReadFloat32("河"));
        Assert.Equal("pt", file.Metadata["format"]);
    }

    [Fact]
    public void Half_precision_kinds_are_read_as_float32()
    {
        const string header = """
            {"h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},
             "b":{"dtype":"BF16","shape":[1],"data_offsets":[4,6]}}
            """;
        using var file = Open(header, [0x00, 0x3C, 0x00, 0xC1, 0xC0, 0x3F]);
        Assert.Equal([1f, -2.5f], file.ReadFloat32("h"));
        Assert.Equal([1.5f], file.ReadFloat32("b"));
    }

    public static TheoryData<string, string> Broken => new()
    {
        { "begin with '{'", "[]" }, { "begin with '{'", "null" }, { "begin with '{'", " {}" },
        { "not the JSON", "{   " }, { "not the JSON", "{} x" },
        { "in place of StartObject", """{"t":null}""" }, { "in place of StartObject", """{"t":5}""" },
        { "lacks its dtype", """{"t":{}}""" }, { "lacks its dtype", """{"t":{"dtype":"F32","shape":[2]}}""" },
        { "lacks its dtype", """{"t":{"dtype":null,"shape":[2],"data_offsets":[0,8]}}""" },
        { "in place of StartArray", """{"t":{"dtype":"F32","shape":"2","data_offsets":[0,8]}}""" },
        { "two data_offsets", """{"t":{"dtype":"F32","shape":[2],"data_offsets":[0]}}""" },
        { "bad shape or offsets", """{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,4,8]}}""" },
        { "its shape calls for 8", """{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""" },
        { "its shape calls for 4", """{"t":{"dtype":"F16","shape":[2],"data_offsets":[0,8]}}""" },
        { "bad shape or offsets", """{"t":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""" },
        { "bad shape or offsets", """{"t":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}""" },
        { "bad shape or offsets", """{"t":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}""" },
        { "bad shape or offsets", """{"t":{"dtype":"F32","shape":[1e300],"data_offsets":[0,8]}}""" },
        { "bad shape or offsets", """{"t":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,2],"data_offsets":[0,8]}}""" },
        { "outside of the file", """{"t":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}""" },
        { "has -8 bytes", """{"t":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""" },
        { "type I64, and only F32", """{"t":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}""" },
        { "type F8_E4M3", """{"t":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}""" },
        {
            "larger than any file",
            """{"t":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"""
        },
        {
            "larger than any file", // 2^64 bytes, which 64 bits would take for 0
            """{"t":{"dtype":"F16","shape":[2147483648,4294967296],"data_offsets":[0,0]}}"""
        },
        {
            "'t' stands there twice",
            """{"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"""
                + """ "t":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"""
        },
        { "doubled field 'dtype'", """{"t":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}""" },
        { "in place of String", """{"__metadata__":{"a":5},"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""" },
        { "metadata 'a' stands there twice", """{"__metadata__":{"a":"b","a":"c"}}""" },
        { "its metadata stands there twice", """{"__metadata__":{},"__metadata__":{}}""" },
        { "a gap lies before it", """{"t":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""" },
        { "take 4 bytes of data, and it has 8", """{"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""" },
        {
            "lies over another",
            """{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"u":{"dtype":"F16","shape":[2],"""
                + """ "data_offsets":[4,8]}}"""
        },
        { "not the JSON", """{"t":{"dtype":"F32","shape":[[[[2]]]],"data_offsets":[0,8]}}""" },
        { "not the JSON", """{"\ud800":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_broken_header_is_refused_with_what_is_wrong(string wrong, string header) =>
        Assert.Contains(wrong, Assert.Throws<UserErrorException>(() => Open(header, new byte[8])).Message);

    [Fact]
    public void A_header_that_is_no_utf8_is_refused()
    {
        var header = Encoding.UTF8.GetBytes("""{"t?":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""");
        header[Array.IndexOf(header, (byte)'?')] = 0xFF;
        Assert.Contains("no UTF-8", Assert.Throws<UserErrorException>(() => Open(header, new byte[8])).Message);
    }

    [Fact]
    public void A_header_of_a_hundred_thousand_tensors_is_read_in_time()
    {
        var header = new StringBuilder("{");
        for (int i = 0; i < 100_000; i++)
            header.Append(i == 0 ? "" : ",").Append($"\"t{i}\":{{\"dtype\":\"F16\",\"shape\":[2],")
                .Append($"\"data_offsets\":[{4 * i},{4 * i + 4}]}}");
        var start = Stopwatch.GetTimestamp();
        using var file = Open(header.Append('}').ToString(), new byte[400_000]);
        Assert.Equal(100_000, file.Names.Count);
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void A_tensor_is_read_in_groups_of_rows()
    {
        using var file = SafetensorsFile.Open(Good());
        var tensor = file.Tensors["a"];
        Assert.Equal((TensorType.F32, 6L, 24L), (tensor.Type, tensor.ElementCount, tensor.Bytes));
        var row = new byte[12];
        file.ReadTensor(tensor, 12, row);
        Assert.Equal([4, 5, 6.5f], MemoryMarshal.Cast<byte, float>(row).ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => file.ReadTensor(tensor, 16, row));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.ReadTensor(tensor, -4, row));
        Assert.Throws<ArgumentException>(() => file.ReadTensor(tensor, 2, row));
        Assert.Throws<ArgumentException>(() => file.ReadTensor(tensor with { Bytes = 400 }, 0, row));
    }

    [Fact]
    public void Numbers_that_are_none_are_refused()
    {
        using var file = Open("""{"h":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}""", [0x80, 0x3F, 0x80, 0x7F]);
        Assert.Contains("NaN", Assert.Throws<UserErrorException>(() => file.ReadFloat32("h")).Message);
    }

    [Fact]
    public void A_file_that_is_cut_while_it_is_open_is_a_message()
    {
        var path = Path.Combine(_folder, "large.safetensors");
        SafetensorsFile.Write(path, [new("t", [100_000], new float[100_000])]);
        using var file = SafetensorsFile.Open(path);
        using (var cut = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            cut.SetLength(8000);
        Assert.Throws<UserErrorException>(() => file.ReadFloat32("t"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(200_000_000)]
    [InlineData(long.MaxValue)]
    public void A_header_length_that_cannot_be_is_refused(long length)
    {
        var bytes = new byte[64];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, length);
        var path = Path.Combine(_folder, "broken.safetensors");
        File.WriteAllBytes(path, bytes);
        Assert.Throws<UserErrorException>(() => SafetensorsFile.Open(path));
    }

    private string Good()
    {
        var path = Path.Combine(_folder, "good.safetensors");
        SafetensorsFile.Write(path,
            [new("a", [2, 3], [1, 2, 3, 4, 5, 6.5f]), new("b", [2], [7, 8]), new("河", [], [-0f])],
            new Dictionary<string, string> { ["format"] = "pt" });
        return path;
    }

    private SafetensorsFile Open(string header, byte[] data) => Open(Encoding.UTF8.GetBytes(header), data);

    private SafetensorsFile Open(byte[] text, byte[] data)
    {
        var bytes = new byte[8 + text.Length + data.Length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, text.Length);
        text.CopyTo(bytes, 8);
        data.CopyTo(bytes, 8 + text.Length);
        var path = Path.Combine(_folder, "made.safetensors");
        File.WriteAllBytes(path, bytes);
        return SafetensorsFile.Open(path);
    }
}
