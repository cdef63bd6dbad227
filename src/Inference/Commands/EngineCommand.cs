using System.CommandLine;
using Weir.Formats.Bcl;
using Weir.Formats.Runs;
using Weir.Inference.Batching;
using Weir.Inference.Generation;
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
    private static readonly Option<int?> KvBlocks = new("--kv-blocks")
    {
        Description = "Blocks of 16 tokens in the KV cache; otherwise what --parallel contexts need, within a quarter "
            + "of the memory.",
    };
    private static readonly Option<string> KvType = new("--kv-type")
    {
        Description = "How keys and values are kept: f16 or q8_0.", DefaultValueFactory = _ => "f16",
    };
    private static readonly Option<int> BatchTokens = new("--batch-tokens")
    {
        Description = "Tokens computed in one step, answers and prompts together.", DefaultValueFactory = _ => 256,
    };
    private static readonly Option<bool> NoPrefixCache = new("--no-prefix-cache")
    {
        Description = "Compute every prompt as a whole, even where another began with the same tokens.",
    };
    private static readonly Option<int> Speculate = new("--speculate")
    {
        Description = $"Tokens guessed by prompt look-up and checked in one step, at most (to {Drafting.Most}); 0 is "
            + "off. Answers are the same.",
        DefaultValueFactory = _ => 4,
    };
    private static readonly Option<string?> Account = new("--account")
    {
        Description = "File of the account of requests (GET /weir/requests); in memory where none is given.",
    };
    private static readonly Option<bool> Pin = new("--pin")
    {
        Description = "Bind each thread to a core. Only where the cores are the engine's alone.",
    };

    public static Command Create()
    {
        var command = new Command("engine",
            "Serve one model: /v1/chat/completions, /v1/completions, /v1/embeddings, /health, /weir/stats ...\n\n"
            + "Listens at once; until the model is loaded /health says 'loading' and requests get 503. Then prints\n"
            + "'ready ADDRESS'. SIGTERM lets running requests end (10 s) and stops.\n\n"
            + "Example: weir engine --model runs/sft/outputs/model --listen unix:/tmp/town.sock")
        {
            Model, Listen, Name, Threads, Parallel, Context, KvBlocks, KvType, BatchTokens, NoPrefixCache, Speculate,
            Account, Pin,
        };
        command.SetAction(ServeAsync);
        return command;
    }

    private static async Task<int> ServeAsync(ParseResult parsed, CancellationToken ct)
    {
        var options = OptionsOf(parsed);
        var path = JobEnvironment.Current.Resolve(parsed.GetValue(Model)!, Environment.CurrentDirectory);
        await using var server = await EngineServer.StartAsync(options, ct);
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

    private static EngineOptions OptionsOf(ParseResult parsed)
    {
        int threads = parsed.GetValue(Threads), parallel = parsed.GetValue(Parallel);
        int batch = parsed.GetValue(BatchTokens), speculate = parsed.GetValue(Speculate);
        if (threads is < 1 or > 1024 || parallel is < 1 or > 4096 || parsed.GetValue(Context) is < 1)
            throw new UserErrorException("--threads (to 1024), --parallel (to 4096) and --context must be positive.",
                ExitCodes.WrongUsage);
        if (batch is < 32 or > 8192 || parsed.GetValue(KvBlocks) is < 1 || speculate is < 0 or > Drafting.Most)
            throw new UserErrorException("--batch-tokens must be 32 to 8192, --kv-blocks positive and --speculate 0 to "
                + $"{Drafting.Most}.", ExitCodes.WrongUsage);
        var type = parsed.GetValue(KvType);
        if (type is not ("f16" or "q8_0"))
            throw new UserErrorException($"--kv-type {type}: use f16 or q8_0.", ExitCodes.WrongUsage);
        return new EngineOptions
        {
            ListenOn = parsed.GetValue(Listen)!, Name = parsed.GetValue(Name)!, Threads = threads, Parallel = parallel,
            Context = parsed.GetValue(Context), KvBlocks = parsed.GetValue(KvBlocks), KvInEightBits = type == "q8_0",
            BatchTokens = batch, PrefixCache = !parsed.GetValue(NoPrefixCache), Speculate = speculate,
            AccountPath = parsed.GetValue(Account), Pin = parsed.GetValue(Pin),
        };
    }
}
