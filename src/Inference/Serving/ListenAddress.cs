using System.Net;
using System.Net.Sockets;
using Weir.Formats.Bcl;

namespace Weir.Inference.Serving;

/// <summary>Where to listen, as the command line says it: <c>HOST:PORT</c> with a numeric host, or <c>unix:PATH</c>.
/// One of the two is null.</summary>
internal sealed record ListenAddress(IPEndPoint? EndPoint, string? SocketPath)
{
    private const string SocketPrefix = "unix:";

    /// <summary>What fits into a socket address on every system that .NET runs on.</summary>
    private const int MaxSocketPathBytes = 103;

    /// <exception cref="UserErrorException">The text is no address.</exception>
    public static ListenAddress Parse(string text)
    {
        if (text.StartsWith(SocketPrefix, StringComparison.Ordinal) && text.Length > SocketPrefix.Length)
        {
            var path = Path.GetFullPath(text[SocketPrefix.Length..]);
            return System.Text.Encoding.UTF8.GetByteCount(path) <= MaxSocketPathBytes ? new ListenAddress(null, path)
                : throw new UserErrorException($"--listen: the socket path {path} is longer than {MaxSocketPathBytes} "
                    + "bytes. Choose a shorter one.", ExitCodes.WrongUsage);
        }
        int colon = text.LastIndexOf(':');
        var host = colon < 0 ? "" : text[..colon];
        if (host == "localhost") host = "127.0.0.1";
        return colon >= 0 && IPAddress.TryParse(host, out var address)
            && ushort.TryParse(text[(colon + 1)..], out var port)
            ? new ListenAddress(new IPEndPoint(address, port), null)
            : throw new UserErrorException($"--listen {text}: expected HOST:PORT with a numeric host, or unix:PATH.",
                ExitCodes.WrongUsage);
    }

    /// <summary>A socket file outlives its process: removes one that nobody answers on.</summary>
    /// <exception cref="UserErrorException">Somebody does, or the file is no socket.</exception>
    public void FreeSocket()
    {
        if (SocketPath is null) return;
        Directory.CreateDirectory(Path.GetDirectoryName(SocketPath)!);
        if (!File.Exists(SocketPath)) return;
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(SocketPath));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused
            && new FileInfo(SocketPath).Length == 0)
        {
            File.Delete(SocketPath);
            return;
        }
        catch (SocketException e)
        {
            throw new UserErrorException($"{this} is there and no free socket: {e.Message}. Choose another path.",
                inner: e);
        }
        throw new UserErrorException(
            $"{this} is in use. Choose another address with --listen, or stop what listens there.");
    }

    public override string ToString() => SocketPath is not null ? SocketPrefix + SocketPath : EndPoint!.ToString();
}
