using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;
using Weir.Formats.Bcl;
using Weir.Formats.Platform;
using Weir.Formats.Scorecards;
using Weir.Host.Pipelines;

namespace Weir.Host.Quickstart;

/// <summary>The result of a quick start, as tables for people and as the JSON of the command contract.</summary>
internal static class OutcomeReport
{
    public static void Print(IAnsiConsole console, QuickstartOutcome outcome)
    {
        var stages = new Table().Border(TableBorder.Rounded).Title("[bold]Pipeline[/]");
        stages.AddColumns("stage", "time", "input", "output", "tokens/s", "result", "cost (CNY)");
        foreach (var column in (int[])[1, 4, 6]) stages.Columns[column].RightAligned();
        foreach (var s in outcome.Pipeline.Stages)
            stages.AddRow([.. new[]
            {
                s.Name, $"{s.Seconds:0.0} s", s.Input ?? "", s.Output
                    ?? "", s.TokensPerSecond is { } t ? $"{t:#,0}" : "",
                s.Result ?? "", s.CostMicros == 0 ? "" : $"{s.CostMicros / 1e6:0.0000}",
            }.Select(Markup.Escape)]);
        stages.AddRow("[bold]all[/]", $"[bold]{outcome.WallSeconds:0.0} s[/]", "", "", "", "",
            $"[bold]{outcome.Pipeline.Stages.Sum(s => s.CostMicros) / 1e6:0.0000}[/]");
        console.Write(stages);

        var kinds = new Table().Border(TableBorder.Rounded).Title("[bold]Held-out questions, exact match[/]");
        kinds.AddColumns("kind", "right", "95 % interval", "most frequent answer", "questions");
        foreach (var column in (int[])[1, 2, 3, 4]) kinds.Columns[column].RightAligned();
        foreach (var s in outcome.Scorecard.Scores.Where(s => s.Metric == Metrics.ExactMatch))
            kinds.AddRow(Markup.Escape(s.Task), $"{s.Value:0.0} %", s.Low is null ? "" : $"{s.Low:0.0} - {s.High:0.0}",
                $"{s.Baseline:0.0} %", $"{s.Count}");
        console.Write(kinds);

        foreach (var q in outcome.Questions)
            console.MarkupLine($"[bold]{Markup.Escape(q.Question)}[/] → {Markup.Escape(q.Answer)}  "
                + $"[dim]{q.RequestId}[/]");
    }

    public static void PrintAccess(IAnsiConsole console, Uri address, string keyFile, string model, string requestId,
        bool stays)
    {
        console.WriteLine();
        console.WriteLine($"console    {address}");
        console.WriteLine($"API        {address}v1   model {model}");
        console.WriteLine($"key file   {keyFile}");
        console.WriteLine($"trace      ./weir trace {requestId}");
        console.WriteLine(stays ? "Serving until Ctrl-C."
            : "Stopped. ./weir up serves the same model with the same key again.");
    }

    public static void WriteJson(string path, QuickstartOutcome outcome, Uri address, string keyFile)
    {
        var card = outcome.Scorecard;
        var root = new JsonObject
        {
            ["stages"] = new JsonArray([.. outcome.Pipeline.Stages.Select(s => (JsonNode)new JsonObject
            {
                ["name"] = s.Name, ["seconds"] = Math.Round(s.Seconds, 3), ["input"] = s.Input, ["output"] = s.Output,
                ["tokensPerSecond"] = s.TokensPerSecond, ["costMicros"] = s.CostMicros, ["result"] = s.Result,
            })]),
            ["wallSeconds"] = Math.Round(outcome.WallSeconds, 3),
            ["accuracy"] = ByKind(card, s => s.Value),
            ["baseline"] = ByKind(card, s => s.Baseline ?? 0),
            ["accuracyMacro"] = card.Find(Metrics.Macro, Metrics.ExactMatch)?.Value,
            ["perplexity"] = card.Scores.FirstOrDefault(s => s.Metric == Metrics.Perplexity)?.Value,
            ["bitsPerByte"] = card.Scores.FirstOrDefault(s => s.Metric == Metrics.BitsPerByte)?.Value,
            ["requestIds"] = new JsonArray([.. outcome.Questions.Select(q => (JsonNode)q.RequestId)]),
            ["address"] = address.ToString(),
            ["keyFile"] = keyFile,
            ["model"] = outcome.Pipeline.Model,
        };
        AtomicFile.WriteAllText(path, root.ToJsonString(new JsonSerializerOptions(WeirJson.Options(indented: true))
        {
            TypeInfoResolver = QuickstartJson.Default,
        }));
    }

    private static JsonObject ByKind(Scorecard card, Func<Score, double> value) => new(card.Scores
        .Where(s => s.Metric == Metrics.ExactMatch && s.Task != Metrics.Macro)
        .Select(s => KeyValuePair.Create(s.Task, (JsonNode?)value(s))));
}
