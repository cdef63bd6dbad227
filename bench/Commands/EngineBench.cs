using System.CommandLine;
using Weir.Bench.Engines;
using Weir.Bench.Peers;
using Weir.Bench.Reports;
using Weir.Formats.Bcl;

namespace Weir.Bench.Commands;

/// <summary><c>weir bench engine</c>: how fast tokens are computed, beside llama.cpp and ik_llama.cpp.</summary>
internal static class EngineBench
{
    private const int DefaultRuns = 3;
    private static readonly TrialSize Full = new(PromptTokens: 512, GeneratedTokens: 64, DefaultRuns);
    private static readonly Option<string?> IkBenchPath = new("--ik-bench")
    {
        Description = "llama-bench of ik_llama.cpp, to compare the reading of prompts with.",
    };
    private static readonly Option<bool> Quick = new("--quick")
    {
        Description = "One short round, to see that everything works; no figures to be quoted.",
    };

    public static Command Create()
    {
        var command = new Command("engine",
            "Tokens a second while reading 512 tokens, and while decoding 64 with nothing and with 2,000 tokens\n"
            + "before them; and what that is of the memory bandwidth. Peers run in turns with ours, on the same\n"
            + "file and threads.\n\n"
            + "Example: weir bench engine --model m-Q8_0.gguf,m-Q4_0.gguf --threads 1,2 --llama-bench ~/llama-bench")
        {
            BenchOptions.Models, BenchOptions.Threads, BenchOptions.Runs, Quick, BenchOptions.LlamaBenchPath,
            IkBenchPath, BenchOptions.Json,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        bool quick = parsed.GetValue(Quick);
        var size = Full with { Rounds = parsed.ReadRuns(quick ? 1 : DefaultRuns) };
        if (quick) size = size with { GeneratedTokens = 16 };
        var models = parsed.ReadModels();
        var threads = parsed.ReadThreads();
        var llama = parsed.ReadLlamaBench();
        var ik = parsed.GetValue(IkBenchPath) is { } path ? LlamaBench.IkLlamaCpp(path) : null;
        var figures = new Figures();
        var load = new OtherLoad();
        var progress = new ProgressLine(EngineTrial.Steps(models.Count, threads.Count, size, llama, ik));
        BenchReport Report() => new(MachineFacts.Read(load.Cores(),
            [.. new[] { llama, ik }.OfType<LlamaBench>().Select(p => p.Description)]), figures.Rows);
        foreach (var model in models)
        {
            await new EngineTrial(model, threads, size, llama, ik, figures, progress).RunAsync(ct);
            // A long run that ends early leaves what it has measured.
            if (parsed.GetValue(BenchOptions.Json) is { } json) Report().Save(json);
        }
        progress.End();
        ReportTable.Write($"Engine, {size.PromptTokens} and {size.GeneratedTokens} tokens", Report());
        return ExitCodes.Done;
    }
}
