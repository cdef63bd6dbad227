using System.Text.Json.Nodes;
using Weir.WebConsole.Playground;
using Weir.WebConsole.Text;

namespace Weir.WebConsole.Tests.Playground;

public sealed class EngineFiguresTests
{
    private static readonly PlaygroundText Text = PlaygroundText.English;

    [Fact]
    public void Blocks_go_before_tokens_and_rates_have_one_decimal()
    {
        var stats = Parse(
            """
            {"running": 2, "waiting": 0, "kv_blocks_used": 30, "kv_blocks_total": 120, "kv_tokens_used": 480,
             "kv_tokens_total": 1920, "prefix_hit_rate": 0.256, "tokens_per_second": 41.26,
             "prompt_tokens_per_second": 1000, "steps_total": 12345, "name": "x", "flag": true, "nothing": null}
            """);
        Assert.Equal(
        [
            new("running", "2"), new("waiting", "0"), new("KV blocks", "30 / 120", 0.25),
            new("prefix hits", "26 %", 0.256), new("tokens/s", "41.3"), new("prompt tokens/s", "1,000"),
        ], EngineFigures.Main(stats, Text));
        Assert.Equal([new("steps total", "12,345")], EngineFigures.Others(stats, Text));
    }

    [Fact]
    public void An_engine_that_says_less_is_shown_with_less()
    {
        var stats = Parse("""{"running": 0, "kv_tokens_used": 0, "kv_tokens_total": 0, "uptime_seconds": 5.5}""");
        Assert.Equal([new("running", "0"), new("KV tokens", "0 / 0", 0)], EngineFigures.Main(stats, Text));
        Assert.Equal([new("seconds up", "5.5")], EngineFigures.Others(stats, Text));
        Assert.Empty(EngineFigures.Main([], Text));
    }

    private static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();
}
