using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Weir.Inference.Tests;

/// <summary>llama.cpp itself, as the npm package node-llama-cpp ships it: the reader that our GGUF files are
/// for.</summary>
internal static class LlamaCpp
{
    private const string Enable = "apt-get install nodejs npm, then npm ci --ignore-scripts --omit=optional in "
        + "tests/Inference.Tests/npm (linux-x64)";
    private static readonly SemaphoreSlim Installing = new(1);

    /// <param name="Tokens">The prompt's.</param>
    /// <param name="Generated">The greedy continuation.</param>
    /// <param name="First">Pairs of id and probability of the first token of the continuation.</param>
    /// <param name="Text">Of the continuation.</param>
    internal sealed record Answer(int[] Tokens, int[] Generated, double[][] First, string Text);

    internal sealed record Report(Answer[] Answers, [property: JsonPropertyName("template")] string Template, int? End);

    /// <summary>The tokens of each prompt and its greedy continuation. Skips the test by name where node or the
    /// packages cannot be had.</summary>
    public static async Task<Report> GenerateAsync(string modelPath, string[] prompts, int steps)
    {
        var folder = Path.Combine(Places.Root, "tests", "Inference.Tests", "npm");
        await InstallOrSkipAsync(folder);
        var request = JsonSerializer.Serialize(new { model = modelPath, prompts, steps });
        var (code, output, errors) = await RunAsync("node", ["generate.mjs"], folder, request);
        Assert.True(code == 0, errors + output);
        return JsonSerializer.Deserialize<Report>(output, JsonSerializerOptions.Web)!;
    }

    private static async Task InstallOrSkipAsync(string folder)
    {
        await Installing.WaitAsync();
        try
        {
            var installed = new FileInfo(Path.Combine(folder, "node_modules", ".package-lock.json"));
            var locked = File.GetLastWriteTimeUtc(Path.Combine(folder, "package-lock.json"));
            if (installed.Exists && installed.LastWriteTimeUtc >= locked) return;
            // The optional packages are builds for other machines.
            var (code, _, errors) = await RunAsync("npm",
                ["ci", "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund"], folder, "");
            Assert.SkipUnless(code == 0, $"needs the npm package node-llama-cpp ({errors.Trim()}): {Enable}");
        }
        finally
        {
            Installing.Release();
        }
    }

    private static async Task<(int Code, string Output, string Errors)> RunAsync(string program, string[] arguments,
        string folder, string input)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true,
            RedirectStandardError = true, StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = Encoding.UTF8,
        };
        Process? process = null;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            Assert.Skip($"needs '{program}' ({e.Message}): {Enable}");
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
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw;
            }
        }
    }
}
