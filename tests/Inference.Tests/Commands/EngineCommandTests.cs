using System.CommandLine;
using System.Net.Sockets;
using Weir.Formats.Bcl;
using Weir.Inference.Commands;
using Weir.Inference.Tests.Models;

namespace Weir.Inference.Tests.Commands;

public sealed class EngineCommandTests : IDisposable
{
    private static readonly CancellationToken Ct = TestContext.Current.CancellationToken;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_verb_serves_until_it_is_told_to_stop_and_ends_with_0()
    {
        new RandomModel(RandomModel.SmallConfig, seed: 1).WriteFolder(_folder.Path);
        var socket = _folder.File("engine.sock");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var running = RunAsync(stop.Token, "--model", _folder.Path, "--listen", "unix:" + socket, "--threads", "1",
            "--kv-blocks", "40", "--kv-type", "q8_0", "--batch-tokens", "64", "--speculate", "0", "--no-prefix-cache",
            "--account", _folder.File("account"));
        using var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, ct) =>
            {
                var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await client.ConnectAsync(new UnixDomainSocketEndPoint(socket), ct);
                return new NetworkStream(client, ownsSocket: true);
            },
        }) { BaseAddress = new Uri("http://engine") };
        while (!running.IsCompleted && !await IsReadyAsync(http)) await Task.Delay(10, Ct);
        Assert.False(running.IsCompleted);
        Assert.Contains("\"kv_blocks_total\":40", await http.GetStringAsync("/weir/stats", Ct));
        stop.Cancel();
        Assert.Equal(ExitCodes.Done, await running.WaitAsync(TimeSpan.FromSeconds(10), Ct));
        Assert.False(File.Exists(socket));
        Assert.True(File.Exists(_folder.File("account")));
    }

    [Fact]
    public async Task A_missing_or_damaged_model_and_senseless_numbers_are_messages()
    {
        var socket = "unix:" + _folder.File("engine.sock");
        await ExpectAsync("There is no model", "--model", _folder.File("none"), "--listen", socket);
        File.WriteAllText(_folder.File("bad.gguf"), "GGUFnonsense");
        await ExpectAsync("GGUF", "--model", _folder.File("bad.gguf"), "--listen", socket);
        await ExpectAsync("positive", "--model", "x", "--threads", "0");
        await ExpectAsync("positive", "--model", "x", "--parallel", "-1");
        await ExpectAsync("positive", "--model", "x", "--context", "0");
        await ExpectAsync("--batch-tokens", "--model", "x", "--batch-tokens", "5");
        await ExpectAsync("--speculate", "--model", "x", "--speculate", "99");
        await ExpectAsync("--kv-type", "--model", "x", "--kv-type", "q4");
    }

    private static async Task ExpectAsync(string part, params string[] arguments) =>
        Assert.Contains(part, (await Assert.ThrowsAsync<UserErrorException>(() => RunAsync(Ct, arguments))).Message);

    private static async Task<bool> IsReadyAsync(HttpClient http)
    {
        try
        {
            using var response = await http.GetAsync("/health", Ct);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false; // not listening yet
        }
    }

    private static Task<int> RunAsync(CancellationToken ct, params string[] arguments) =>
        EngineCommand.Create().Parse(arguments)
            .InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }, ct);
}
