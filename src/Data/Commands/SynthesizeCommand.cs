using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Weir.Data.Running;
using Weir.Data.Synthesis;
using Weir.Data.Synthesis.Grammar;
using Weir.Data.Synthesis.Items;
using Weir.Formats.Bcl;
using Weir.Formats.Runs;

namespace Weir.Data.Commands;

/// <summary><c>weir synthesize</c></summary>
public static class SynthesizeCommand
{
    /// <summary>The name of the output in the run folder.</summary>
    public const string ArtifactName = "starter";

    private const int DefaultItems = 10_000, MaximumItems = 10_000_000;

    private static readonly string Help = $"""
        Writes the starter corpus: questions with answers and running text about an invented town, half English and
        half Chinese, from grammars that are part of Weir. No third-party text is in it.

          DIR/chat.jsonl               one item a line: id, kind, messages (the question), answer, template
          DIR/text/documents.jsonl     one document a line: id, text; one for every {StarterPlan.ItemsPerDocument} items

        The same seed, items, split and mix give the same bytes, on every machine. The town itself is the same for every
        seed.

        Items of the split 'heldout' have wordings and operands (numbers, order numbers, prices, words to repeat) that
        no item or document of the split 'train' has, whatever the seeds. Facts of the town and weekday sums are finite
        tables: there only the wordings are held out.

        Kinds: {string.Join(", ", StarterCorpus.Kinds)}.
        Harder kinds, only there when --mix names them: {string.Join(", ", StarterCorpus.HardKinds)}.

        The default mix of 'train' is
          {StarterMix.Default(StarterSplit.Train)}
        and that of 'heldout' has equally many of each kind. --mix changes the weights of the kinds it names (0 leaves
        one out); 'all' stands for the twelve kinds: --mix all=0,add=1 makes additions only.
        """;

    public static Command Create()
    {
        var seed = new Option<long>("--seed")
        {
            Description = "Which of the corpora to write (default 0).", HelpName = "N",
        };
        var items = new Option<int>("--items")
        {
            Description = $"How many questions to write, 1 to {MaximumItems}.", HelpName = "N",
            DefaultValueFactory = _ => DefaultItems,
        };
        var split = new Option<string>("--split")
        {
            Description = "train or heldout.", HelpName = "SPLIT", DefaultValueFactory = _ => "train",
        };
        var mix = new Option<string?>("--mix") { Description = "Weights of kinds: kind=weight,...", HelpName = "MIX" };
        var work = new WorkOptions("synthesize", "the corpus");
        var command = new Command("synthesize", "Write the starter corpus: questions and text from grammars.")
        {
            seed, items, split, mix, work.Out, work.Run, work.Json,
        };
        ManualPage.Attach(command, Help);
        command.SetAction((result, cancel) =>
        {
            var chosen = ParseSplit(result.GetValue(split)!);
            var plan = new StarterPlan(result.GetValue(seed), CheckItems(result.GetValue(items)), chosen,
                StarterMix.Parse(result.GetValue(mix), chosen));
            return RunAsync(plan, new WorkRequest("synthesize", plan.ToJson(), plan.Seed, result.GetValue(work.Out),
                result.GetValue(work.Run), result.GetValue(work.Json)), cancel);
        });
        return command;
    }

    private static Task<int> RunAsync(StarterPlan plan, WorkRequest request, CancellationToken cancel) =>
        WorkRun.ExecuteAsync(request, ArtifactName, (run, stop) =>
        {
            var clock = Stopwatch.StartNew();
            double total = plan.Items + plan.Documents;
            var census = StarterWriter.Write(plan, run.Folder,
                written => run.Progress.Report(written / total, () => $"{written:N0} records"), stop);
            double seconds = Math.Round(clock.Elapsed.TotalSeconds, 2);
            if (request.Json != "-")
                foreach (var line in census.Lines()) Console.Out.WriteLine(line);
            var json = census.ToJson();
            json["seconds"] = seconds;
            json["config"] = plan.ToJson();
            var summary = new JsonObject
            {
                ["items"] = plan.Items, ["documents"] = plan.Documents, ["seconds"] = seconds,
            };
            return Task.FromResult(new WorkResult([(ArtifactName, ArtifactKinds.Files, "")], summary, json));
        }, cancel);

    private static int CheckItems(int items) => items is >= 1 and <= MaximumItems ? items
        : throw new UserErrorException($"--items takes a number from 1 to {MaximumItems}, not {items}.",
            ExitCodes.WrongUsage);

    private static StarterSplit ParseSplit(string split) => split switch
    {
        "train" => StarterSplit.Train,
        "heldout" => StarterSplit.HeldOut,
        _ => throw new UserErrorException($"--split takes train or heldout, not '{split}'.", ExitCodes.WrongUsage),
    };
}
