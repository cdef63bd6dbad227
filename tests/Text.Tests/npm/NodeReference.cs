using System.Diagnostics;
using System.Text;

namespace Weir.Text.Tests.Npm;

/// <summary>Runs a script of this folder with the packages of Hugging Face in a Node process.</summary>
internal static class NodeReference
{
    private const string Enable = "cd tests/Text.Tests/npm && npm ci --ignore-scripts   (needs Node 20 or newer)";
    private static readonly SemaphoreSlim Installing = new(1);

    /// <summary>The lines that the script answers with; skips the test where Node or the packages cannot be
    /// had.</summary>
    public static async Task<string[]> Run(string script, IReadOnlyList<string> arguments, IEnumerable<string> lines)
    {
        var folder = Path.Combine(RepositoryRoot(), "tests", "Text.Tests", "npm");
        await InstallOrSkip(folder);
        var (exitCode, output, errors) = await Run("node", [script, .. arguments], folder, string.Join('\n', lines));
        Assert.True(exitCode == 0, errors);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static async Task InstallOrSkip(string folder)
    {
        await Installing.WaitAsync();
        try
        {
            var installed = new FileInfo(Path.Combine(folder, "node_modules", ".package-lock.json"));
            if (installed.Exists &&
                installed.LastWriteTimeUtc >= File.GetLastWriteTimeUtc(Path.Combine(folder, "package-lock.json")))
                return;
            var (exitCode, _, errors) = await Run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                folder, "");
            Assert.SkipUnless(exitCode == 0, $"The npm packages cannot be had ({errors.Trim()}). Enable: {Enable}");
        }
        finally
        {
            Installing.Release();
        }
    }

    private static async Task<(int ExitCode, string Output, string Errors)> Run(
        string program, string[] arguments, string folder, string input)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = Encoding.UTF8,
        };
        Process? process = null;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            Assert.Skip($"'{program}' does not start ({e.Message}). Enable: {Enable}");
        }
        using (process)
        {
            try
            {
                var output = process.StandardOutput.ReadToEndAsync(timeout.Token);
                var errors = process.StandardError.ReadToEndAsync(timeout.Token);
                await process.StandardInput.WriteAsync(input.AsMemory(), timeout.Token);
                process.StandardInput.Close();
                await process.WaitForExitAsync(timeout.Token);
                return (process.ExitCode, await output, await errors);
            }
            finally
            {
                if (!process.HasExited) process.Kill(entireProcessTree: true);
            }
        }
    }

    public static string RepositoryRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "global.json"))) return folder.FullName;
        throw new InvalidOperationException("The tests must lie in the repository: no global.json above them.");
    }
}
