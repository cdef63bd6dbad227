using System.CommandLine;
using Weir.Formats.Bcl;
using Weir.Formats.Runs;
using Weir.Inference.Serving;

namespace Weir.Inference.Commands;

/// <summary><c>weir engine</c>: one model behind OpenAI endpoints, no platform needed.</summary>
public static class EngineCommand
{
    /// <summary>How long running requests may go on after SIGTERM.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);
    private static readonly Option<string> Model = new("--model")
    {
        Description = "Model folder in the Hugging Face layout, or a .gguf file.", Required = true,
    };
    private static readonly Option<string> Listen = new("--listen")
    {
        Description = "Where to listen: HOST:PORT (port 0 picks one) or unix:PATH.",
        DefaultValueFactory = _ => "127.0.0.1:8081",
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
        Description = $"Requests computed at the same time; up to {Engine.MaxWaiting} others wait.",
        DefaultValueFactory = _ => 8,
    };
    private static readonly Option<int?> Context = new("--context")
    {
        Description = "A shorter context than the model's own, in tokens.",
    };

    public static Command Create()
    {
        var command = new Command("engine",
            "Serve one model: /v1/chat/completions, /v1/completions, /v1/models, /health and /weir/stats.\n\n"
            + "Listens at once; until the model is loaded /health says 'loading' and requests get 503. Then prints\n"
            + "'ready ADDRESS'. SIGTERM lets running requests end (10 s) and stops.\n\n"
            + "Example: weir engine --model runs/sft/outputs/model --listen unix:/tmp/town.sock")
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
            throw new UserErrorException("--threads (to 1024), --parallel (to 4096) and --context must be positive.",
                ExitCodes.WrongUsage);
        var path = JobEnvironment.Current.Resolve(parsed.GetValue(Model)!, Environment.CurrentDirectory);
        await using var server = await EngineServer.StartAsync(new EngineOptions
        {
            ListenOn = parsed.GetValue(Listen)!, Name = parsed.GetValue(Name)!, Threads = threads, Parallel = parallel,
            Context = parsed.GetValue(Context),
        }, ct);
        try
        {
            await Task.Run(() => server.Load(path), CancellationToken.None).WaitAsync(ct);
            Console.WriteLine($"ready {server.Address}");
            await Task.Delay(Timeout.Infinite, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            await server.StopAsync(Grace);
        }
        return ExitCodes.Done;
    }
}
