using Microsoft.Playwright;

namespace Weir.Host.Tests;

/// <summary>From someone else's model on the disk to a talk with it, in a real Chromium.</summary>
public sealed class ModelsJourney(ImportFixture platform) : IClassFixture<ImportFixture>, IAsyncLifetime
{
    private ConsoleBrowser? _browser;

    public async ValueTask InitializeAsync() => _browser = await ConsoleBrowser.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
    }

    [Fact]
    public async Task A_model_is_imported_deployed_talked_to_and_undeployed()
    {
        var page = await _browser!.OpenAsync(platform.Address, 1440, 900, "zh-CN");
        await page.ClickAsync("[data-testid=nav-models]");

        // 1. A path that is none is refused; a right one becomes a model with its card.
        await ImportAsync(page, "/no/such/model", "");
        await page.WaitForSelectorAsync("[data-testid=import-error]");
        await ImportAsync(page, platform.ModelFolder, "");
        var card = page.Locator("[data-testid=model-card][data-model=random-llama]");
        await card.WaitForAsync();
        Assert.Contains("豁免: 外部导入", await card.Locator("[data-testid=model-gate]").InnerTextAsync());
        Assert.Equal("cc0-1.0", await card.Locator("[data-testid=model-licence]").InnerTextAsync());
        await ImportAsync(page, platform.ModelFile, "random-file");
        var file = page.Locator("[data-testid=model-card][data-model=random-file]");
        await file.WaitForAsync();
        await page.WaitForSelectorAsync("[data-testid=import-error]", new() { State = WaitForSelectorState.Detached });

        // 2. Both are deployed.
        foreach (var model in (ILocator[])[card, file])
        {
            await model.Locator("[data-testid=model-deploy]").ClickAsync();
            await model.Locator("[data-testid=model-deployment][data-state=ready]").WaitForAsync(new()
            {
                Timeout = 120_000,
            });
        }
        await card.Locator("summary").ClickAsync();
        await ConsoleBrowser.ShootAsync(page, "models-zh-1440");

        // 3. Two turns with one model, then both side by side; the page of models was not left for good.
        await page.ClickAsync("[data-testid=nav-playground]");
        await page.FillAsync("[data-testid=set-system]", "你是河边的船工。");
        await page.FillAsync("[data-testid=set-max-tokens]", "40");
        await page.FillAsync("[data-testid=set-seed]", "7");
        await AskAsync(page, "河水流过哪里？", answers: 1);
        await AskAsync(page, "the gate", answers: 2);
        var figures = await page.Locator("[data-testid=pane-figures]").Last.InnerTextAsync();
        Assert.Matches(@"\d+ 词元 · ([\d.]+ 词元/秒 · )?首个词元 \d+ ms", figures);
        await page.WaitForSelectorAsync("[data-testid=engine-stats] >> text=生成词元/秒");
        await page.CheckAsync("[data-testid=pair]");
        Assert.NotEqual(await page.Locator("[data-testid=pane-model]").First.InputValueAsync(),
            await page.Locator("[data-testid=pane-model]").Last.InputValueAsync());
        await AskAsync(page, "今天有几艘船？", answers: 4);
        await ConsoleBrowser.ShootAsync(page, "playground-zh-1440");
        await page.ClickAsync("[data-testid=nav-models]");
        await page.ClickAsync("[data-testid=nav-playground]");
        Assert.Equal(4, await page.Locator("[data-testid=pane-figures]").CountAsync());

        // 4. Settings that cannot be sent are named before they are; what the engine refuses is told.
        await page.FillAsync("[data-testid=set-tools]", "{");
        await page.PressAsync("[data-testid=set-tools]", "Tab");
        await page.WaitForSelectorAsync("[data-testid=settings-trouble]");
        await page.WaitForSelectorAsync("[data-testid=playground-send]:disabled");
        await page.FillAsync("[data-testid=set-tools]", "");
        await page.PressAsync("[data-testid=set-tools]", "Tab");
        await page.FillAsync("[data-testid=set-temperature]", "9");
        await page.PressAsync("[data-testid=set-temperature]", "Tab");
        await page.WaitForSelectorAsync("[data-testid=playground-send]:enabled");
        await page.FillAsync("[data-testid=playground-input]", "x");
        await page.PressAsync("[data-testid=playground-input]", "Enter");
        await page.WaitForSelectorAsync("[data-testid=pane-error]");

        // 5. Undeployed, it is a model that runs nowhere.
        await page.ClickAsync("[data-testid=nav-models]");
        await card.Locator("[data-testid=model-undeploy]").ClickAsync();
        await card.Locator("[data-testid=model-idle]").WaitForAsync();
        Assert.Empty(_browser.Errors);
    }

    [Fact]
    public async Task The_pages_have_their_own_addresses_in_both_languages_and_fit_narrow_windows()
    {
        var page = await _browser!.OpenAsync(new Uri(platform.Address, "playground"), 390, 844, "en-US",
            ColorScheme.Dark);
        await page.WaitForSelectorAsync("[data-testid=settings]");
        await ConsoleBrowser.ShootAsync(page, "playground-en-dark-390");
        Assert.True(await FitsAsync(page));
        await page.ClickAsync("[data-testid=nav-models]");
        await page.WaitForSelectorAsync("[data-testid=import-form]");
        Assert.EndsWith("/models", page.Url);
        Assert.True(await FitsAsync(page));
        foreach (var text in await page.Locator("h2, label, button.primary, nav a").AllInnerTextsAsync())
            Assert.DoesNotMatch("[\u4e00-\u9fff]", text);
        await page.ClickAsync("[data-testid=language]");
        await page.WaitForSelectorAsync("text=导入模型");
        await ConsoleBrowser.ShootAsync(page, "models-zh-dark-390");
        await page.GoBackAsync();
        await page.WaitForSelectorAsync("[data-testid=settings] >> text=系统提示");
        Assert.Empty(_browser.Errors);
    }

    private static Task<bool> FitsAsync(IPage page) =>
        page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= window.innerWidth");

    private static async Task ImportAsync(IPage page, string path, string name)
    {
        await page.FillAsync("[data-testid=import-path]", path);
        await page.FillAsync("[data-testid=import-name]", name);
        await page.ClickAsync("[data-testid=import-start]");
    }

    private static async Task AskAsync(IPage page, string question, int answers)
    {
        await page.WaitForSelectorAsync("[data-testid=playground-send]:enabled");
        await page.FillAsync("[data-testid=playground-input]", question);
        await page.PressAsync("[data-testid=playground-input]", "Enter");
        await page.WaitForFunctionAsync(
            "n => document.querySelectorAll('[data-testid=pane-figures]').length === n", answers);
    }
}
