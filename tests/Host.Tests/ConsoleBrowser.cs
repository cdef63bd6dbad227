using Microsoft.Playwright;

namespace Weir.Host.Tests;

/// <summary>A real Chromium that looks at the console, and every error that its pages report.</summary>
internal sealed class ConsoleBrowser : IAsyncDisposable
{
    private static readonly string[] Arguments =
        ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--force-color-profile=srgb",
        "--font-render-hinting=none"];

    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private ConsoleBrowser(IPlaywright playwright, IBrowser browser)
    {
        _playwright = playwright;
        _browser = browser;
    }

    public List<string> Errors { get; } = [];

    /// <summary>Skips the test by name where there is no Chromium.</summary>
    public static async Task<ConsoleBrowser> StartAsync()
    {
        var chromium = ((string[])["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"])
            .FirstOrDefault(File.Exists);
        Assert.SkipWhen(chromium is null, "needs Chromium: apt-get install chromium fonts-noto-cjk");
        var playwright = await Playwright.CreateAsync();
        return new ConsoleBrowser(playwright, await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = chromium, Headless = true, Args = Arguments,
        }));
    }

    public async Task<IPage> OpenAsync(Uri address, int width, int height, string locale,
        ColorScheme scheme = ColorScheme.Light)
    {
        var page = await _browser.NewPageAsync(new()
        {
            ViewportSize = new() { Width = width, Height = height }, Locale = locale, ColorScheme = scheme,
            TimezoneId = "Asia/Shanghai",
        });
        page.Console += (_, message) =>
        {
            if (message.Type == "error") Errors.Add(message.Text);
        };
        page.PageError += (_, error) => Errors.Add(error);
        await page.GotoAsync(address.ToString());
        return page;
    }

    public static Task<byte[]> ShootAsync(IPage page, string name) => page.ScreenshotAsync(new()
    {
        Path = Path.Combine(WeirProgram.Root, "artifacts", "screenshots", name + ".png"), FullPage = true,
    });

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}
