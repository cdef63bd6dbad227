using System.CommandLine;
using Spectre.Console;
using Weir.Formats.Bcl;
using Weir.Host.Pipelines;
using Weir.Host.Platform;
using Weir.Host.Quickstart;

namespace Weir.Host.Commands;

/// <summary><c>weir quickstart</c>: the whole loop on one machine.</summary>
internal static class QuickstartCommand
{
    private static readonly Option<bool> Exit =
        new("--exit") { Description = "Stop the platform when the table is printed." };
    private static readonly Option<double> Minutes = new("--minutes")
    {
        Description = "Wall time of the training stages together, in minutes.", DefaultValueFactory = _ => 5,
    };
    private static readonly Option<string?> Corpus = new("--corpus")
    {
        Description =
            "A folder (or file) of .txt, .md and .jsonl text, plain, .gz or .zst: the base model learns from it. "
            + "Without it, a generated bilingual starter corpus is used.",
    };
    private static readonly Option<string?> Json =
        new("--json") { Description = "Also write the result to this file." };

    public static Command Create()
    {
        var command = new Command("quickstart",
            "Make a model on this machine and serve it: corpus, dataset, tokenizer, pre-training, fine-tuning, "
                + "evaluation, release gate, "
            + "registry, deployment, and three questions through the public API.\n\n"
            + "Interrupted at any point, even by kill -9, the same command continues. It stays up until Ctrl-C unless "
            + "--exit is given.")
        {
            Exit, Minutes, Corpus, PlatformArguments.Data, PlatformArguments.Port, PlatformArguments.KeyFile, Json,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        var minutes = parsed.GetValue(Minutes);
        if (!(minutes is > 0 and <= 100_000))
            throw new UserErrorException("--minutes must be more than 0.", ExitCodes.WrongUsage);
        var corpus = parsed.GetValue(Corpus) is { } c ? Path.GetFullPath(c) : null;
        if (corpus is not null && !Directory.Exists(corpus) && !File.Exists(corpus))
            throw new UserErrorException($"--corpus: there is no folder or file {corpus}.", ExitCodes.WrongUsage);
        var plan = new QuickstartPlan { Minutes = minutes, Corpus = corpus };

        await using var platform = await PlatformHost.StartAsync(PlatformArguments.Options(parsed), ct);
        Console.Error.WriteLine($"ready {platform.Address}");
        var reporter = new StageReporter(Console.Error, live: !Console.IsErrorRedirected);
        var outcome = await new QuickstartRunner(platform, plan, reporter).RunAsync(ct);
        var console = AnsiConsole.Console;
        if (Console.IsOutputRedirected) console.Profile.Width = 160;
        OutcomeReport.Print(console, outcome);
        if (parsed.GetValue(Json) is { } path) OutcomeReport.WriteJson(path, outcome, platform.Address,
            platform.Options.KeyFilePath);
        bool exit = parsed.GetValue(Exit);
        OutcomeReport.PrintAccess(console, platform.Address, platform.Options.KeyFilePath, plan.ModelName,
            outcome.Questions[^1].RequestId, stays: !exit);
        if (!exit) await platform.WaitForShutdownAsync(ct);
        return ExitCodes.Done;
    }
}
