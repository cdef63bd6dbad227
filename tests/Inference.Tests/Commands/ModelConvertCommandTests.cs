using System.CommandLine;
using System.Text.Json.Nodes;
using Weir.Formats.Bcl;
using Weir.Inference.Commands;
using Weir.Inference.Models;
using Weir.Inference.Tests.Models;

namespace Weir.Inference.Tests.Commands;

public sealed class ModelConvertCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("f32")]
    [InlineData("f16")]
    [InlineData("q8_0")]
    public async Task A_folder_becomes_a_gguf_file_that_loads(string type)
    {
        new RandomModel(RandomModel.SmallConfig, seed: 1).WriteFolder(_folder.Path);
        string target = _folder.File("made.gguf"), json = _folder.File("made.json");
        Assert.Equal(ExitCodes.Done, await Run(_folder.Path, "--out", target, "--type", type, "--json", json));
        Assert.Equal(RandomModel.SmallConfig.HiddenSize, LoadedModel.Load(target).Config.HiddenSize);
        var made = JsonNode.Parse(File.ReadAllText(json))!;
        Assert.Equal(new FileInfo(target).Length, (long)made["bytes"]!);
        Assert.Equal(Digest.OfFile(target), (string?)made["digest"]);
    }

    [Fact]
    public async Task A_wrong_type_or_a_missing_model_is_a_message()
    {
        var type = await Assert.ThrowsAsync<UserErrorException>(
            () => Run(_folder.Path, "--out", "x.gguf", "--type", "q3"));
        Assert.Equal(ExitCodes.WrongUsage, type.ExitCode);
        await Assert.ThrowsAsync<UserErrorException>(() => Run(_folder.File("none"), "--out", _folder.File("x.gguf")));
        Assert.False(File.Exists(_folder.File("x.gguf")));
    }

    private static Task<int> Run(params string[] arguments) => ModelConvertCommand.Create().Parse(arguments)
        .InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
