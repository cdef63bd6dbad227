using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Weir.Bench.Peers;
using Weir.Formats.Bcl;

namespace Weir.Bench.Serving;

/// <summary>A server under test as a process of its own, ended with this.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(5), PollInterval = TimeSpan.FromMilliseconds(50);
    private readonly Process _process;
    private readonly OutputTail _tail = new();

    private ServerProcess(string name, Process process, Uri address, bool reusesConnections)
    {
        Name = Description = name;
        _process = process;
        _tail.Follow(process);
        process.OutputDataReceived += (_, e) => _tail.Add(e.Data);
        process.BeginOutputReadLine();
        Client = new ChatClient(address, reusesConnections);
        Address = address;
    }

    public string Name { get; }

    /// <summary>Name and build.</summary>
    public string Description { get; private set; }

    public ChatClient Client { get; }
    public int Id => _process.Id;
    private Uri Address { get; }

    /// <summary><c>weir engine</c>.</summary>
    /// <param name="program">weir.dll.</param>
    public static Task<ServerProcess> StartWeirAsync(string program, string model, int threads, int slots,
        CancellationToken ct)
    {
        int port = FreePort();
        string[] arguments = [program, "engine", "--model", model, "--listen", $"127.0.0.1:{port}", "--threads",
            $"{threads}", "--parallel", $"{slots}"];
        return StartAsync("weir", "dotnet", arguments, port, reusesConnections: true, ct);
    }

    /// <summary>llama-server with <paramref name="slots"/> slots that share a context of 1,024 tokens each.</summary>
    public static Task<ServerProcess> StartLlamaServerAsync(string program, string model, int threads, int slots,
        CancellationToken ct)
    {
        const int SlotTokens = 1024;
        int port = FreePort();
        string[] arguments = ["-m", model, "-t", $"{threads}", "-np", $"{slots}", "-c", $"{slots * SlotTokens}",
            "--host", "127.0.0.1", "--port", $"{port}"];
        // It says Keep-Alive and closes the connection after a stream.
        return StartAsync("llama-server", program, arguments, port, reusesConnections: false, ct);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }

    private static async Task<ServerProcess> StartAsync(string name, string program, string[] arguments, int port,
        bool reusesConnections, CancellationToken ct)
    {
        var server = new ServerProcess(name, PeerProcess.Start(program, arguments),
            new Uri($"http://127.0.0.1:{port}/"), reusesConnections);
        try
        {
            await server.WaitUntilReadyAsync(ct);
            await server.DescribeAsync(ct);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    private async Task WaitUntilReadyAsync(CancellationToken ct)
    {
        using var http = new HttpClient { BaseAddress = Address };
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < StartLimit)
        {
            if (_process.HasExited)
                throw new UserErrorException($"{Name} ended with exit code {_process.ExitCode} before it was ready: "
                    + _tail.Text);
            try
            {
                using var health = await http.GetAsync("health", ct);
                if (health.StatusCode == HttpStatusCode.OK) return;
            }
            catch (HttpRequestException)
            {
                // does not listen yet
            }
            await Task.Delay(PollInterval, ct);
        }
        throw new UserErrorException($"{Name} was not ready after {StartLimit.TotalMinutes:0} minutes: {_tail.Text}");
    }

    /// <summary>llama-server says at <c>/props</c> which build it is.</summary>
    private async Task DescribeAsync(CancellationToken ct)
    {
        using var http = new HttpClient { BaseAddress = Address };
        using var answer = await http.GetAsync("props", ct);
        if (!answer.IsSuccessStatusCode) return;
        var properties = await answer.Content.ReadFromJsonAsync<JsonObject>(ct);
        Description = $"{Name}: build {properties?["build_info"]}";
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
