using System.Net;
using System.Net.Sockets;

namespace Weir.Host.Tests;

public sealed class CommandLineTests : IDisposable
{
    private readonly string _folder = WeirProgram.TemporaryFolder();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Help_lists_every_verb()
    {
        var (code, output, _) = await WeirProgram.RunAsync(["--help"]);
        Assert.Equal(0, code);
        foreach (var verb in (string[])["quickstart", "up", "synthesize", "curate", "tokenize", "train", "evaluate",
            "engine", "model",
            "dataset", "key", "job", "ledger", "trace", "test"])
            Assert.Contains(verb, output);
    }

    [Theory]
    [InlineData("no-such-verb")]
    [InlineData("quickstart", "--no-such-option")]
    [InlineData("quickstart", "--minutes", "0")]
    [InlineData("quickstart", "--corpus", "no/such/folder")]
    [InlineData("up", "--port", "70000")]
    public async Task Wrong_usage_ends_with_2_and_says_why(params string[] arguments)
    {
        var (code, output, error) = await WeirProgram.RunAsync(arguments);
        Assert.Equal(2, code);
        Assert.NotEmpty(output + error);
        Assert.DoesNotContain("   at ", error);
    }

    [Fact]
    public async Task A_port_in_use_is_named_with_advice()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var (code, _, error) = await WeirProgram.RunAsync(["up", "--data", Path.Combine(_folder, "d"), "--port",
            $"{port}"]);
        listener.Stop();
        Assert.Equal(1, code);
        Assert.Contains($"Port {port}", error);
        Assert.Contains("--port", error);
    }

    [Fact]
    public async Task A_second_platform_on_one_data_folder_is_refused()
    {
        var data = Path.Combine(_folder, "d");
        await using var first = new RunningPlatform("up", "--data", data, "--port", "0");
        await first.ReadyAsync();
        var (code, _, error) = await WeirProgram.RunAsync(["up", "--data", data, "--port", "0"]);
        Assert.Equal(1, code);
        Assert.Contains("Another platform is using", error);
    }

    [Fact]
    public async Task An_empty_platform_starts_writes_its_key_and_stops_cleanly()
    {
        var data = Path.Combine(_folder, "d");
        await using var platform = new RunningPlatform("up", "--data", data, "--port", "0");
        await platform.ReadyAsync();
        var key = Path.Combine(data, "admin.key");
        Assert.StartsWith("sk-weir-", File.ReadAllText(key));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(key));
        Assert.Equal(0, await platform.StopAsync());
    }

    [Fact]
    public async Task An_empty_corpus_folder_fails_with_the_extensions_that_are_read()
    {
        var empty = Directory.CreateDirectory(Path.Combine(_folder, "empty")).FullName;
        var (code, _, error) = await WeirProgram.RunAsync(
            ["quickstart", "--exit", "--minutes", "0.1", "--corpus", empty, "--data", Path.Combine(_folder, "d"),
            "--port", "0"]);
        Assert.Equal(1, code);
        Assert.Contains("curate-text", error);
        Assert.Contains(".jsonl", error);
    }

    [Fact]
    public async Task Client_verbs_say_how_to_start_a_platform_that_is_not_there()
    {
        var (code, _, error) = await WeirProgram.RunAsync(["key", "list"],
            new Dictionary<string, string> { ["WEIR_URL"] = "http://127.0.0.1:9/", ["WEIR_KEY"] = "sk-weir-x" });
        Assert.Equal(1, code);
        Assert.Contains("weir up", error);
    }
}
