using System.Text.Json;
using Weir.Formats.Runs;

namespace Weir.Fleet.Jobs;

/// <summary>Reads what a run reports while it runs: metrics and log.</summary>
internal static class RunReport
{
    private const int TailBytes = 64 << 10, MaxSeriesBytes = 64 << 20;

    /// <summary>The newest value of each metric near the end of the file.</summary>
    public static Dictionary<string, double> LastMetrics(string runFolder)
    {
        var values = new Dictionary<string, double>();
        foreach (var row in Rows(Tail(Path.Combine(runFolder, "metrics.jsonl"), TailBytes))) values[row.Name] =
            row.Value;
        return values;
    }

    /// <summary>All values of one metric, thinned evenly to at most <paramref name="most"/>.</summary>
    public static IReadOnlyList<MetricRow> Series(string runFolder, string name, int most)
    {
        var rows = Rows(Tail(Path.Combine(runFolder, "metrics.jsonl"), MaxSeriesBytes)).Where(r => r.Name == name)
            .ToList();
        if (rows.Count <= most) return rows;
        return [.. Enumerable.Range(0, most).Select(i => rows[(int)((long)i * (rows.Count - 1) / (most - 1))])];
    }

    /// <summary>The last lines of the log, for an error message.</summary>
    public static string LogEnd(string runFolder, int lines)
    {
        var text = Tail(Path.Combine(runFolder, "log.txt"), 8 << 10).TrimEnd();
        return string.Join('\n', text.Split('\n').TakeLast(lines));
    }

    public static string Log(string runFolder) => Tail(Path.Combine(runFolder, "log.txt"), 1 << 20);

    private static IEnumerable<MetricRow> Rows(string text)
    {
        foreach (var line in text.Split('\n'))
        {
            if (line.Length == 0 || line[0] != '{'
                || line[^1] != '}') continue; // a line cut at either end of the window
            MetricRow? row;
            try
            {
                row = JsonSerializer.Deserialize(line, RunJson.Lines.MetricRow);
            }
            catch (JsonException)
            {
                continue; // a line that a killed process left half-written
            }
            if (row is not null) yield return row;
        }
    }

    private static string Tail(string path, int most)
    {
        if (!File.Exists(path)) return "";
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.Seek(-Math.Min(most, file.Length), SeekOrigin.End);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }
}
