using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Weir.Client;
using Weir.WebConsole.Text;

namespace Weir.WebConsole.Tests;

/// <summary>A panel by itself as HTML. Its client reaches nobody.</summary>
internal static partial class RenderedPanel
{
    public static async Task<string> HtmlAsync<T>(ConsoleText text, params (string Name, object? Value)[] parameters)
        where T : IComponent
    {
        await using var services = new ServiceCollection().AddScoped(_ => new WeirClient(new HttpClient
        {
            BaseAddress = new Uri("http://127.0.0.1:9/"),
        })).BuildServiceProvider();
        await using var renderer = new HtmlRenderer(services, NullLoggerFactory.Instance);
        return await renderer.Dispatcher.InvokeAsync(async () =>
        {
            RenderFragment content = builder =>
            {
                builder.OpenComponent<T>(0);
                foreach (var (name, value) in parameters) builder.AddComponentParameter(1, name, value);
                builder.CloseComponent();
            };
            var root = await renderer.RenderComponentAsync<CascadingValue<ConsoleText>>(ParameterView.FromDictionary(
                new Dictionary<string, object?> { ["Value"] = text, ["ChildContent"] = content }));
            return Decoded(root.ToHtmlString());
        });
    }

    /// <summary>Blazor writes Han characters as entities. What would be markup stays escaped.</summary>
    private static string Decoded(string html) => Entity().Replace(html, m => char.ConvertFromUtf32(Convert.ToInt32(
        m.Groups[1].Value, 16)));

    [GeneratedRegex("&#x([0-9A-F]{3,});")]
    private static partial Regex Entity();
}
