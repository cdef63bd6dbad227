using System.Globalization;

namespace Weir.WebConsole.Models;

/// <summary>Large numbers as people say them.</summary>
internal static class ModelFigures
{
    /// <summary>Bytes in powers of 1000, as disks count.</summary>
    public static string Size(long bytes) => bytes switch
    {
        < 1_000 => $"{bytes} B",
        < 1_000_000 => Text(bytes / 1e3, "kB"),
        < 1_000_000_000 => Text(bytes / 1e6, "MB"),
        _ => Text(bytes / 1e9, "GB"),
    };

    /// <summary>Parameters: 494 M, 7.6 B.</summary>
    public static string Count(long count) => count switch
    {
        < 1_000 => count.ToString(CultureInfo.InvariantCulture),
        < 1_000_000 => Text(count / 1e3, "k"),
        < 1_000_000_000 => Text(count / 1e6, "M"),
        _ => Text(count / 1e9, "B"),
    };

    private static string Text(double value, string unit) =>
        value.ToString(value < 10 ? "0.00" : value < 100 ? "0.0" : "0", CultureInfo.InvariantCulture) + " " + unit;
}
