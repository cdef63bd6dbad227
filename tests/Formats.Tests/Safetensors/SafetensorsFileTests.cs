using System.Buffers.Binary;
using System.Text;
using Weir.Formats.Bcl;
using Weir.Formats.Safetensors;
using Weir.Formats.Tests.Gguf;

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

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"t":null}""")]
    [InlineData("""{"t":5}""")]
    [InlineData("""{"t":{}}""")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2]}}""")]
    [InlineData("""{"t":{"dtype":"F32","shape":"2","data_offsets":[0,8]}}""")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2],"data_offsets":[0]}}""")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""")]
    [InlineData("""{"t":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}""")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}""")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""")]
    [InlineData("""{"t":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}""")]
    [InlineData("""{"t":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}""")]
    [InlineData("""{"t":{"dtype":"F32","shape":[1e300],"data_offsets":[0,8]}}""")]
    [InlineData("""{"t":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"""
        + """ "t":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}""")]
    [InlineData("""{"__metadata__":{"a":5},"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""")]
    public void A_broken_header_is_refused(string header) =>
        Assert.Throws<UserErrorException>(() => Open(header, new byte[8]));

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

    [Fact]
    public void Seeded_mutations_never_do_more_than_a_user_error()
    {
        var good = File.ReadAllBytes(Good());
        var path = Path.Combine(_folder, "mutated.safetensors");
        for (int seed = 0; seed < 6000; seed++)
        {
            File.WriteAllBytes(path, Mutation.Of(good, seed));
            try
            {
                using var file = SafetensorsFile.Open(path);
                foreach (var name in file.Names) file.ReadFloat32(name);
            }
            catch (UserErrorException)
            {
                // refused, as it should be
            }
        }
    }

    private string Good()
    {
        var path = Path.Combine(_folder, "good.safetensors");
        SafetensorsFile.Write(path,
            [new("a", [2, 3], [1, 2, 3, 4, 5, 6.5f]), new("b", [2], [7, 8]), new("河", [], [-0f])],
            new Dictionary<string, string> { ["format"] = "pt" });
        return path;
    }

    private SafetensorsFile Open(string header, byte[] data)
    {
        var text = Encoding.UTF8.GetBytes(header);
        var bytes = new byte[8 + text.Length + data.Length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, text.Length);
        text.CopyTo(bytes, 8);
        data.CopyTo(bytes, 8 + text.Length);
        var path = Path.Combine(_folder, "made.safetensors");
        File.WriteAllBytes(path, bytes);
        return SafetensorsFile.Open(path);
    }
}
