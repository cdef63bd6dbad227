using Microsoft.Playwright;

namespace Weir.Host.Tests;

/// <summary>The console of a platform that has made its model, in a real Chromium.</summary>
[Collection("trial")]
public sealed class ConsoleJourney(TrialFixture trial) : IAsyncLifetime
{
    private static readonly string[] Arguments =
        ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--force-color-profile=srgb",
        "--font-render-hinting=none"];

    private readonly List<string> _browserErrors = [];
    private RunningPlatform _platform = null!;
    private Uri _address = null!;
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        var chromium = ((string[])["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"])
            .FirstOrDefault(File.Exists);
        Assert.SkipWhen(chromium is null, "needs Chromium: apt-get install chromium fonts-noto-cjk");
        _platform = new RunningPlatform("up", "--data", trial.Data, "--port", "0");
        _address = await _platform.ReadyAsync();
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = chromium, Headless = true,
            Args = Arguments });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
        if (_platform is not null) await _platform.DisposeAsync();
    }

    private async Task<IPage> OpenAsync(int width, int height, string locale, ColorScheme scheme = ColorScheme.Light)
    {
        var page = await _browser!.NewPageAsync(new()
        {
            ViewportSize = new() { Width = width, Height = height }, Locale = locale, ColorScheme = scheme,
                TimezoneId = "Asia/Shanghai",
        });
        page.Console += (_, message) =>
        {
            if (message.Type == "error") _browserErrors.Add(message.Text);
        };
        page.PageError += (_, error) => _browserErrors.Add(error);
        await page.GotoAsync(_address.ToString());
        await page.WaitForSelectorAsync("[data-testid=stage-evaluate]");
        await page.WaitForSelectorAsync("[data-testid=model]");
        return page;
    }

    private static Task<byte[]> ShootAsync(IPage page, string name) => page.ScreenshotAsync(new()
    {
        Path = Path.Combine(WeirProgram.Root, "artifacts", "screenshots", name + ".png"), FullPage = true,
    });

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
        await page.WaitForSelectorAsync("[data-testid=figures]");
        var figures = await page.Locator("[data-testid=figures]").First.InnerTextAsync();
        Assert.Contains("首个词元", figures);
        Assert.Contains("CNY", figures);
        Assert.NotEmpty((await page.Locator("[data-testid=answer]").First.InnerTextAsync()).Trim());
        await page.WaitForFunctionAsync("n => document.querySelectorAll('[data-testid=ledger-row]').length > n", rows);
        await page.WaitForSelectorAsync("[data-testid=lineage-step].source");
        foreach (var kind in (string[])["request", "deployment", "artifact", "run", "source"])
            Assert.True(await page.Locator($"[data-testid=lineage-step].{kind}").CountAsync() > 0,
            $"no {kind} in the lineage");
        await ShootAsync(page, "console-zh-1440");
        Assert.Empty(_browserErrors);
    }

    [Fact]
    public async Task The_language_switch_changes_every_label()
    {
        var page = await OpenAsync(1440, 900, "en-US", ColorScheme.Dark);
        var labels = page.Locator("h2, th, .tagline, .chip, button.primary");
        foreach (var text in await labels.AllInnerTextsAsync()) Assert.DoesNotMatch("[\u4e00-\u9fff]", text);
        await page.Locator(".chip").First.ClickAsync();
        await page.WaitForSelectorAsync("[data-testid=lineage-step].source");
        await ShootAsync(page, "console-en-dark-1440");
        await page.ClickAsync("[data-testid=language]");
        await page.WaitForSelectorAsync("[lang=zh]");
        foreach (var text in (await page.Locator("h2, .tagline, .chip, button.primary").AllInnerTextsAsync())
            .Where(t => t.Trim().Length > 0))
            Assert.Matches("[\u4e00-\u9fff]", text);
        Assert.Empty(_browserErrors);
    }

    [Theory]
    [InlineData(1024, 768)]
    [InlineData(390, 844)]
    public async Task Narrow_windows_stack_the_panels_without_a_sideways_scroll(int width, int height)
    {
        var page = await OpenAsync(width, height, "zh-CN");
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= window.innerWidth"));
        await ShootAsync(page, $"console-zh-{width}");
        Assert.Empty(_browserErrors);
    }
}
