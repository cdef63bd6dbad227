using System.CommandLine;
using System.Text.Json.Nodes;
using Weir.Formats.Bcl;
using Weir.Formats.Runs;
using Weir.Inference.Models;
using Weir.Inference.Quantization;

namespace Weir.Inference.Commands;

/// <summary><c>weir model quantize</c>: a model with fewer bits, and what that costs.</summary>
public static class ModelQuantizeCommand
{
    private const int DefaultTokens = 16_384;

    private static readonly Argument<string> Source = new("MODEL")
    {
        Description = "Model folder, or a .gguf file; as exact as you have it.",
    };
    private static readonly Option<string> Out = new("--out")
    {
        Description = "The .gguf file to write.", Required = true,
    };
    private static readonly Option<string> Type = new("--type")
    {
        Description = $"One of {string.Join(", ", QuantizationMix.Names)}.", DefaultValueFactory = _ => "q4_k_m",
    };
    private static readonly Option<string?> Calibration = new("--calibration")
    {
        Description = "A text file like what the model will read: weights that matter there are kept more exactly.",
    };
    private static readonly Option<string?> Evaluate = new("--evaluate")
    {
        Description = "A text file, another one, on which perplexity and divergence from MODEL are reported.",
    };
    private static readonly Option<int> Tokens = new("--tokens")
    {
        Description = "How much of each text is read.", DefaultValueFactory = _ => DefaultTokens,
    };
    private static readonly Option<int?> Threads = new("--threads") { Description = "Default: all processors." };
    private static readonly Option<string?> Json = new("--json")
    {
        Description = "Also write what was made to this file.",
    };

    public static Command Create()
    {
        var command = new Command("quantize",
            "Write a model as GGUF with fewer bits a weight.\n\n"
            + "Example: weir model quantize town.gguf --type q4_k_m --out town-q4.gguf --calibration corpus.txt "
            + "--evaluate heldout.txt")
        {
            Source, Out, Type, Calibration, Evaluate, Tokens, Threads, Json,
        };
        command.SetAction((parsed, ct) => Task.Run(() => Quantize(parsed, ct), ct));
        return command;
    }

    private static int Quantize(ParseResult parsed, CancellationToken ct)
    {
        int threads = parsed.GetValue(Threads) ?? Environment.ProcessorCount, most = parsed.GetValue(Tokens);
        if (threads < 1 || most < 2)
            throw new UserErrorException("--threads and --tokens must be positive.", ExitCodes.WrongUsage);
        var target = Path.GetFullPath(parsed.GetValue(Out)!);
        using var files = ModelFiles.Open(JobEnvironment.Current.Resolve(parsed.GetValue(Source)!,
            Environment.CurrentDirectory));
        var mix = QuantizationMix.Parse(parsed.GetValue(Type)!, files.Config);
        var calibration = Text(parsed.GetValue(Calibration));
        var evaluation = Text(parsed.GetValue(Evaluate));
        var exact = calibration is null && evaluation is null ? null : files.Load(threads);
        var importance = calibration is null ? null : ImportanceCollector.Collect(exact!,
            Windows(exact!, calibration, most, "--calibration"), threads, share => Progress("calibrating", share), ct);
        var kept = new GgufExport(files, mix.TypeOf, tensor => importance?.GetValueOrDefault((tensor.Role,
            tensor.Layer))).Save(Path.GetFileNameWithoutExtension(target), target);
        foreach (var tensor in kept) Console.Error.WriteLine($"{tensor}: its rows fit no smaller type");
        long before = files.Weights.Paths.Sum(p => new FileInfo(p).Length), after = new FileInfo(target).Length;
        Console.WriteLine($"{target}  {after:N0} bytes, {100.0 * after / before:F1} % of {before:N0}");
        var report = evaluation is null ? null : Report(exact!, target, evaluation, most, threads, ct);
        if (parsed.GetValue(Json) is { } json)
            AtomicFile.WriteAllText(json, Summary(target, parsed.GetValue(Type)!, before, after, report)
                .ToJsonString(WeirJson.Options(indented: true)) + "\n");
        return ExitCodes.Done;
    }

    private static QualityReport Report(LoadedModel exact, string target, string text, int most, int threads,
        CancellationToken ct)
    {
        var quantised = LoadedModel.Load(target);
        var report = QualityReport.Compare(exact, quantised, Windows(exact, text, most, "--evaluate"), threads,
            share => Progress("evaluating", share), ct);
        Console.WriteLine($"perplexity {report.Perplexity:F4} -> {report.OtherPerplexity:F4}, divergence "
            + $"{report.MeanDivergence:F5} nats, same likeliest token {report.SameTop:P1} "
            + $"({report.Tokens:N0} predictions)");
        return report;
    }

    private static JsonObject Summary(string target, string type, long before, long after, QualityReport? report)
    {
        var summary = new JsonObject
        {
            ["path"] = target, ["type"] = type, ["bytes"] = after, ["sourceBytes"] = before,
            ["digest"] = Digest.OfFile(target),
        };
        if (report is null) return summary;
        summary["tokens"] = report.Tokens;
        summary["sourcePerplexity"] = report.Perplexity;
        summary["perplexity"] = report.OtherPerplexity;
        summary["divergenceNats"] = report.MeanDivergence;
        summary["sameTop"] = report.SameTop;
        return summary;
    }

    private static IReadOnlyList<int[]> Windows(LoadedModel model, string text, int most, string option) =>
        QualityReport.Windows(model, text, most) is { Count: > 0 } windows ? windows
            : throw new UserErrorException($"{option}: the text is too short.");

    private static string? Text(string? path)
    {
        if (path is null) return null;
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{path} cannot be read: {e.Message}", inner: e);
        }
    }

    private static void Progress(string what, double share)
    {
        if (!Console.IsErrorRedirected) Console.Error.Write($"\r{what} {share,6:P0} {(share >= 1 ? "\n" : "")}");
    }
}
