using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Weir.Formats.Bcl;
using Weir.Inference.Accounting;
using Weir.Inference.Generation;
using Weir.Inference.Models;

namespace Weir.Inference.Serving;

/// <summary>An engine that listens. It answers <c>loading</c> from <see cref="StartAsync"/> on, serves after
/// <see cref="Load"/>, and ends with <see cref="StopAsync"/>.</summary>
internal sealed class EngineServer : IAsyncDisposable
{
    /// <summary>How long answers that are finished may take to reach their clients.</summary>
    private static readonly TimeSpan FlushTime = TimeSpan.FromSeconds(2);
    private readonly EngineOptions _options;
    private readonly EngineEndpoint _endpoint;
    private readonly WebApplication _app;
    private readonly ListenAddress _address;
    private readonly RequestAccount _account;

    private EngineServer(EngineOptions options, ListenAddress address, WebApplication app, RequestAccount account)
    {
        _options = options;
        _address = address;
        _app = app;
        _account = account;
        _endpoint = new EngineEndpoint(options.Name, account, path => ModelOpening.Open(path, options));
        _endpoint.Map(app);
    }

    /// <summary><c>http://HOST:PORT</c> with the port that was picked, or <c>unix:PATH</c>.</summary>
    public string Address => _address.SocketPath is not null ? _address.ToString()
        : _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    public EngineStats Stats => _endpoint.Stats();

    /// <exception cref="UserErrorException">The address is wrong, in use or not allowed.</exception>
    public static async Task<EngineServer> StartAsync(EngineOptions options, CancellationToken ct)
    {
        var address = ListenAddress.Parse(options.ListenOn);
        address.FreeSocket();
        var server = new EngineServer(options, address, Build(address),
            new RequestAccount(options.AccountPath, TimeProvider.System));
        try
        {
            await server._app.StartAsync(ct);
            return server;
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            await server.DisposeAsync();
            throw new UserErrorException(e.InnerException is AddressInUseException || e is SocketException
                { SocketErrorCode: SocketError.AddressAlreadyInUse }
                ? $"{address} is in use. Choose another address with --listen, or stop what listens there."
                : $"{address} cannot be listened on: {e.Message} Choose another address with --listen.", inner: e);
        }
    }

    /// <summary>Loads the model and begins to serve it.</summary>
    /// <exception cref="UserErrorException">The model is missing, damaged, or of a kind that this version does not
    /// run.</exception>
    public void Load(string modelPath) => Serve(ModelOpening.Open(modelPath, _options));

    public void Serve(LoadedModel model) => Serve(ModelOpening.Open(model, _options));

    public void Serve(ServedModel model) => _endpoint.Serve(model, _options.Limits);

    /// <summary>Takes no new requests, lets the running ones end within <paramref name="grace"/>, and stops.</summary>
    public async Task StopAsync(TimeSpan grace)
    {
        await _endpoint.DrainAsync(grace, TimeProvider.System);
        using var limit = new CancellationTokenSource(FlushTime);
        await _app.StopAsync(limit.Token);
        await Task.Run(() => _account.Flush(FlushTime), CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _endpoint.Dispose();
        _account.Dispose();
    }

    private static WebApplication Build(ListenAddress address)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IHostLifetime, CallerLifetime>();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = EngineEndpoint.MaxBodyBytes;
            if (address.SocketPath is { } path) kestrel.ListenUnixSocket(path);
            else kestrel.Listen(address.EndPoint!);
        });
        return builder.Build();
    }

    /// <summary>Whoever started the server owns the signals, so that it does not stop before the engine has
    /// drained.</summary>
    private sealed class CallerLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
