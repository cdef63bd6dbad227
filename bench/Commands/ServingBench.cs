using System.CommandLine;
using Weir.Bench.Reports;
using Weir.Bench.Serving;
using Weir.Formats.Bcl;

namespace Weir.Bench.Commands;

/// <summary><c>weir bench serving</c>: many clients at once, beside llama-server.</summary>
internal static class ServingBench
{
    private const int DefaultRuns = 3, Slots = 16, MaxClients = 1024, MaxQuestions = 100;
    private static readonly Option<string> Model = new("--model")
    {
        Description = "The GGUF file to serve.", Required = true,
    };
    private static readonly Option<int> Threads = new("--threads")
    {
        Description = "Threads of each server.", DefaultValueFactory = _ => Environment.ProcessorCount,
    };
    private static readonly Option<string> Clients = new("--clients")
    {
        Description = "Numbers of clients to measure with, with commas between.",
        DefaultValueFactory = _ => "1,4,8,16",
    };
    private static readonly Option<int> Questions = new("--questions")
    {
        Description = "Questions that each client asks, one after another.", DefaultValueFactory = _ => 3,
    };
    private static readonly Option<string?> LlamaServer = new("--llama-server")
    {
        Description = "llama-server of llama.cpp, to compare with.",
    };

    public static Command Create()
    {
        var command = new Command("serving",
            "Generated tokens a second, time to first token and between tokens of streamed chats: prompts of about\n"
            + "116 tokens and answers of 64 from 1 to 16 clients, and 8 clients that share a prefix of 300 words.\n"
            + "Servers have 16 slots, run as processes, and are asked in turns.\n\n"
            + "Example: weir bench serving --model m-Q8_0.gguf --threads 2 --llama-server ~/llama-server")
        {
            Model, Threads, Clients, Questions, BenchOptions.Runs, LlamaServer, BenchOptions.Json,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        var model = parsed.GetValue(Model)!;
        int threads = parsed.GetValue(Threads), questions = parsed.GetValue(Questions);
        if (threads is < 1 or > BenchOptions.MaxThreads || questions is < 1 or > MaxQuestions)
            throw new UserErrorException($"--threads (to {BenchOptions.MaxThreads}) and --questions (to "
                + $"{MaxQuestions}) must be positive.", ExitCodes.WrongUsage);
        var loads = Loads.Of(NumberList.Parse(Clients.Name, parsed.GetValue(Clients)!, MaxClients), questions);
        int runs = parsed.ReadRuns(DefaultRuns);
        await using var ours = await ServerProcess.StartWeirAsync(WeirProgram(), model, threads, Slots, ct);
        await using var peer = parsed.GetValue(LlamaServer) is { } program
            ? await ServerProcess.StartLlamaServerAsync(program, model, threads, Slots, ct) : null;
        var load = new OtherLoad(peer is null ? [ours.Id] : [ours.Id, peer.Id]);
        BenchReport Report(IReadOnlyList<BenchRow> rows) =>
            new(MachineFacts.Read(load.Cores(), peer is null ? [] : [peer.Description]), rows);
        void Save(IReadOnlyList<BenchRow> rows)
        {
            if (parsed.GetValue(BenchOptions.Json) is { } json) Report(rows).Save(json);
        }
        var trial = new ServingTrial(ours, peer, loads, runs);
        var rows = await trial.RunAsync(Save, ct);
        ReportTable.Write($"Serving {Path.GetFileName(model)}, {threads} threads, {Slots} slots, prompts of "
            + $"{trial.PromptTokens:0} tokens", Report(rows));
        return ExitCodes.Done;
    }

    /// <summary>The program beside this one in the source tree's build output.</summary>
    private static string WeirProgram()
    {
        var path = Path.GetFullPath("../../Host/release/weir.dll", AppContext.BaseDirectory);
        return File.Exists(path) ? path
            : throw new UserErrorException($"There is no {path}. Run the benchmark as ./weir bench serving, which "
                + "builds it.");
    }
}
