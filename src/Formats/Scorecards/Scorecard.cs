using System.Text.Json.Serialization;
using Weir.Formats.Bcl;

namespace Weir.Formats.Scorecards;

/// <summary>One figure of an evaluation (contract 8). <see cref="Value"/> is in <see cref="Unit"/>; accuracies are
/// 0..100.
/// <see cref="Low"/> and <see cref="High"/> are the 95 % interval, null where it has none.</summary>
public sealed record Score
{
    public required string Task { get; init; }
    public required string Metric { get; init; }
    public required double Value { get; init; }
    public required string Unit { get; init; }
    public double? Low { get; init; }
    public double? High { get; init; }
    public required int Count { get; init; }
    /// <summary>What no model at all reaches: always giving the task's most frequent answer.</summary>
    public double? Baseline { get; init; }
}

/// <summary>An item that was answered wrongly, kept for people to look at.</summary>
public sealed record WrongAnswer(string Task, string Question, string Expected, string Answer);

/// <summary>Contract 8, <c>scorecard.json</c>: what a model version reached.</summary>
public sealed record Scorecard
{
    public const string SchemaName = "scorecard/1";
    public string Schema { get; set; } = SchemaName;
    /// <summary>Digest of the model artifact, or the address that was asked.</summary>
    public required string ModelVersion { get; init; }
    /// <summary>Digest of the questions and settings.</summary>
    public required string ConfigDigest { get; init; }
    public required DateTimeOffset Time { get; init; }
    public required IReadOnlyList<Score> Scores { get; init; }
    public IReadOnlyList<WrongAnswer> WrongAnswers { get; set; } = [];

    public Score? Find(string task, string metric) => Scores.FirstOrDefault(s => s.Task == task && s.Metric == metric);
}

public static class Metrics
{
    public const string ExactMatch = "exact_match", BitsPerByte = "bits_per_byte", Perplexity = "perplexity";

    /// <summary>The task name of the mean over kinds.</summary>
    public const string Macro = "macro";
}

/// <summary>A bound on one score: at least <see cref="AtLeast"/>, at most <see cref="AtMost"/>.</summary>
public sealed record GateThreshold(string Task, string Metric, double? AtLeast = null, double? AtMost = null);

/// <summary>Contract 8: what a model version must reach before it is served.</summary>
public sealed record GatePolicy
{
    public const string SchemaName = "gate-policy/1";
    public string Schema { get; set; } = SchemaName;
    public required string Name { get; init; }
    public required IReadOnlyList<GateThreshold> Thresholds { get; init; }

    /// <summary>Judges a scorecard; pure. A score that is missing fails its threshold.</summary>
    public Platform.GateVerdict Judge(Scorecard scorecard)
    {
        var misses = new List<string>();
        foreach (var bound in Thresholds)
        {
            var score = scorecard.Find(bound.Task, bound.Metric);
            if (score is null) misses.Add($"{bound.Task} {bound.Metric} was not measured");
            else if (score.Value < bound.AtLeast) misses.Add($"{bound.Task} {bound.Metric} {score.Value:0.0} is below "
                + $"{bound.AtLeast:0.0}");
            else if (score.Value > bound.AtMost) misses.Add($"{bound.Task} {bound.Metric} {score.Value:0.00} is above "
                + $"{bound.AtMost:0.00}");
        }
        return misses.Count == 0
            ? new Platform.GateVerdict(Platform.GateVerdict.Passed, $"policy {Name}",
            $"{Thresholds.Count} thresholds met")
            : new Platform.GateVerdict(Platform.GateVerdict.Failed, $"policy {Name}", string.Join("; ", misses));
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Scorecard))]
[JsonSerializable(typeof(GatePolicy))]
public sealed partial class ScorecardJson : JsonSerializerContext
{
    public static ScorecardJson Pretty { get; } = new(WeirJson.Options(indented: true));
}
