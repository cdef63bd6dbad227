using Weir.Formats.Bcl;
using Weir.Formats.Gguf;
using Weir.Formats.Quantization;

namespace Weir.Formats.Tests.Gguf;

public sealed class GgufSplitTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("weir-split-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_model_in_three_files_is_opened_by_its_first()
    {
        var first = SaveAll();
        using var file = GgufFile.Open(first);
        Assert.Equal("llama", file.Get<string>("general.architecture"));
        Assert.Equal(["t0", "t1", "t2"], file.Tensors.Keys.Order());
        for (int part = 0; part < 3; part++)
            Assert.Equal(Enumerable.Repeat((float)part, 8), file.ReadFloat32($"t{part}"));
        Assert.Equal(3, file.Paths.Count);
        Assert.Equal(first, file.Path);
    }

    [Fact]
    public void A_missing_part_is_named()
    {
        var first = SaveAll();
        File.Delete(Path.Combine(_folder, "m-00002-of-00003.gguf"));
        Assert.Contains("m-00002-of-00003.gguf is missing", Refused(first));
    }

    [Fact]
    public void Another_part_than_the_first_is_refused_and_the_first_is_named()
    {
        SaveAll();
        Assert.Contains("m-00001-of-00003.gguf", Refused(Path.Combine(_folder, "m-00002-of-00003.gguf")));
    }

    [Fact]
    public void A_part_under_another_name_is_refused()
    {
        var first = SaveAll();
        var other = Path.Combine(_folder, "model.gguf");
        File.Copy(first, other);
        Assert.Contains("must be named", Refused(other));
        var wrong = Path.Combine(_folder, "m-00001-of-00004.gguf");
        File.Copy(first, wrong);
        Assert.Contains("must be named", Refused(wrong));
    }

    [Fact]
    public void Parts_that_contradict_each_other_are_refused()
    {
        var first = SaveAll();
        Save(1, 3, tensors: 3, number: 2);
        Assert.Contains("says that it is part 3", Refused(first));
        Save(1, 3, tensors: 3, count: 4);
        Assert.Contains("of 4", Refused(first));
        Save(1, 3, tensors: 3, tensor: "t0");
        Assert.Contains("stands in an earlier part too", Refused(first));
        Save(1, 3, tensors: 3);
        Save(0, 3, tensors: 4);
        Assert.Contains("hold 3 tensors, and 4", Refused(first));
        Save(0, 3, tensors: 3);
        File.WriteAllBytes(Path.Combine(_folder, "m-00003-of-00003.gguf"), [1, 2, 3]);
        Assert.Contains("m-00003-of-00003.gguf is not a usable GGUF file", Refused(first));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1001)]
    [InlineData(65535)]
    public void A_number_of_parts_that_cannot_be_is_refused(int count)
    {
        Save(0, 3, tensors: 1, count: count);
        Assert.Contains("parts", Refused(Path.Combine(_folder, "m-00001-of-00003.gguf")));
    }

    [Fact]
    public void One_part_of_one_is_a_whole_model()
    {
        Save(0, 1, tensors: 1);
        using var file = GgufFile.Open(Path.Combine(_folder, "m-00001-of-00001.gguf"));
        Assert.Single(file.Tensors);
    }

    [Theory]
    [InlineData("../m")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("a\0b")]
    [InlineData("")]
    public void Names_that_lead_elsewhere_are_refused(string prefix) =>
        Assert.Throws<UserErrorException>(() => GgufSplit.NameOf(prefix, 0, 2));

    private string SaveAll()
    {
        for (int part = 0; part < 3; part++) Save(part, 3, tensors: 3);
        return Path.Combine(_folder, "m-00001-of-00003.gguf");
    }

    private void Save(int part, int of, int tensors, int? number = null, int? count = null, string? tensor = null)
    {
        var writer = new GgufWriter();
        if (part == 0) writer.Add("general.architecture", "llama");
        writer.Add("split.no", (uint)(number ?? part));
        writer.Add("split.count", (uint)(count ?? of));
        writer.Add("split.tensors.count", tensors);
        writer.AddTensor(tensor ?? $"t{part}", TensorType.F32, [8], [.. Enumerable.Repeat((float)part, 8)]);
        writer.Save(Path.Combine(_folder, GgufSplit.NameOf("m", part, of)));
    }

    private static string Refused(string path) =>
        Assert.Throws<UserErrorException>(() => GgufFile.Open(path)).Message;
}
