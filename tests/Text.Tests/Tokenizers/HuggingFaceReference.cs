using System.Diagnostics;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Weir.Text.Tests.Tokenizers;

/// <summary>What the reference reader gives for a text.</summary>
internal sealed record Answer(int[] Ids, string Decoded);

/// <summary>The npm packages @huggingface/tokenizers and @huggingface/jinja in a Node process.</summary>
internal static class HuggingFaceReference
{
    private const string Enable = "cd tests/Text.Tests/npm && npm ci --ignore-scripts   (needs Node 20 or newer)";

    public static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.Default,
    };

    /// <summary>Answers to lines for <c>encode.mjs</c>, by the tokenizer whose two files are in the folder; skips the
    /// test where the packages cannot be had.</summary>
    public static async Task<Answer[]> Ask(string folder, IEnumerable<string> lines)
    {
        var fixture = Path.Combine(RepositoryRoot(), "tests", "Text.Tests", "npm");
        await InstallOrSkip(fixture);
        var (exitCode, output, errors) = await Run("node", ["encode.mjs", folder],
            fixture, string.Join('\n', lines));
        Assert.True(exitCode == 0, errors);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonSerializer.Deserialize<Answer>(line, Json)!).ToArray();
    }

    private static readonly SemaphoreSlim Installing = new(1);

    private static async Task InstallOrSkip(string fixture)
    {
        await Installing.WaitAsync();
        try
        {
            var installed = new FileInfo(Path.Combine(fixture, "node_modules", ".package-lock.json"));
            if (installed.Exists &&
                installed.LastWriteTimeUtc >= File.GetLastWriteTimeUtc(Path.Combine(fixture, "package-lock.json")))
                return;
            var (exitCode, _, errors) = await Run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                fixture, "");
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

    private static string RepositoryRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "global.json"))) return folder.FullName;
        throw new InvalidOperationException("The tests must lie in the repository: no global.json above them.");
    }
}
