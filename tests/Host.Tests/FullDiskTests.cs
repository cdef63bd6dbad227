using System.Diagnostics;

namespace Weir.Host.Tests;

/// <summary>A disk that is really full: a small tmpfs in a mount namespace of the test's own.</summary>
public sealed class FullDiskTests : IDisposable
{
    private const string Script =
        """
        mount -t tmpfs -o size="$1" tmpfs "$2" || exit 99
        disk=$2; shift 2
        "$@"; code=$?
        echo "left: $(cd "$disk" && find . -mindepth 1 | sort | tr '\n' ' ')"
        exit $code
        """;

    private readonly string _disk = WeirProgram.TemporaryFolder();

    public void Dispose() => Directory.Delete(_disk, recursive: true);

    [Fact]
    public async Task A_workbench_says_that_the_disk_is_full_and_leaves_nothing_half_done()
    {
        var (code, output, error) = await RunAsync("1m", "synthesize", "--items", "100000", "--out", _disk + "/corpus");
        Assert.Equal(1, code);
        Assert.Contains("No space left", error);
        Assert.Contains("Free some space", error);
        Assert.Contains("left: \n", output);
    }

    [Theory]
    [InlineData("100k")] // not even the databases fit
    [InlineData("6m")] // a job cannot write
    [InlineData("40m")] // the platform cannot take a job's result in
    public async Task The_quick_start_says_that_the_disk_is_full(string size)
    {
        var (code, output, error) = await RunAsync(size, "quickstart", "--exit", "--minutes", "0.2", "--data",
            _disk + "/data", "--port", "0");
        Assert.True(code == 1, $"ended with {code}:\n{output}{error}");
        Assert.Contains("space", output + error);
        Assert.DoesNotContain("Unhandled", output + error);
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(string size, params string[] arguments)
    {
        string[] prefix = [Environment.UserName == "root" ? "-m" : "-rm", "sh", "-c"];
        var probe = await UnshareAsync([.. prefix, Script, "sh", "1m", _disk, "true"]);
        if (probe.Code != 0)
            Assert.Skip("needs a mount namespace (unshare); as root run the tests with the capability SYS_ADMIN, "
                + "otherwise: sysctl kernel.unprivileged_userns_clone=1");
        return await UnshareAsync([.. prefix, Script, "sh", size, _disk, "dotnet", WeirProgram.Dll, .. arguments]);
    }

    private static async Task<(int Code, string Output, string Error)> UnshareAsync(string[] arguments)
    {
        var start = new ProcessStartInfo("unshare", arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(3));
        return (process.ExitCode, await output, await error);
    }
}
