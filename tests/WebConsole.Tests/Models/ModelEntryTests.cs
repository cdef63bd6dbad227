using Weir.Formats.Platform;
using Weir.WebConsole.Models;
using Weir.WebConsole.Text;

namespace Weir.WebConsole.Tests.Models;

public sealed class ModelEntryTests
{
    private static readonly string Digest = "sha256:" + new string('a', 64);

    private static readonly ModelView Model = new(
        new VersionView("qwen", 2, "model", Digest, DateTimeOffset.UnixEpoch, "import-1"),
        new ModelCard
        {
            Family = "qwen2", Parameters = 494_032_768, Quantisation = "Q4_K + Q6_K", ContextLength = 32768,
            VocabularySize = 151936, LayerCount = 24, Bytes = 397_808_192, Format = "gguf",
            SourcePath = "/models/<qwen>.gguf",
        }, GateVerdict.Imported, [new("qwen.gguf", Digest, 397_808_192)], []);

    [Fact]
    public async Task A_model_shows_its_card_its_gate_and_that_nobody_stated_a_licence()
    {
        var html = await RenderedPanel.HtmlAsync<ModelEntry>(ConsoleText.English, ("Model", Model));
        foreach (var text in (string[])["qwen2, 494 M", "Q4_K &#x2B; Q6_K (gguf)", "398 MB", "32,768", "151,936",
            "not stated", "waived: imported", "qwen.gguf", "not deployed", "version 2", ">Deploy<"])
            Assert.Contains(text, html);
        Assert.DoesNotContain("<qwen>", html);
        Assert.Contains("豁免: 外部导入", await RenderedPanel.HtmlAsync<ModelEntry>(ConsoleText.Chinese,
            ("Model", Model)));
    }

    [Fact]
    public async Task Where_it_runs_is_shown_with_what_went_wrong_there()
    {
        DeploymentView Deployment(string name, string state, string? error) => new(
            new DeploymentSpec(name, name, Digest, 8, GateVerdict.Imported), state, "local", null, null, error,
            DateTimeOffset.UnixEpoch);
        var html = await RenderedPanel.HtmlAsync<ModelEntry>(ConsoleText.English, ("Model", Model with
        {
            Deployments = [Deployment("good", "ready", null), Deployment("bad", "starting", "exit code 1: no memory")],
        }));
        Assert.Contains("data-state=\"ready\"", html);
        Assert.Contains("exit code 1: no memory", html);
        Assert.Contains("Undeploy", html);
    }

    [Fact]
    public async Task A_model_without_a_verdict_cannot_be_deployed()
    {
        var html = await RenderedPanel.HtmlAsync<ModelEntry>(ConsoleText.English, ("Model", Model with
        {
            Gate = null, Card = null,
        }));
        Assert.Contains("no verdict", html);
        Assert.DoesNotContain(">Deploy<", html);
    }

    [Theory]
    [InlineData(999, "999 B")]
    [InlineData(1_234, "1.23 kB")]
    [InlineData(45_600_000, "45.6 MB")]
    [InlineData(7_600_000_000, "7.60 GB")]
    public void Sizes_are_as_disks_count(long bytes, string text) => Assert.Equal(text, ModelFigures.Size(bytes));

    [Theory]
    [InlineData(12, "12")]
    [InlineData(494_032_768, "494 M")]
    [InlineData(7_600_000_000, "7.60 B")]
    public void Parameters_are_as_people_say_them(long count, string text) =>
        Assert.Equal(text, ModelFigures.Count(count));
}
