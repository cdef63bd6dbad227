using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Weir.Formats.Bcl;
using Weir.Formats.Runs;
using Weir.Training.Configuration;
using Weir.Training.Kernels;
using Weir.Training.Models;

namespace Weir.Training.Runs;

/// <summary>What <c>weir train</c> was given on its command line.</summary>
internal sealed record TrainingRequest(string ConfigPath, string? RunPath, bool Resume, IReadOnlyList<string> Settings,
    string? JsonPath);

/// <summary>One run from configuration to model folder, with its run folder kept true whatever happens.</summary>
internal static class TrainingRun
{
    /// <summary>Returns the exit code. Everything of libtorch happens below this call, on the calling thread.</summary>
    public static int Execute(TrainingRequest request, ProgressLine progress, CancellationToken cancel)
    {
        var config = TrainingConfigReader.Read(request.ConfigPath, request.Settings);
        var plan = TrainingPlan.Make(config, Path.GetDirectoryName(Path.GetFullPath(request.ConfigPath))!);
        var folder = JobEnvironment.Current.RunFolderFor("train", request.RunPath);
        // The platform runs an interrupted job again as it was: there, resuming is what is always meant.
        bool resume = request.Resume || JobEnvironment.Current.IsJob;
        if (!resume && Directory.Exists(Path.Combine(folder, "checkpoints"))
            && Directory.EnumerateFileSystemEntries(Path.Combine(folder, "checkpoints")).Any())
            throw new UserErrorException($"{folder} holds checkpoints of an earlier run. Add --resume to go on "
                + "with it, or choose another --run folder.", ExitCodes.WrongUsage);
        using var run = RunFolder.Open(folder, "train", plan.Record(), config.Seed, plan.Inputs());
        try
        {
            return Train(plan, run, resume, request.JsonPath, progress, cancel);
        }
        catch (ExternalException e) when (e.Message.Contains("memory", StringComparison.OrdinalIgnoreCase))
        {
            var advice = $"libtorch ran out of memory. Halve batch.sequences (now {config.Batch.Sequences}) and double "
                + "batch.accumulation, which trains the same, or shorten batch.tokens. It said: "
                + e.Message.Split('\n')[0];
            run.Failed(advice);
            throw new UserErrorException(advice, inner: e);
        }
        catch (Exception e)
        {
            run.Failed(e.Message);
            throw;
        }
    }

    private static int Train(TrainingPlan plan, RunFolder run, bool resume, string? jsonPath, ProgressLine progress,
        CancellationToken cancel)
    {
        LibtorchProcess.Prepare(plan.Config.Threads);
        using var trainer = new Trainer(plan, run, progress, resume, TimeProvider.System);
        if (!trainer.Run(cancel))
        {
            run.Interrupted();
            return JobEnvironment.Current.InterruptedExitCode;
        }
        var heldout = trainer.Measure(cancel);
        if (cancel.IsCancellationRequested)
        {
            run.Interrupted();
            return JobEnvironment.Current.InterruptedExitCode;
        }
        var modelPath = Path.Combine(run.OutputsPath, "model");
        ModelFolder.Save(trainer.Weights, modelPath, plan.TokenizerFolder);
        var state = trainer.State;
        var summary = new JsonObject
        {
            ["steps"] = state.Step,
            ["tokens"] = state.Tokens,
            ["tokensPerSecond"] = Math.Round(state.Tokens / Math.Max(1e-9, state.Seconds), 1),
            ["loss"] = Math.Round(state.SmoothLoss, 5),
            ["heldoutLoss"] = heldout is null ? null : Math.Round(heldout.Loss, 5),
            ["heldoutBitsPerByte"] = heldout?.BitsPerByte is { } bits ? Math.Round(bits, 5) : null,
            ["seconds"] = Math.Round(state.Seconds, 2),
            ["parameters"] = trainer.Weights.Count,
        };
        run.Done([ArtifactTree.Scan("model", ArtifactKinds.Model, modelPath)], summary);
        progress.Say($"Done: {state.Step} steps, {state.Tokens} tokens in {ProgressLine.Duration(state.Seconds)}, loss "
            + $"{state.SmoothLoss:F4}" + (heldout is null ? "" : $", held-out {heldout.Loss:F4}")
            + (heldout?.BitsPerByte is { } b ? $" ({b:F4} bits per byte)" : "") + $". Model: {modelPath}");
        if (jsonPath is not null)
            AtomicFile.WriteAllText(jsonPath, new JsonObject
            {
                ["run"] = run.Path, ["model"] = modelPath, ["summary"] = summary.DeepClone(),
            }.ToJsonString(WeirJson.Options(indented: true)));
        return ExitCodes.Done;
    }
}
