using Spectre.Console;
using Weir.Formats.Datasets;

namespace Weir.Data.Commands;

/// <summary>A manifest as tables for a terminal.</summary>
internal static class DatasetTable
{
    private const int MaximumSources = 20;

    public static void Write(DatasetManifest manifest)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        // Unwrapped where nobody reads it on a screen.
        if (Console.IsOutputRedirected) console.Profile.Width = 160;
        console.Write(Splits(manifest));
        if (manifest.Sources.Count > 0) console.Write(Sources(manifest));
        if (manifest.Report is not { } report) return;
        console.WriteLine($"read {report.DocumentsRead:N0} documents, kept {report.DocumentsKept:N0}");
        if (report.Dropped.Count > 0) console.WriteLine($"dropped: {Counts(report.Dropped)}");
        if (report.Errors.Count > 0) console.WriteLine($"could not be read: {Counts(report.Errors)}");
    }

    private static Table Splits(DatasetManifest manifest)
    {
        bool tokens = manifest.Form == DatasetForms.Tokens;
        var table = new Table().Title($"{manifest.Name.EscapeMarkup()} ({manifest.Form})").AddColumn("split");
        string[] columns = ["shards", "documents", "text MB"];
        foreach (var name in tokens ? [.. columns, "tokens", "bytes/token"] : columns)
            table.AddColumn(new TableColumn(name).RightAligned());
        foreach (var split in manifest.Shards.GroupBy(s => s.Split))
        {
            long bytes = split.Sum(s => s.TextBytes), count = split.Sum(s => s.Tokens ?? 0);
            string[] cells = [split.Key, $"{split.Count()}", $"{split.Sum(s => s.Documents):N0}", $"{bytes / 1e6:F2}"];
            table.AddRow(tokens ? [.. cells, $"{count:N0}", $"{bytes / (double)Math.Max(1, count):F2}"] : cells);
        }
        return table;
    }

    private static Table Sources(DatasetManifest manifest)
    {
        var table = new Table().AddColumn("source").AddColumn(new TableColumn("documents").RightAligned())
            .AddColumn("licence").AddColumn("owner").AddColumn("rights");
        foreach (var source in manifest.Sources.Take(MaximumSources))
            table.AddRow(source.Path.EscapeMarkup(), $"{source.Documents:N0}",
                (source.Licence ?? "not stated").EscapeMarkup(), (source.Owner ?? "").EscapeMarkup(),
                (source.Rights ?? "").EscapeMarkup());
        if (manifest.Sources.Count > MaximumSources)
            table.AddRow($"... and {manifest.Sources.Count - MaximumSources} more", "", "", "", "");
        return table;
    }

    private static string Counts(IReadOnlyDictionary<string, long> counts) =>
        string.Join(", ", counts.Select(c => $"{c.Key} {c.Value:N0}"));
}
