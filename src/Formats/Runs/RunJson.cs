using System.Text.Json;
using System.Text.Json.Serialization;

namespace Weir.Formats.Runs;

/// <summary>Source-generated JSON of the run contract: camelCase, nulls left out.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RunRecord))]
[JsonSerializable(typeof(MetricRow))]
[JsonSerializable(typeof(ArtifactRef))]
[JsonSerializable(typeof(IReadOnlyList<ArtifactRef>))]
[JsonSerializable(typeof(IReadOnlyList<MetricRow>))]
public sealed partial class RunJson : JsonSerializerContext
{
    public static RunJson Pretty { get; } = new(Bcl.WeirJson.Options(indented: true));
    public static RunJson Lines { get; } = new(Bcl.WeirJson.Options(indented: false));
}
