using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Weir.Evaluation.BitsPerByte;
using Weir.Evaluation.Engines;
using Weir.Evaluation.ExactMatch;
using Weir.Formats.Bcl;
using Weir.Formats.Models;
using Weir.Formats.Runs;
using Weir.Formats.Scorecards;
using Weir.Text.Tokenizers;

namespace Weir.Evaluation.Commands;

/// <summary><c>weir evaluate</c>: measures a model and writes a scorecard.</summary>
public static class EvaluateCommand
{
    private static readonly Option<string?> Model = new("--model")
    {
        Description = "Model folder or .gguf file. An engine is started for it and stopped at the end.",
    };
    private static readonly Option<Uri?> Url =
        new("--url") { Description = "An OpenAI endpoint that runs already (http://host:port/)." };
    private static readonly Option<string?> Name =
        new("--name") { Description = "With --url: the model to ask for (default: the first listed)." };
    private static readonly Option<string?> Key = new("--key") { Description = "With --url: the API key." };
    private static readonly Option<string?> Items = new("--items")
    {
        Description =
            "Questions with answers: a .jsonl file of chat records, or a chat dataset folder (its held-out shards).",
    };
    private static readonly Option<int> PerKind = new("--per-kind")
    {
        Description = "At most this many questions of each kind.", DefaultValueFactory = _ => 200,
    };
    private static readonly Option<string[]> Texts = new("--text")
    {
        Description =
            "Held-out text to measure bits per byte on: a .jsonl file or a text dataset folder. Repeat for several.",
        AllowMultipleArgumentsPerToken = false,
    };
    private static readonly Option<long> TextBytes = new("--text-bytes")
    {
        Description = "At most this many characters of held-out text a set.", DefaultValueFactory = _ => 200_000,
    };
    private static readonly Option<int> Parallel = new("--parallel")
    {
        Description = "Questions asked at the same time.", DefaultValueFactory = _ => 8,
    };
    private static readonly Option<int> MaximumTokens = new("--max-tokens")
    {
        Description = "Longest answer, in tokens.", DefaultValueFactory = _ => 48,
    };
    private static readonly Option<string?> Run =
        new("--run") { Description = "Run folder to write (default ./runs/evaluate-...)." };
    private static readonly Option<string?> Json =
        new("--json") { Description = "Also write the scorecard to this file." };

    public static Command Create()
    {
        var command = new Command("evaluate",
            "Measure a model: exact-match accuracy by kind of question, and bits per byte of held-out text.\n\n"
            + "Answers are greedy. Beside each accuracy stands what always giving the kind's most frequent answer "
            + "would reach.\n"
            + "Example: weir evaluate --model runs/sft/outputs/model --items heldout/chat.jsonl")
        {
            Model, Url, Name, Key, Items, PerKind, Texts, TextBytes, Parallel, MaximumTokens, Run, Json,
        };
        command.SetAction(EvaluateAsync);
        return command;
    }

    private static async Task<int> EvaluateAsync(ParseResult parsed, CancellationToken ct)
    {
        var job = JobEnvironment.Current;
        string? Resolved(Option<string?> option) =>
            parsed.GetValue(option) is { } path ? job.Resolve(path, Environment.CurrentDirectory) : null;
        var model = Resolved(Model);
        var items = Resolved(Items);
        var texts = (parsed.GetValue(Texts) ?? []).Select(t => job.Resolve(t, Environment.CurrentDirectory)).ToList();
        var url = parsed.GetValue(Url);
        if (model is null == (url is null))
            throw new UserErrorException("Give either --model PATH or --url ADDRESS.", ExitCodes.WrongUsage);
        if (items is null && texts.Count == 0)
            throw new UserErrorException("Nothing to measure: give --items, --text or both.", ExitCodes.WrongUsage);
        if (texts.Count > 0 && model is null)
            throw new UserErrorException("--text needs --model: the tokenizer is read from the model folder.",
            ExitCodes.WrongUsage);

        var config = new JsonObject
        {
            ["model"] = model, ["url"] = url?.ToString(), ["items"] = items, ["perKind"] = parsed.GetValue(PerKind),
            ["texts"] = new JsonArray([.. texts.Select(t => (JsonNode)t)]),
                ["maxTokens"] = parsed.GetValue(MaximumTokens),
        };
        using var run = RunFolder.Open(job.RunFolderFor("evaluate", parsed.GetValue(Run)), "evaluate", config, null,
            job.InputRefs());
        try
        {
            await using var engine = model is not null
                ? await EngineUnderTest.StartAsync(model, parsed.GetValue(Parallel), ct)
                : await EngineUnderTest.ConnectAsync(url!, parsed.GetValue(Name), parsed.GetValue(Key), ct);
            var card = await MeasureAsync(parsed, engine, run, model, items, texts, ct);
            Publish(run, card, parsed.GetValue(Json));
            return ExitCodes.Done;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            run.Interrupted();
            return job.InterruptedExitCode;
        }
        catch (UserErrorException e)
        {
            run.Failed(e.Message);
            throw;
        }
    }

