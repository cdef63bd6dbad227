using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Weir.Formats.Platform;
using Weir.Registry.Blobs;
using Weir.Registry.Lineage;
using Weir.Sqlite;

namespace Weir.Registry;

/// <summary>The registry of one data folder: artifacts, runs, versions, lineage.</summary>
public sealed class RegistryPlane
{
    private RegistryPlane(string dataFolder)
    {
        var database = new SqliteFile(Path.Combine(dataFolder, "registry.db"));
        Artifacts = new ArtifactStore(database, dataFolder);
        Runs = new RunRegistry(database, Artifacts);
        Versions = new VersionRegistry(database);
    }

    public ArtifactStore Artifacts { get; }
    public RunRegistry Runs { get; }
    public VersionRegistry Versions { get; }

    public static RegistryPlane Open(string dataFolder) => new(dataFolder);
}

/// <summary>What the Host calls to have a registry.</summary>
public static class RegistrySetup
{
    public static IServiceCollection AddRegistry(this IServiceCollection services, string dataFolder) =>
        services.AddSingleton(_ => RegistryPlane.Open(dataFolder));

    public static void MapRegistry(this RouteGroupBuilder api)
    {
        api.MapGet("/artifacts", (RegistryPlane registry) => Json(registry.Artifacts.List()));
        api.MapGet("/versions", (RegistryPlane registry, string? kind) => Json(registry.Versions.List(kind)));
        api.MapGet("/runs", (RegistryPlane registry) => Json(registry.Runs.List()));
        api.MapGet("/runs/{id}", (RegistryPlane registry, string id) => registry.Runs.Find(id) is { } run ? Json(run)
            : Results.Problem(title: $"There is no run {id}.", statusCode: 404));
        api.MapGet("/lineage/{id}", (RegistryPlane registry, string id) => Json(registry.Runs.EdgesTo(id)));
    }

    private static IResult Json<T>(T value) => Results.Json(value, PlatformJson.Lines.Options);
}
