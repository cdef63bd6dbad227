using Microsoft.Playwright;

namespace Weir.Host.Tests;

/// <summary>The console of a platform that has made its model, in a real Chromium.</summary>
[Collection("trial")]
public sealed class ConsoleJourney(TrialFixture trial) : IAsyncLifetime
{
    private RunningPlatform _platform = null!;
    private Uri _address = null!;
    private ConsoleBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        _browser = await ConsoleBrowser.StartAsync();
        _platform = new RunningPlatform("up", "--data", trial.Data, "--port", "0");
        _address = await _platform.ReadyAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        if (_platform is not null) await _platform.DisposeAsync();
    }

    private async Task<IPage> OpenAsync(int width, int height, string locale, ColorScheme scheme = ColorScheme.Light)
    {
        var page = await _browser!.OpenAsync(_address, width, height, locale, scheme);
        await page.WaitForSelectorAsync("[data-testid=stage-evaluate]");
        await page.WaitForSelectorAsync("[data-testid=model]");
        return page;
    }

    [Fact]
    public async Task A_question_streams_an_answer_leaves_a_ledger_row_and_shows_its_lineage()
    {
        var page = await OpenAsync(1440, 900, "zh-CN");
        Assert.Contains("完成", await page.Locator("[data-testid=pipeline] h2").InnerTextAsync());
        Assert.Equal(11, await page.Locator("[data-testid=pipeline] tbody tr").CountAsync());
        await page.WaitForSelectorAsync("[data-testid=loss-chart] polyline");
        var rows = await page.Locator("[data-testid=ledger-row]").CountAsync();
        await page.FillAsync("[data-testid=chat-input]", "你好！");
        await page.PressAsync("[data-testid=chat-input]", "Enter");
        await page.WaitForSelectorAsync("[data-testid=figures] >> text=CNY");
        var figures = await page.Locator("[data-testid=figures]").First.InnerTextAsync();
        Assert.Contains("首个词元", figures);
        Assert.Contains("CNY", figures);
        // What a model says that has learnt for seconds is its own affair.
        Assert.Equal(1, await page.Locator("[data-testid=answer]").CountAsync());
        await page.WaitForFunctionAsync("n => document.querySelectorAll('[data-testid=ledger-row]').length > n", rows);
        await page.WaitForSelectorAsync("[data-testid=lineage-step].source");
        foreach (var kind in (string[])["request", "deployment", "artifact", "run", "source"])
            Assert.True(await page.Locator($"[data-testid=lineage-step].{kind}").CountAsync() > 0,
            $"no {kind} in the lineage");
        await ConsoleBrowser.ShootAsync(page, "console-zh-1440");
        Assert.Empty(_browser!.Errors);
    }

    [Fact]
    public async Task The_language_switch_changes_every_label()
    {
        var page = await OpenAsync(1440, 900, "en-US", ColorScheme.Dark);
        var labels = page.Locator("h2, th, .tagline, .chip, button.primary");
        foreach (var text in await labels.AllInnerTextsAsync()) Assert.DoesNotMatch("[\u4e00-\u9fff]", text);
        await page.Locator(".chip").First.ClickAsync();
        await page.WaitForSelectorAsync("[data-testid=lineage-step].source");
        await ConsoleBrowser.ShootAsync(page, "console-en-dark-1440");
        await page.ClickAsync("[data-testid=language]");
        await page.WaitForSelectorAsync("[lang=zh]");
        foreach (var text in (await page.Locator("h2, .tagline, .chip, button.primary").AllInnerTextsAsync())
            .Where(t => t.Trim().Length > 0))
            Assert.Matches("[\u4e00-\u9fff]", text);
        Assert.Empty(_browser!.Errors);
    }

    [Theory]
    [InlineData(1024, 768)]
    [InlineData(390, 844)]
    public async Task Narrow_windows_stack_the_panels_without_a_sideways_scroll(int width, int height)
    {
        var page = await OpenAsync(width, height, "zh-CN");
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= window.innerWidth"));
        await ConsoleBrowser.ShootAsync(page, $"console-zh-{width}");
        Assert.Empty(_browser!.Errors);
    }
}
