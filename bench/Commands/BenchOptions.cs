using System.CommandLine;
using Weir.Bench.Engines;
using Weir.Bench.Peers;
using Weir.Formats.Bcl;

namespace Weir.Bench.Commands;

/// <summary>Options that benchmarks share.</summary>
internal static class BenchOptions
{
    public const int MaxThreads = 1024;
    private const int MaxRounds = 1000;

    public static Option<string> Models { get; } = new("--model")
    {
        Description = "GGUF files to measure, with commas between.", Required = true,
    };

    public static Option<string> Threads { get; } = new("--threads")
    {
        Description = "Numbers of threads to measure with, with commas between.", DefaultValueFactory = _ => "1,2",
    };

    public static Option<int?> Runs { get; } = new("--runs")
    {
        Description = "Rounds; a figure is the median of its values, one a round (default 3).",
    };

    public static Option<string?> Json { get; } = new("--json")
    {
        Description = "Also write the figures to this file.",
    };

    public static Option<string?> LlamaBenchPath { get; } = new("--llama-bench")
    {
        Description = "llama-bench of llama.cpp, to compare with.",
    };

    public static IReadOnlyList<ModelFile> ReadModels(this ParseResult parsed) =>
        [.. parsed.GetValue(Models)!.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(ModelFile.Open)];

    public static IReadOnlyList<int> ReadThreads(this ParseResult parsed) =>
        NumberList.Parse(Threads.Name, parsed.GetValue(Threads)!, MaxThreads);

    /// <param name="otherwise">Where none are named.</param>
    public static int ReadRuns(this ParseResult parsed, int otherwise)
    {
        int runs = parsed.GetValue(Runs) ?? otherwise;
        return runs is >= 1 and <= MaxRounds ? runs
            : throw new UserErrorException($"--runs must be from 1 to {MaxRounds}.", ExitCodes.WrongUsage);
    }

    public static LlamaBench? ReadLlamaBench(this ParseResult parsed) =>
        parsed.GetValue(LlamaBenchPath) is { } path ? LlamaBench.LlamaCpp(path) : null;
}
