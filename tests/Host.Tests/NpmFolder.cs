using System.Diagnostics;

namespace Weir.Host.Tests;

/// <summary>A fixture folder with npm packages: installed from its lock file when a test first needs it.</summary>
internal static class NpmFolder
{
    private static readonly SemaphoreSlim Gate = new(1, 1);

    /// <summary>The folder, ready to run; skips the test by name where npm or the packages cannot be had.</summary>
    public static async Task<string> ReadyAsync(string relative)
    {
        var folder = Path.Combine(WeirProgram.Root, relative);
        await Gate.WaitAsync();
        try
        {
            if (!Directory.Exists(Path.Combine(folder, "node_modules")))
            {
                var (code, output) = await TryRunAsync("npm", folder, "ci", "--ignore-scripts", "--no-audit",
                    "--no-fund");
                Assert.SkipUnless(code == 0,
                    $"needs npm packages: apt-get install nodejs npm && (cd {relative} && npm ci). {output}");
            }
        }
        finally
        {
            Gate.Release();
        }
        return folder;
    }

    public static async Task<string> NodeAsync(string folder, params string[] arguments)
    {
        var (code, output) = await TryRunAsync("node", folder, arguments);
        Assert.True(code == 0, output);
        return output;
    }

    private static async Task<(int Code, string Output)> TryRunAsync(string program, string folder,
        params string[] arguments)
    {
        var start = new ProcessStartInfo(program)
        {
            WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return (-1, $"{program}: {e.Message}");
        }
        using (process)
        {
            var error = process.StandardError.ReadToEndAsync();
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return (process.ExitCode, process.ExitCode == 0 ? output : output + await error);
        }
    }
}