    private static async Task<Scorecard> MeasureAsync(ParseResult parsed, EngineUnderTest engine, RunFolder run,
        string? model,
        string? items, List<string> texts, CancellationToken ct)
    {
        int parallel = parsed.GetValue(Parallel);
        var scores = new List<Score>();
        IReadOnlyList<WrongAnswer> wrong = [];
        var clock = Stopwatch.StartNew();
        var contents = new List<string>();
        if (items is not null)
        {
            var questions = HeldOutItems.Chat(items, parsed.GetValue(PerKind));
            contents.Add(string.Join('\n', questions.Select(q => q.Messages[^1].Content + "\t" + q.Answer)));
            var progress = new ProgressLine(run, "questions", questions.Count, texts.Count == 0 ? 1 : 0.9);
            (var found, wrong) = await new ExactMatchTask(parsed.GetValue(MaximumTokens), parallel)
                .RunAsync(engine, questions, progress.At, ct);
            scores.AddRange(found);
        }
        foreach (var text in texts)
        {
            var documents = HeldOutItems.Text(text, parsed.GetValue(TextBytes));
            if (documents.Count == 0) continue; // a corpus too small to have a held-out share
            contents.Add(string.Join('\n', documents.Select(d => d.Text)));
            var tokenizer = Tokenizer.Load(Path.Combine(model!, "tokenizer.json"));
            int window = ContextOf(model!);
            var task = texts.Count == 1 ? "text" : $"text-{texts.IndexOf(text) + 1}";
            scores.AddRange(await new BitsPerByteTask(tokenizer, window, parallel)
                .RunAsync(engine, task, documents, _ => { }, ct));
        }
        run.Progress(0, 1, 0);
        run.Metric(0, "seconds", clock.Elapsed.TotalSeconds);
        return new Scorecard
        {
            ModelVersion = JobEnvironment.Current.InputRefs().FirstOrDefault(i => i.Kind == ArtifactKinds.Model)?.Digest
                ?? model ?? engine.Model,
            ConfigDigest = Digest.OfText(string.Join('\n', contents)),
            Time = DateTimeOffset.UtcNow,
            Scores = scores,
            WrongAnswers = wrong,
        };
    }

    private static int ContextOf(string modelFolder)
    {
        if (!File.Exists(Path.Combine(modelFolder, ModelConfigFile.FileName)))
            throw new UserErrorException($"--text needs a model folder with {ModelConfigFile.FileName}; {modelFolder} "
                + "has none.");
        return ModelConfigFile.ReadFolder(modelFolder).ContextLength;
    }

    private static void Publish(RunFolder run, Scorecard card, string? jsonPath)
    {
        var folder = Path.Combine(run.OutputsPath, "scorecard");
        var json = JsonSerializer.Serialize(card, ScorecardJson.Pretty.Scorecard);
        AtomicFile.WriteAllText(Path.Combine(folder, "scorecard.json"), json);
        if (jsonPath is not null) AtomicFile.WriteAllText(jsonPath, json);
        var summary = new JsonObject();
        if (card.Find(Metrics.Macro, Metrics.ExactMatch) is { } macro)
        {
            summary["accuracyMacro"] = macro.Value;
            summary["questions"] = macro.Count;
            summary["accuracy"] = new JsonObject(card.Scores.Where(s =>
                s.Metric == Metrics.ExactMatch && s.Task != Metrics.Macro)
                .Select(s => KeyValuePair.Create(s.Task, (JsonNode?)s.Value)));
            summary["baseline"] = new JsonObject(card.Scores.Where(s =>
                s.Metric == Metrics.ExactMatch && s.Task != Metrics.Macro)
                .Select(s => KeyValuePair.Create(s.Task, (JsonNode?)s.Baseline)));
        }
        foreach (var score in card.Scores.Where(s => s.Metric is Metrics.BitsPerByte or Metrics.Perplexity))
            summary[score.Task == "text" ? Camel(score.Metric) : $"{Camel(score.Metric)}-{score.Task}"] = score.Value;
        run.Done([ArtifactTree.Scan("scorecard", ArtifactKinds.Scorecard, folder)], summary);
        ScorecardTable.Write(Console.Out, card);
    }

    private static string Camel(string metric) => metric == Metrics.BitsPerByte ? "bitsPerByte" : metric;
}
