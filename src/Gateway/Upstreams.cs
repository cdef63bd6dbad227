using System.Collections.Concurrent;
using System.Net.Sockets;
using Weir.Formats.Platform;

namespace Weir.Gateway;

/// <summary>Connections to replicas, pooled by address (<c>unix:/path</c> or <c>http://host:port</c>).</summary>
internal sealed class Upstreams : IDisposable
{
    private readonly ConcurrentDictionary<string, HttpMessageInvoker> _clients = new(StringComparer.Ordinal);

    public Task<HttpResponseMessage> SendAsync(SnapshotReplica replica, HttpRequestMessage request,
        CancellationToken ct) =>
        _clients.GetOrAdd(replica.Address, Create).SendAsync(request, ct);

    /// <summary>The address that goes into requests; a Unix socket has no host name of its own.</summary>
    public static Uri UriOf(SnapshotReplica replica, string path) =>
        new(new Uri(replica.Address.StartsWith("unix:", StringComparison.Ordinal) ? "http://engine" : replica.Address),
        path);

    public void Dispose()
    {
        foreach (var client in _clients.Values) client.Dispose();
    }

    private static HttpMessageInvoker Create(string address)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false, UseCookies = false, AllowAutoRedirect = false,
                PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
            ConnectTimeout = TimeSpan.FromSeconds(5), MaxConnectionsPerServer = 1024,
        };
        if (address.StartsWith("unix:", StringComparison.Ordinal))
        {
            var path = address[5..];
            handler.ConnectCallback = async (_, ct) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), ct);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            };
        }
        return new HttpMessageInvoker(handler);
    }
}
