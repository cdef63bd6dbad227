using System.Diagnostics;

namespace Weir.Formats.Bcl;

/// <summary>How this very program is started again, as its apphost or as <c>dotnet weir.dll</c>.</summary>
public static class WeirProcess
{
    /// <summary>The executable and the leading arguments. <c>WEIR_COMMAND</c> (space-separated) overrides them where
    /// this code runs inside another program, as in tests.</summary>
    public static IReadOnlyList<string> Command { get; } = Find();

    public static ProcessStartInfo StartInfo(params string[] arguments)
    {
        var start = new ProcessStartInfo(Command[0]) { UseShellExecute = false };
        foreach (var argument in Command.Skip(1).Concat(arguments)) start.ArgumentList.Add(argument);
        return start;
    }

    private static string[] Find()
    {
        var chosen = Environment.GetEnvironmentVariable("WEIR_COMMAND");
        if (!string.IsNullOrWhiteSpace(chosen)) return chosen.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var process = Environment.ProcessPath ?? "weir";
        return Path.GetFileNameWithoutExtension(process) == "dotnet"
            ? [process, Path.Combine(AppContext.BaseDirectory, "weir.dll")] : [process];
    }
}
