using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Weir.Formats.Platform;
using Weir.Registry.Blobs;
using Weir.Registry.Lineage;
using Weir.Registry.Models;
using Weir.Sqlite;

namespace Weir.Registry;

/// <summary>The registry of one data folder: artifacts, runs, versions, lineage.</summary>
public sealed class RegistryPlane
{
    private RegistryPlane(string dataFolder, Func<long>? freeBytes)
    {
        var database = new SqliteFile(Path.Combine(dataFolder, "registry.db"));
        Artifacts = new ArtifactStore(database, dataFolder);
        Runs = new RunRegistry(database, Artifacts);
        Versions = new VersionRegistry(database);
        Models = new ModelRegistry(database);
        Imports = new ImportQueue(new ModelImport(Artifacts, Runs, Versions, Models,
            freeBytes ?? (() => new DriveInfo(dataFolder).AvailableFreeSpace), TimeProvider.System));
    }

    public ArtifactStore Artifacts { get; }
    public RunRegistry Runs { get; }
    public VersionRegistry Versions { get; }

    public ModelRegistry Models { get; }

    /// <summary>Runs as a hosted service.</summary>
    public ImportQueue Imports { get; }

    /// <param name="dataFolder">Where it keeps its state.</param>
    /// <param name="freeBytes">What the disk has left; null: what the disk says.</param>
    public static RegistryPlane Open(string dataFolder, Func<long>? freeBytes = null) => new(dataFolder, freeBytes);
}

/// <summary>What the Host calls to have a registry.</summary>
public static class RegistrySetup
{
    public static IServiceCollection AddRegistry(this IServiceCollection services, string dataFolder) =>
        services.AddSingleton(_ => RegistryPlane.Open(dataFolder))
            .AddHostedService(provider => provider.GetRequiredService<RegistryPlane>().Imports);

    public static void MapRegistry(this RouteGroupBuilder api)
    {
        api.MapGet("/artifacts", (RegistryPlane registry) => Json(registry.Artifacts.List()));
        api.MapGet("/versions", (RegistryPlane registry, string? kind) => Json(registry.Versions.List(kind)));
        api.MapGet("/runs", (RegistryPlane registry) => Json(registry.Runs.List()));
        api.MapGet("/runs/{id}", (RegistryPlane registry, string id) => registry.Runs.Find(id) is { } run ? Json(run)
            : Results.Problem(title: $"There is no run {id}.", statusCode: 404));
        api.MapGet("/lineage/{id}", (RegistryPlane registry, string id) => Json(registry.Runs.EdgesTo(id)));
        api.MapPost("/models/import", (RegistryPlane registry, ImportRequest request) =>
            Json(registry.Imports.Submit(request), StatusCodes.Status202Accepted));
        api.MapGet("/models/imports", (RegistryPlane registry) => Json(registry.Imports.List()));
        api.MapGet("/models/imports/{id}", (RegistryPlane registry, string id) =>
            registry.Imports.Find(id) is { } import ? Json(import) : NoImport(id));
        api.MapDelete("/models/imports/{id}", (RegistryPlane registry, string id) =>
            registry.Imports.Cancel(id) is { } import ? Json(import) : NoImport(id));
    }

    private static IResult NoImport(string id) => Results.Problem(title: $"There is no import {id}.", statusCode: 404);

    private static IResult Json<T>(T value, int status = StatusCodes.Status200OK) =>
        Results.Json(value, PlatformJson.Lines.Options, statusCode: status);
}
