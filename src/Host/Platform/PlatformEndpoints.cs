using Weir.Accounts;
using Weir.Fleet;
using Weir.Formats.Bcl;
using Weir.Formats.Platform;
using Weir.Gateway.Ledger;
using Weir.Host.Pipelines;
using Weir.Registry;

namespace Weir.Host.Platform;

/// <summary>The routes that join capabilities: what the platform is, its pipelines, and the trace of an
/// answer.</summary>
internal static class PlatformEndpoints
{
    private static readonly DateTimeOffset Started = DateTimeOffset.UtcNow;

    public static void MapPlatform(this RouteGroupBuilder api)
    {
        api.MapGet("/platform", (PlatformOptions options, FleetPlane fleet) => Json(new PlatformView(
            CodeVersion.Current, fleet.Trouble is null ? "ready" : "degraded", Started, options.DataFolder,
            fleet.Trouble)));
        api.MapGet("/pipelines", (QuickstartPipeline pipeline) =>
            Json<IReadOnlyList<PipelineView>>(pipeline.View() is { } view ? [view] : []));
        api.MapGet("/trace/{id}", async (string id, LedgerSpool spool, AccountsPlane accounts, FleetPlane fleet,
            RegistryPlane registry) =>
        {
            var bare = id.StartsWith("chatcmpl-", StringComparison.Ordinal) ? id["chatcmpl-".Length..]
                : id.StartsWith("cmpl-", StringComparison.Ordinal) ? id["cmpl-".Length..] : id;
            if (!Guid.TryParse(bare, out var requestId))
                return Results.Problem(title: $"'{id}' is not a request id (a UUID, or the id of an answer).",
                statusCode: 400);
            await spool.FlushAsync();
            return accounts.Ledger.Find(requestId) is { } row ? Json(Trace(row, fleet, registry))
                : Results.Problem(title: $"The ledger has no request {requestId}.", statusCode: 404);
        });
    }

    private static TraceView Trace(LedgerRow row, FleetPlane fleet, RegistryPlane registry)
    {
        var deployment = fleet.Deployments.FirstOrDefault(d => d.Spec.Name == row.Deployment);
        var steps = new List<TraceStep>
        {
            new(0, LineageKinds.Request, row.RequestId.ToString(), "request",
                $"{row.Time:u}, {row.TokensPrompt} + {row.TokensGenerated} tokens, {row.EndReason}"),
            new(1, LineageKinds.Deployment, row.Deployment, $"deployment {row.Deployment}",
                $"site {row.Site}" + (deployment is null ? ""
                : $", gate {deployment.Spec.Gate.State}: {deployment.Spec.Gate.Why}")),
        };
        steps.AddRange(registry.Runs.Trace(row.ModelVersion).Select(s => s with { Depth = s.Depth + 2 }));
        return new TraceView(row, steps);
    }

    private static IResult Json<T>(T value) => Results.Json(value, PlatformJson.Lines.Options);
}
