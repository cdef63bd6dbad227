using System.CommandLine;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Weir.Formats.Bcl;
using Weir.Inference.Serving;

namespace Weir.Inference.Commands;

/// <summary><c>weir engine</c>: one model behind OpenAI endpoints, no platform needed.</summary>
public static class EngineCommand
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);
    private static readonly Option<string> Model =
        new("--model") { Description = "Model folder or .gguf file.", Required = true };
    private static readonly Option<string> Listen = new("--listen")
    {
        Description = "Where to listen: HOST:PORT (port 0 picks one) or unix:PATH.", DefaultValueFactory = _ =>
            "127.0.0.1:8081",
    };
    private static readonly Option<string> Name = new("--name")
    {
        Description = "The model's name in answers.", DefaultValueFactory = _ => "model",
    };
    private static readonly Option<int> Threads = new("--threads")
    {
        Description = "Threads that compute.", DefaultValueFactory = _ => Math.Max(1, Environment.ProcessorCount),
    };
    private static readonly Option<int> Parallel = new("--parallel")
    {
        Description = "Requests computed at the same time; others wait.", DefaultValueFactory = _ => 8,
    };
    private static readonly Option<int?> Context =
        new("--context") { Description = "A shorter context than the model's own, in tokens." };

    public static Command Create()
    {
        var command = new Command("engine",
            "Serve one model: /v1/chat/completions, /v1/completions, /v1/models, /health and /weir/stats.\n\n"
            + "Prints 'ready ADDRESS' when it answers. SIGTERM lets running requests end (10 s) and stops.")
        {
            Model, Listen, Name, Threads, Parallel, Context,
        };
        command.SetAction(ServeAsync);
        return command;
    }

    private static async Task<int> ServeAsync(ParseResult parsed, CancellationToken ct)
    {
        int threads = parsed.GetValue(Threads), parallel = parsed.GetValue(Parallel);
        if (threads is < 1 or > 1024 || parallel is < 1 or > 4096 || parsed.GetValue(Context) is < 1)
            throw new UserErrorException("--threads, --parallel and --context must be positive.", ExitCodes.WrongUsage);
        var listen = parsed.GetValue(Listen)!;
        using var endpoint = new EngineEndpoint(parsed.GetValue(Name)!, threads, parallel, parsed.GetValue(Context));
        await using var app = Build(listen);
        endpoint.Map(app);
        await StartAsync(app, listen, ct);
        var loading = Task.Run(() => endpoint.Load(Path.GetFullPath(parsed.GetValue(Model)!)), CancellationToken.None);
        await loading;
        Console.WriteLine($"ready {AddressOf(app, listen)}");
        try
        {
            await Task.Delay(Timeout.Infinite, ct);
        }
        catch (OperationCanceledException)
        {
            await endpoint.DrainAsync(Grace);
        }
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await app.StopAsync(limit.Token);
        return ExitCodes.Done;
    }

    private static WebApplication Build(string listen)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IHostLifetime, VerbLifetime>();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = EngineEndpoint.MaxBodyBytes;
            if (listen.StartsWith("unix:", StringComparison.Ordinal)) ListenOnSocket(kestrel, listen[5..]);
            else kestrel.Listen(EndPointOf(listen));
        });
        return builder.Build();
    }

    private static void ListenOnSocket(KestrelServerOptions kestrel, string path)
    {
        var full = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.Delete(full); // a socket file outlives its process
        kestrel.ListenUnixSocket(full);
    }

    private static IPEndPoint EndPointOf(string listen)
    {
        var colon = listen.LastIndexOf(':');
        var host = colon < 0 ? "" : listen[..colon];
        if (host == "localhost") host = "127.0.0.1";
        return colon >= 0 && IPAddress.TryParse(host, out var address)
            && ushort.TryParse(listen[(colon + 1)..], out var port)
            ? new IPEndPoint(address, port)
            : throw new UserErrorException($"--listen {listen}: expected HOST:PORT with a numeric host, or unix:PATH.",
            ExitCodes.WrongUsage);
    }

    private static async Task StartAsync(WebApplication app, string listen, CancellationToken ct)
    {
        try
        {
            await app.StartAsync(ct);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException or System.Net.Sockets.SocketException)
        {
            throw new UserErrorException($"{listen} is in use. Choose another address with --listen.", inner: e);
        }
    }

    private static string AddressOf(WebApplication app, string listen) =>
        listen.StartsWith("unix:", StringComparison.Ordinal) ? listen
        : app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>The verb owns the signals, so that the web host does not stop before the engine has drained.</summary>
    private sealed class VerbLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
