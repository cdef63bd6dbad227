using System.Text.Json;
using System.Text.Json.Serialization;
using Weir.Formats.Bcl;

namespace Weir.Bench.Reports;

/// <summary>What was measured on, and with what.</summary>
internal sealed record BenchMachine
{
    public required string Cpu { get; init; }
    /// <summary>Those instruction sets that the kernels care for, as Linux spells them.</summary>
    public required IReadOnlyList<string> CpuFeatures { get; init; }
    /// <summary>Logical processors that this process may use.</summary>
    public required int Cores { get; init; }
    public required long MemoryBytes { get; init; }
    /// <summary>The system's setting for 2 MB pages: always, madvise, never, or unknown.</summary>
    public required string HugePages { get; init; }
    public required string Os { get; init; }
    public required string Runtime { get; init; }
    public required string CodeVersion { get; init; }
    /// <summary>Builds of the peers that took part.</summary>
    public IReadOnlyList<string> Peers { get; init; } = [];
    public required DateTimeOffset Time { get; init; }
    /// <summary>Cores that other programs (the host's neighbours included, where the machine sees them) kept busy on
    /// average while this was measured.</summary>
    public required double OtherLoadCores { get; init; }
}

/// <summary>One figure: the median of its runs, and the baseline's.</summary>
internal sealed record BenchRow
{
    public required string Name { get; init; }
    public required double Value { get; init; }
    public required string Unit { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)] public required double? Baseline { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)] public required string? BaselineName { get; init; }
    /// <summary>Value over baseline, turned so that more than 1 is better for us; null without a baseline.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)] public required double? Ratio { get; init; }
    /// <summary>How many runs the medians are of.</summary>
    public required int Runs { get; init; }
}

/// <summary>What every <c>bench --json</c> file holds.</summary>
internal sealed record BenchReport(BenchMachine Machine, IReadOnlyList<BenchRow> Rows)
{
    public void Save(string path)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
        AtomicFile.WriteAllText(path, JsonSerializer.Serialize(this, BenchJson.Pretty.BenchReport) + "\n");
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BenchReport))]
internal sealed partial class BenchJson : JsonSerializerContext
{
    public static BenchJson Pretty { get; } = new(WeirJson.Options(indented: true));
}
