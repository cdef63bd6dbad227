using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Weir.Accounts;
using Weir.Client;
using Weir.Fleet;
using Weir.Formats.Bcl;
using Weir.Formats.Platform;
using Weir.Gateway;
using Weir.Host.Pipelines;
using Weir.Registry;
using Weir.WebConsole;
using Weir.Gateway.Ledger;

namespace Weir.Host.Platform;

/// <summary>The platform in one process: registry, fleet, accounts, gateway and console on one port of the loopback
/// interface. This file is its table of contents.</summary>
internal sealed class PlatformHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly DataFolderLock _lock;

    private PlatformHost(WebApplication app, PlatformOptions options, DataFolderLock folderLock)
    {
        _app = app;
        _lock = folderLock;
        Options = options;
    }

    public PlatformOptions Options { get; }
    public Uri Address { get; private set; } = new("http://127.0.0.1/");
    public FleetPlane Fleet => _app.Services.GetRequiredService<FleetPlane>();
    public RegistryPlane Registry => _app.Services.GetRequiredService<RegistryPlane>();
    public QuickstartPipeline Pipeline => _app.Services.GetRequiredService<QuickstartPipeline>();

    /// <summary>Starts everything and returns when requests are answered.</summary>
    public static async Task<PlatformHost> StartAsync(PlatformOptions options, CancellationToken ct)
    {
        var folderLock = DataFolderLock.Take(options.DataFolder, $"127.0.0.1:{options.Port}");
        try
        {
            var app = Build(options);
            var host = new PlatformHost(app, options, folderLock);
            var accounts = app.Services.GetRequiredService<AccountsPlane>();
            accounts.Keys.EnsureAdminKey(options.KeyFilePath);
            app.Services.GetRequiredService<SnapshotPublisher>().Publish();
            await StartListeningAsync(app, options, ct);
            host.Address = new Uri(app.Services.GetRequiredService<IServer>()
                .Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/");
            app.Services.GetRequiredService<ConsoleAccess>().Address = host.Address;
            return host;
        }
        catch
        {
            folderLock.Dispose();
            throw;
        }
    }

    public bool Serves(string model) => _app.Services.GetRequiredService<GatewaySnapshotStore>().Current.Models
        .Any(m => m.Name == model && m.Deployments.Any(d => d.Gate.Serves && d.Replicas.Count > 0));

    public Task FlushLedgerAsync() => _app.Services.GetRequiredService<LedgerSpool>().FlushAsync();

    public Task WaitForShutdownAsync(CancellationToken ct) => _app.WaitForShutdownAsync(ct);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        _lock.Dispose();
    }

    private static WebApplication Build(PlatformOptions options)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            ContentRootPath = AppContext.BaseDirectory, ApplicationName = "weir",
        });
        builder.WebHost.UseStaticWebAssets();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(System.Net.IPAddress.Loopback, options.Port);
        });
        builder.Logging.ClearProviders().AddSimpleConsole(c => c.SingleLine = true).SetMinimumLevel(LogLevel.Warning);
        builder.Logging.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(
            c => c.LogToStandardErrorThreshold = LogLevel.Trace);

        builder.Services.AddSingleton(options);
        builder.Services.AddRegistry(options.DataFolder);
        builder.Services.AddSingleton<IJobArtifacts, JobArtifacts>();
        builder.Services.AddFleet(new FleetOptions { DataFolder = options.DataFolder,
            WeirCommand = WeirProcess.Command });
        builder.Services.AddAccounts(options.DataFolder);
        builder.Services.AddGateway(new GatewayOptions { DataFolder = options.DataFolder },
            services => services.GetRequiredService<AccountsPlane>().Keys.Hash);
        builder.Services.AddSingleton<SnapshotPublisher>();
        builder.Services.AddSingleton(services =>
            new QuickstartPipeline(services.GetRequiredService<FleetPlane>(), options.DataFolder));
        builder.Services.AddSingleton<ConsoleAccess>();
        builder.Services.AddWebConsole(services => services.GetRequiredService<ConsoleAccess>().CreateClient());
        // Pages live as long as this process; nothing that they protect needs to outlive it.
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
        builder.Services.AddExceptionHandler<ApiErrors>().AddProblemDetails();

        var app = builder.Build();
        app.UseMiddleware<LoopbackHosts>();
        app.UseExceptionHandler();
        var api = app.MapGroup("/api/v1").AddEndpointFilter<AdministratorFilter>();
        api.MapRegistry();
        api.MapFleet();
        api.MapAccounts();
        api.MapPlatform();
        api.MapModels();
        app.MapGateway();
        app.MapWebConsole();
        return app;
    }

    private static async Task StartListeningAsync(WebApplication app, PlatformOptions options, CancellationToken ct)
    {
        try
        {
            await app.StartAsync(ct);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException or SocketException)
        {
            throw new UserErrorException($"Port {options.Port} on 127.0.0.1 is in use. Choose another with --port, or "
                + $"stop what listens there.",
                inner: e);
        }
    }
}
