using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Weir.Fleet.Deployments;

/// <summary>Asks engines how they are, over their Unix sockets.</summary>
internal sealed class EngineHealth(FleetOptions options)
{
    /// <summary>A Unix socket's path has at most 107 bytes.</summary>
    private const int MaxSocketPath = 107;
    private const int MaxAnswerBytes = 1 << 20;
    private readonly ConcurrentDictionary<string, bool> _ready = new();

    public bool IsReady(string jobId) => _ready.GetValueOrDefault(jobId);

    /// <summary>True when the answer differs from the last one.</summary>
    public async Task<bool> CheckAsync(string jobId, CancellationToken ct)
    {
        bool ready = await AsksReadyAsync(SocketPath(options.DataFolder, jobId), ct);
        bool before = IsReady(jobId);
        _ready[jobId] = ready;
        return ready != before;
    }

    /// <summary>True when it was ready.</summary>
    public bool Forget(string jobId) => _ready.TryRemove(jobId, out var ready) && ready;

    /// <summary>In the data folder, or where that is too deep in a folder of the temporary folder named by its
    /// hash.</summary>
    public static string SocketPath(string dataFolder, string jobId)
    {
        var name = $"{jobId}.sock";
        var path = Path.Combine(dataFolder, "sockets", name);
        if (Encoding.UTF8.GetByteCount(path) <= MaxSocketPath) return path;
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(dataFolder)))[..12];
        return Path.Combine(Path.GetTempPath(), $"weir-{hash}", name);
    }

    /// <summary>The engine's own statistics (contract 4), as it wrote them; null while it does not answer.</summary>
    public Task<string?> StatsAsync(string jobId, CancellationToken ct) =>
        AskAsync(SocketPath(options.DataFolder, jobId), "weir/stats", ct);

    private static async Task<bool> AsksReadyAsync(string socketPath, CancellationToken ct) =>
        await AskAsync(socketPath, "health", ct) is not null;

    /// <summary>Null for anything but a success: it is not listening yet, or not any more.</summary>
    private static async Task<string?> AskAsync(string socketPath, string path, CancellationToken ct)
    {
        if (!File.Exists(socketPath)) return null;
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(ct);
        timeout.CancelAfter(TimeSpan.FromSeconds(5));
        try
        {
            using var handler = new SocketsHttpHandler
            {
                ConnectCallback = async (_, token) =>
                {
                    var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), token);
                    return new NetworkStream(socket, ownsSocket: true);
                },
            };
            using var http = new HttpClient(handler)
            {
                BaseAddress = new Uri("http://engine/"), MaxResponseContentBufferSize = MaxAnswerBytes,
            };
            using var answer = await http.GetAsync(path, timeout.Token);
            return answer.IsSuccessStatusCode ? await answer.Content.ReadAsStringAsync(timeout.Token) : null;
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or IOException
            || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return null;
        }
    }
}
