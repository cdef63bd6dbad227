using System.CommandLine;
using System.Text.Json.Nodes;
using Weir.Training.Commands;

namespace Weir.Training.Tests.Commands;

public sealed class TrainCommandTests
{
    [Fact]
    public async Task The_command_trains_and_writes_its_result()
    {
        using var world = new ToyWorld();
        var root = new RootCommand { TrainCommand.Create() };
        var json = world.PathOf("result.json");
        var code = await root.Parse(["train", world.Config(steps: 4), "--run", world.PathOf("run"), "--set", "seed=2",
            "--json", json])
            .InvokeAsync();
        Assert.Equal(0, code);
        var result = JsonNode.Parse(File.ReadAllText(json))!;
        Assert.Equal(4, (int)result["summary"]!["steps"]!);
        Assert.True(File.Exists(Path.Combine((string)result["model"]!, "model.safetensors")));
    }
}
