using Weir.Formats.Bcl;
using Weir.Formats.Safetensors;

namespace Weir.Formats.Tests.Safetensors;

public sealed class SafetensorsIndexTests : IDisposable
{
    private const string First = "model-00001-of-00002.safetensors", Second = "model-00002-of-00002.safetensors";
    private readonly string _folder = Directory.CreateTempSubdirectory("weir-index-").FullName;

    public SafetensorsIndexTests()
    {
        SafetensorsFile.Write(Path.Combine(_folder, First), [new("a", [2], [1, 2]), new("b", [1, 1], [3])]);
        SafetensorsFile.Write(Path.Combine(_folder, Second), [new("c", [3], [4, 5, 6])]);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_model_in_two_files_is_opened_by_its_index()
    {
        WriteMap("a:1,b:1,c:2");
        using var file = SafetensorsFile.OpenFolder(_folder);
        Assert.Equal(["a", "b", "c"], file.Names.Order());
        Assert.Equal([4, 5, 6], file.ReadFloat32("c"));
        Assert.Equal([3], file.ReadFloat32("b"));
        Assert.Equal([First, Second], file.Paths.Select(Path.GetFileName));
    }

    [Fact]
    public void One_file_goes_before_an_index()
    {
        WriteIndex("{}");
        SafetensorsFile.Write(Path.Combine(_folder, SafetensorsFile.FileName), [new("whole", [1], [9])]);
        using var file = SafetensorsFile.OpenFolder(_folder);
        Assert.Equal(["whole"], file.Names);
    }

    [Theory]
    [InlineData("[]", "weight_map")]
    [InlineData("{", "no JSON")]
    [InlineData("{}", "weight_map")]
    [InlineData("""{"weight_map":[]}""", "weight_map")]
    [InlineData("""{"weight_map":{}}""", "no file")]
    [InlineData("""{"weight_map":{"a":5}}""", "'a' is not in")]
    [InlineData("""{"weight_map":{"a":null}}""", "'a' is not in")]
    [InlineData("""{"weight_map":{"a":"../model.safetensors"}}""", "same folder")]
    [InlineData("""{"weight_map":{"a":"/etc/model.safetensors"}}""", "same folder")]
    [InlineData("""{"weight_map":{"a":"sub/model.safetensors"}}""", "same folder")]
    [InlineData("""{"weight_map":{"a":"sub\\model.safetensors"}}""", "same folder")]
    [InlineData("""{"weight_map":{"a":"C:model.safetensors"}}""", "same folder")]
    [InlineData("""{"weight_map":{"a":"a\u0000.safetensors"}}""", "same folder")]
    [InlineData("""{"weight_map":{"a":".safetensors"}}""", "same folder")]
    [InlineData("""{"weight_map":{"a":"pytorch_model.bin"}}""", "same folder")]
    [InlineData("""{"weight_map":{"a":"x.safetensors","a":"x.safetensors"}}""", "no JSON")]
    [InlineData("""{"weight_map":{"a":"gone.safetensors"}}""", "gone.safetensors, which is missing")]
    public void An_index_that_leads_elsewhere_or_nowhere_is_refused(string json, string says)
    {
        WriteIndex(json);
        Assert.Contains(says, Refused());
    }

    [Fact]
    public void An_index_that_disagrees_with_its_files_is_refused()
    {
        WriteMap("a:1,b:1,c:2,d:2");
        Assert.Contains("'d' is not in", Refused());
        WriteMap("a:1,b:2,c:2");
        Assert.Contains("'b' is in", Refused());
        WriteMap("a:1,c:2");
        Assert.Contains("'b' is in", Refused());
        SafetensorsFile.Write(Path.Combine(_folder, Second), [new("a", [1], [1]), new("c", [1], [1])]);
        WriteMap("a:1,b:1,c:2");
        Assert.Contains("'a' stands in another file too", Refused());
    }

    [Fact]
    public void A_folder_without_weights_is_a_message()
    {
        Assert.Contains("neither", Assert.Throws<UserErrorException>(() =>
            SafetensorsFile.OpenFolder(Path.Combine(_folder, "none"))).Message);
        Assert.Throws<UserErrorException>(() => SafetensorsFile.Open(Path.Combine(_folder, "none.safetensors")));
        Assert.Throws<UserErrorException>(() => SafetensorsFile.Open(_folder));
    }

    /// <summary>Tensor and number of its file: <c>a:1,b:2</c>.</summary>
    private void WriteMap(string map)
    {
        var entries = map.Split(',').Select(e => e.Split(':'))
            .Select(e => $"\"{e[0]}\":\"{(e[1] == "1" ? First : Second)}\"");
        WriteIndex("{\"metadata\":{\"total_size\":24},\"weight_map\":{" + string.Join(',', entries) + "}}");
    }

    private void WriteIndex(string json) => File.WriteAllText(Path.Combine(_folder, SafetensorsFile.IndexName), json);

    private string Refused() =>
        Assert.Throws<UserErrorException>(() => SafetensorsFile.OpenFolder(_folder)).Message;
}
