using System.Globalization;
using Weir.Formats.Scorecards;

namespace Weir.Evaluation;

/// <summary>A scorecard as plain text columns.</summary>
internal static class ScorecardTable
{
    public static void Write(TextWriter writer, Scorecard card)
    {
        writer.WriteLine($"{"task",-12} {"metric",-14} {"value",8} {"interval",15} {"baseline",9} {"n",6}");
        foreach (var score in card.Scores)
        {
            var interval = score.Low is { } low && score.High is { } high
                ? string.Create(CultureInfo.InvariantCulture, $"{low:0.0} - {high:0.0}") : "";
            var value = score.Value.ToString(score.Unit == "%" ? "0.0" : "0.000", CultureInfo.InvariantCulture);
            writer.WriteLine($"{score.Task,-12} {score.Metric,-14} {value,8} {interval,15} "
                + $"{score.Baseline?.ToString("0.0", CultureInfo.InvariantCulture),9} {score.Count,6}");
        }
    }
}
