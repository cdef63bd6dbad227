using System.CommandLine;
using Weir.Bench.Engines;
using Weir.Bench.Peers;
using Weir.Bench.Reports;
using Weir.Formats.Bcl;

namespace Weir.Bench.Commands;

/// <summary><c>weir bench neighbours</c>: what is left of the speed when another process wants the processor.</summary>
internal static class NeighboursBench
{
    private const int DefaultRuns = 3, Tokens = 32;
    private static readonly Option<int> Busy = new("--busy-threads")
    {
        Description = "Threads of the neighbour. One for each core takes half of the processor.",
        DefaultValueFactory = _ => Environment.ProcessorCount,
    };

    public static Command Create()
    {
        var command = new Command("neighbours",
            "Decoding speed while another process takes half of the processor, as a share of the speed without it.\n\n"
            + "Example: weir bench neighbours --model m-Q8_0.gguf --threads 2 --llama-bench ~/llama-bench")
        {
            BenchOptions.Models, BenchOptions.Threads, BenchOptions.Runs, Busy, BenchOptions.LlamaBenchPath,
            BenchOptions.Json,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        int busy = parsed.GetValue(Busy), runs = parsed.ReadRuns(DefaultRuns);
        if (busy is < 1 or > BenchOptions.MaxThreads)
            throw new UserErrorException($"--busy-threads must be from 1 to {BenchOptions.MaxThreads}.",
                ExitCodes.WrongUsage);
        var models = parsed.ReadModels();
        var threads = parsed.ReadThreads();
        var llama = parsed.ReadLlamaBench();
        var figures = new Figures();
        var progress = new ProgressLine(NeighbourTrial.Steps(models.Count, threads.Count, runs, llama));
        var load = new OtherLoad();
        foreach (var model in models)
            await new NeighbourTrial(model, threads, busy, Tokens, runs, llama, figures, progress).RunAsync(ct);
        progress.End();
        var report = new BenchReport(MachineFacts.Read(load.Cores(), llama is null ? [] : [llama.Description]),
            figures.Rows);
        if (parsed.GetValue(BenchOptions.Json) is { } json) report.Save(json);
        ReportTable.Write($"Neighbours: {busy} busy threads beside the engine", report);
        return ExitCodes.Done;
    }
}
