using Microsoft.AspNetCore.Components;
using Weir.Formats.Platform;
using Weir.Formats.Runs;
using Weir.WebConsole.Ledger;
using Weir.WebConsole.Pipeline;
using Weir.WebConsole.Text;

namespace Weir.WebConsole.Tests;

/// <summary>The panels by themselves, rendered to HTML; the Host's tests have the whole page in a browser.</summary>
public sealed class PanelTests
{
    private static readonly PipelineView Pipeline = new("quickstart", "failed", DateTimeOffset.UnixEpoch, null, "town",
    [
        new StageView
        {
            Name = "tokenize", State = "done", Seconds = 12.34, Output = "<b>2,048</b>", CostMicros = 1500,
        },
        new StageView
        {
            Name = "pre-train", State = "running", Seconds = 60, Progress = 0.425, EtaSeconds = 81,
            TokensPerSecond = 17900.4,
        },
        new StageView { Name = "fine-tune", State = "failed", Error = "out of memory" },
        new StageView { Name = "evaluate", State = "waiting" },
    ]);

    [Fact]
    public async Task A_pipeline_shows_progress_result_and_error()
    {
        var html = await RenderAsync<PipelinePanel>(ConsoleText.English, ("Pipeline", Pipeline));
        Assert.Contains("12.3 s", html);
        Assert.Contains("0.0015", html);
        Assert.Contains("aria-valuenow=\"42\"", html);
        Assert.Contains("81 s to go", html);
        Assert.Contains("17,900", html);
        Assert.Contains("out of memory", html);
        Assert.DoesNotContain("<b>2,048", html);
    }

    [Fact]
    public async Task A_pipeline_that_has_not_begun_says_how_to_begin()
    {
        Assert.Contains("./weir quickstart", await RenderAsync<PipelinePanel>(ConsoleText.English));
        Assert.Contains("还没有运行过", await RenderAsync<PipelinePanel>(ConsoleText.Chinese));
    }

    [Fact]
    public async Task Stages_have_names_in_both_languages()
    {
        Assert.Contains("预训练", await RenderAsync<PipelinePanel>(ConsoleText.Chinese, ("Pipeline", Pipeline)));
        Assert.Contains("pre-train", await RenderAsync<PipelinePanel>(ConsoleText.English, ("Pipeline", Pipeline)));
    }

    [Fact]
    public async Task The_loss_chart_stays_within_its_frame_even_when_the_loss_does_not_move()
    {
        var now = DateTimeOffset.UnixEpoch;
        var flat = await RenderAsync<LossChart>(ConsoleText.English, ("Title", "loss"), ("Points",
            (IReadOnlyList<MetricRow>)[Row(1, 2.5), Row(1, 2.5)]));
        Assert.DoesNotContain("NaN", flat);
        var falling = await RenderAsync<LossChart>(ConsoleText.English, ("Title", "loss"), ("Points",
            (IReadOnlyList<MetricRow>)[Row(1, 8), Row(50, 3), Row(101, 1)]));
        var points = falling.Split("points=\"")[1].Split('"')[0].Split(' ').Select(p => p.Split(','))
            .Select(p => (X: double.Parse(p[0]), Y: double.Parse(p[1]))).ToList();
        Assert.Equal((0, 600), (points[0].X, points[^1].X));
        Assert.All(points, p => Assert.InRange(p.Y, 0, 80));
        Assert.True(points[0].Y < points[^1].Y, "the loss falls downwards");

        MetricRow Row(long step, double value) => new(step, now, "loss", value);
    }

    [Fact]
    public async Task A_ledger_row_shows_tokens_charge_and_end()
    {
        var row = new LedgerRow
        {
            RequestId = Guid.CreateVersion7(), Time = DateTimeOffset.UnixEpoch, Organisation = "home",
            Project = "default", KeyId = "k", Model = "town", ModelVersion = "sha256:x", Deployment = "town",
            Site = "local",
            Price = new PriceEntry("p1", "CNY", 1, 1, 1), BillingBasis = BillingBases.Reported, TokensPrompt = 17,
            TokensGenerated = 29, TokensDelivered = 28, TokensBilled = 28, ChargeMicros = 73,
            EndReason = EndReasons.ClientGone, DurationMs = 12.6,
        };
        var html = await RenderAsync<LedgerPanel>(ConsoleText.Chinese, ("Rows", (IReadOnlyList<LedgerRow>)[row]));
        foreach (var text in (string[])["17", "29", "28", "0.000073", "客户端离开", "13 ms", $"{row.RequestId}"])
            Assert.Contains(text, html);
    }

    private static Task<string> RenderAsync<T>(ConsoleText text, params (string Name, object? Value)[] parameters)
        where T : IComponent => RenderedPanel.HtmlAsync<T>(text, parameters);
}
