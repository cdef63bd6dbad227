using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Weir.Formats.Platform;
using Weir.Gateway.Ledger;

namespace Weir.Gateway;

/// <summary>What the Host calls to have the data path.</summary>
public static class GatewaySetup
{
    /// <param name="services">The services.</param>
    /// <param name="options">How the data path behaves.</param>
    /// <param name="hash">Gives the key hash under the platform's secret.</param>
    public static IServiceCollection AddGateway(this IServiceCollection services, GatewayOptions options,
        Func<IServiceProvider, KeyHash> hash)
    {
        services.AddSingleton(options);
        services.AddSingleton<GatewaySnapshotStore>();
        services.AddSingleton<Upstreams>();
        services.AddSingleton<LedgerSpool>();
        services.AddHostedService(s => s.GetRequiredService<LedgerSpool>());
        return services.AddSingleton(s => ActivatorUtilities.CreateInstance<GatewayEndpoint>(s, hash(s)));
    }

    public static void MapGateway(this IEndpointRouteBuilder app)
    {
        var gateway = app.ServiceProvider.GetRequiredService<GatewayEndpoint>();
        app.MapGet("/v1/models", gateway.ModelsAsync);
        app.MapGet("/v1/models/{id}", context =>
            gateway.ModelAsync(context, (string)context.Request.RouteValues["id"]!));
        app.MapPost("/v1/chat/completions", gateway.GenerateAsync);
        app.MapPost("/v1/completions", gateway.GenerateAsync);
        app.Map("/v1/{**rest}", gateway.UnknownPathAsync);
    }
}
