using Weir.Fleet;
using Weir.Formats.Bcl;
using Weir.Formats.Platform;
using Weir.Registry;
using Weir.Registry.Models;

namespace Weir.Host.Platform;

/// <summary>The routes that join models to where they run: the registry knows the ones, the fleet the
/// others.</summary>
internal static class ModelEndpoints
{
    private const int UsualParallel = 8, MaxParallel = 1024;

    public static void MapModels(this RouteGroupBuilder api)
    {
        api.MapGet("/models", (RegistryPlane registry, FleetPlane fleet) => Json(List(registry, fleet)));
        api.MapPost("/models/deploy", async (DeployRequest request, RegistryPlane registry, FleetPlane fleet,
            IJobArtifacts artifacts) =>
        {
            await DeployAsync(request, registry, fleet, artifacts);
            return Json(fleet.Deployments);
        });
    }

    private static IReadOnlyList<ModelView> List(RegistryPlane registry, FleetPlane fleet)
    {
        var deployments = fleet.Deployments.ToLookup(d => d.Spec.ModelDigest);
        return [.. registry.Models.List().Select(m => m with
        {
            Deployments = [.. deployments[m.Version.Digest]], Gate = m.Gate ?? GateOf(deployments[m.Version.Digest]),
        })];
    }

    /// <summary>Of a model that was deployed before the registry kept verdicts.</summary>
    private static GateVerdict? GateOf(IEnumerable<DeploymentView> deployments) =>
        deployments.FirstOrDefault()?.Spec.Gate;

    /// <summary>1. The model is registered. 2. Its verdict allows it. 3. Its files are whole, and where an engine finds
    /// them. 4. The fleet keeps it running.</summary>
    private static async Task DeployAsync(DeployRequest request, RegistryPlane registry, FleetPlane fleet,
        IJobArtifacts artifacts)
    {
        if (request.Name is null || request.Model is null)
            throw new UserErrorException("'name' and 'model' are needed.");
        ModelName.Check(request.Name);
        int parallel = request.Parallel ?? UsualParallel;
        if (parallel is < 1 or > MaxParallel)
            throw new UserErrorException($"'parallel' must be between 1 and {MaxParallel}.");
        var wanted = request.Model + (request.Version is { } v ? $" version {v}" : "");
        var model = registry.Models.Find(request.Model, request.Version)
            ?? throw new UserErrorException($"The registry has no model {wanted}. See: weir model list.");
        var gate = model.Gate ?? GateOf(fleet.Deployments.Where(d => d.Spec.ModelDigest == model.Version.Digest))
            ?? throw new UserErrorException($"{wanted} has no gate verdict: only a model that passed "
            + "its gate, or for which it was waived, is served.", ExitCodes.Refused);
        // It reads the whole model once, which is no work for the thread of a request.
        await Task.Run(() => artifacts.MaterialiseModel(model.Version.Digest));
        await fleet.DeployAsync(new DeploymentSpec(request.Name, request.Name, model.Version.Digest, parallel, gate));
    }

    private static IResult Json<T>(T value) => Results.Json(value, PlatformJson.Lines.Options);
}
