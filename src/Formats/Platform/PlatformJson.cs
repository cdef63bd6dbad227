using System.Text.Json;
using System.Text.Json.Serialization;
using Weir.Formats.Bcl;

namespace Weir.Formats.Platform;

/// <summary>Source-generated JSON of the platform's records and API, camelCase.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(GatewaySnapshot))]
[JsonSerializable(typeof(LedgerRow))]
[JsonSerializable(typeof(IReadOnlyList<LedgerRow>))]
[JsonSerializable(typeof(JobSpec))]
[JsonSerializable(typeof(JobView))]
[JsonSerializable(typeof(IReadOnlyList<JobView>))]
[JsonSerializable(typeof(UsageRow))]
[JsonSerializable(typeof(IReadOnlyList<UsageRow>))]
[JsonSerializable(typeof(DeploymentSpec))]
[JsonSerializable(typeof(IReadOnlyList<DeploymentView>))]
[JsonSerializable(typeof(LineageEdge))]
[JsonSerializable(typeof(IReadOnlyList<LineageEdge>))]
[JsonSerializable(typeof(IReadOnlyList<ArtifactView>))]
[JsonSerializable(typeof(IReadOnlyList<VersionView>))]
[JsonSerializable(typeof(IReadOnlyList<RunView>))]
[JsonSerializable(typeof(TraceView))]
[JsonSerializable(typeof(IReadOnlyList<PipelineView>))]
[JsonSerializable(typeof(KeyRequest))]
[JsonSerializable(typeof(IReadOnlyList<KeyView>))]
[JsonSerializable(typeof(PlatformView))]
[JsonSerializable(typeof(ModelCard))]
[JsonSerializable(typeof(ImportRequest))]
[JsonSerializable(typeof(IReadOnlyList<ImportView>))]
[JsonSerializable(typeof(IReadOnlyList<ModelView>))]
[JsonSerializable(typeof(DeployRequest))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, long>))]
public sealed partial class PlatformJson : JsonSerializerContext
{
    public static PlatformJson Pretty { get; } = new(WeirJson.Options(indented: true));
    public static PlatformJson Lines { get; } = new(WeirJson.Options(indented: false));
}
