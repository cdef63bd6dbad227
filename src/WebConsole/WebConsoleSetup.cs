using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor.Services;
using Weir.Client;
using Weir.WebConsole.Layout;

namespace Weir.WebConsole;

/// <summary>What the Host calls to have the console.</summary>
public static class WebConsoleSetup
{
    /// <param name="services">The services.</param>
    /// <param name="client">Makes a client of the public API; one for each open page.</param>
    public static IServiceCollection AddWebConsole(this IServiceCollection services,
        Func<IServiceProvider, WeirClient> client)
    {
        services.AddMudServices();
        services.AddRazorComponents().AddInteractiveServerComponents();
        return services.AddScoped(client);
    }

    public static void MapWebConsole(this WebApplication app)
    {
        app.UseAntiforgery();
        app.MapStaticAssets();
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode();
    }
}
