using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Weir.Formats.Bcl;

namespace Weir.Host.Pipelines;

/// <summary>What a quick start was asked to make. The same plan on the same data folder is the same pipeline: its jobs
/// are found by their keys and only what is missing runs.</summary>
internal sealed record QuickstartPlan
{
    /// <summary>Wall time of the two training stages together.</summary>
    public double Minutes { get; init; } = 5;
    /// <summary>Absolute path of the user's corpus; null for the starter corpus.</summary>
    public string? Corpus { get; init; }
    public long Seed { get; init; } = 7;
    /// <summary>Rises when a release changes what the stages do, so that an old result is not taken for a new
    /// one.</summary>
    public int Revision { get; init; } = 1;

    [JsonIgnore]
    public string Id => Digest.OfText(string.Create(CultureInfo.InvariantCulture,
        $"{Revision}|{Minutes}|{Corpus}|{Seed}"))[7..15];

    /// <summary>The name under which the model is served.</summary>
    [JsonIgnore]
    public string ModelName => Corpus is null ? "town" : "town-" + ModelSuffix;

    private string ModelSuffix
    {
        get
        {
            var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Corpus!)).ToLowerInvariant();
            var kept = new string([.. name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')]).Trim('-');
            return kept.Length == 0 ? "corpus" : kept[..Math.Min(kept.Length, 24)];
        }
    }
}

/// <summary>The file <c>quickstart.json</c> of the data folder: the newest plan, so that the console shows it after a
/// restart.</summary>
internal static class QuickstartPlanFile
{
    private static string PathIn(string dataFolder) => Path.Combine(dataFolder, "quickstart.json");

    public static void Save(string dataFolder, QuickstartPlan plan, DateTimeOffset started) => AtomicFile.WriteAllText(
        PathIn(dataFolder), JsonSerializer.Serialize(new SavedPlan(plan, started), QuickstartJson.Default.SavedPlan));

    public static SavedPlan? TryLoad(string dataFolder) => File.Exists(PathIn(dataFolder))
        ? JsonSerializer.Deserialize(File.ReadAllText(PathIn(dataFolder)), QuickstartJson.Default.SavedPlan) : null;
}

internal sealed record SavedPlan(QuickstartPlan Plan, DateTimeOffset Started);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(SavedPlan))]
internal sealed partial class QuickstartJson : JsonSerializerContext;
