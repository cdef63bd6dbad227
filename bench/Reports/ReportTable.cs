using System.Globalization;
using Spectre.Console;

namespace Weir.Bench.Reports;

/// <summary>A report as a table for a terminal.</summary>
internal static class ReportTable
{
    public static void Write(string title, BenchReport report)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        // Unwrapped where nobody reads it on a screen.
        if (Console.IsOutputRedirected) console.Profile.Width = 160;
        var table = new Table().Border(TableBorder.Rounded).Title($"[bold]{title.EscapeMarkup()}[/]");
        table.AddColumns("what", "weir", "unit", "baseline", "", "ratio", "runs");
        foreach (var column in (int[])[1, 3, 5, 6]) table.Columns[column].RightAligned();
        foreach (var row in report.Rows)
            table.AddRow(row.Name.EscapeMarkup(), Number(row.Value), row.Unit.EscapeMarkup(), Number(row.Baseline),
                (row.BaselineName ?? "").EscapeMarkup(), row.Ratio is { } ratio ? $"{ratio:0.00}" : "", $"{row.Runs}");
        console.Write(table);
        var machine = report.Machine;
        console.WriteLine($"{machine.Cpu}, {machine.Cores} cores, {machine.MemoryBytes / 1e9:0} GB, 2 MB pages: "
            + $"{machine.HugePages}; {machine.Runtime}, weir {machine.CodeVersion}");
        foreach (var peer in machine.Peers) console.WriteLine(peer);
        console.WriteLine($"Medians; a ratio above 1 is better for weir. Other programs kept "
            + $"{machine.OtherLoadCores:0.00} cores busy meanwhile.");
    }

    /// <summary>About three digits.</summary>
    internal static string Number(double? value) => value is not { } number ? ""
        : number.ToString(Math.Abs(number) switch { >= 100 => "#,0", >= 10 => "0.0", _ => "0.00" },
            CultureInfo.InvariantCulture);
}
