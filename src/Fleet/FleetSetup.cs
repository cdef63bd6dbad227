using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Weir.Formats.Platform;
using Weir.Formats.Runs;

namespace Weir.Fleet;

/// <summary>What the Host calls to have a fleet.</summary>
public static class FleetSetup
{
    public static IServiceCollection AddFleet(this IServiceCollection services, FleetOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton(_ => new FleetPlane(options, TimeProvider.System));
        services.AddSingleton(TimeProvider.System);
        return services.AddHostedService<Reconciler>();
    }

    public static void MapFleet(this RouteGroupBuilder api)
    {
        api.MapGet("/jobs", (FleetPlane fleet) => Json(fleet.List()));
        api.MapPost("/jobs", async (FleetPlane fleet, JobSpec spec) => Json(await fleet.SubmitAsync(spec)));
        api.MapGet("/jobs/{id}", (FleetPlane fleet, string id) => fleet.Get(id) is { } job ? Json(job) : NoJob(id));
        api.MapPost("/jobs/{id}/cancel", async (FleetPlane fleet, string id) => Json(await fleet.CancelAsync(id)));
        api.MapPost("/jobs/{id}/retry", async (FleetPlane fleet, string id) => Json(await fleet.RetryAsync(id)));
        api.MapGet("/jobs/{id}/log", (FleetPlane fleet, string id) =>
            fleet.Get(id) is null ? NoJob(id) : Results.Text(fleet.ReadLog(id)));
        api.MapGet("/jobs/{id}/metrics", (FleetPlane fleet, string id, string name) => fleet.Get(id) is null ? NoJob(id)
            : Results.Json(fleet.Metric(id, name), RunJson.Lines.Options));
        api.MapGet("/deployments", (FleetPlane fleet) => Json(fleet.Deployments));
        api.MapPost("/deployments", async (FleetPlane fleet, IJobArtifacts artifacts, DeploymentSpec spec) =>
        {
            artifacts.MaterialiseModel(spec.ModelDigest); // what cannot be served is refused here, not in the fleet
            await fleet.DeployAsync(spec);
            return Json(fleet.Deployments);
        });
        api.MapDelete("/deployments/{name}", async (FleetPlane fleet, string name) =>
        {
            await fleet.UndeployAsync(name);
            return Json(fleet.Deployments);
        });
        api.MapGet("/deployments/{name}/stats", async (FleetPlane fleet, string name, CancellationToken ct) =>
            await fleet.EngineStatsAsync(name, ct) is { } stats ? Results.Text(stats, "application/json")
                : Results.Problem(title: $"The engine of '{name}' does not answer yet.", statusCode: 503));
        api.MapGet("/usage", (FleetPlane fleet) => Json(fleet.Usage()));
    }

    private static IResult NoJob(string id) => Results.Problem(title: $"There is no job {id}.", statusCode: 404);

    private static IResult Json<T>(T value) => Results.Json(value, PlatformJson.Lines.Options);
}
