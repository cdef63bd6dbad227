using System.Text.Json.Nodes;
using Weir.Fleet;
using Weir.Formats.Platform;
using Weir.Formats.Runs;

namespace Weir.Host.Pipelines;

/// <summary>The quick start's pipeline as the API and the console show it: put together from the jobs themselves, so
/// that it is right after any restart.</summary>
internal sealed class QuickstartPipeline(FleetPlane fleet, string dataFolder)
{
    public PipelineView? View()
    {
        var saved = QuickstartPlanFile.TryLoad(dataFolder);
        if (saved is null) return null;
        var plan = saved.Plan;
        var stages = new List<StageView>();
        var done = new Dictionary<string, JobView>();
        foreach (var stage in QuickstartStages.Jobs)
        {
            // A stage's job is known once the stages before it are done.
            var job = done.Count == stages.Count ? fleet.FindByKey(stage.Build(plan, name => done[name]).Key) : null;
            if (job?.State == JobStates.Done) done[stage.Name] = job;
            stages.Add(ViewOf(stage.Name, job));
        }
        stages.AddRange(PlatformStages(plan, stages));
        var state = stages.Any(s => s.State == "failed") ? "failed" : stages.All(s => s.State == "done") ? "done"
            : "running";
        var ended = state == "running" ? null : (DateTimeOffset?)saved.Started.AddSeconds(stages.Sum(s => s.Seconds));
        return new PipelineView("quickstart", state, saved.Started, ended, plan.ModelName, stages);
    }

    /// <summary>The stages after the jobs: their state follows from what the platform holds.</summary>
    private IEnumerable<StageView> PlatformStages(QuickstartPlan plan, List<StageView> jobs)
    {
        bool trained = jobs.All(j => j.State == "done");
        var deployment = fleet.Deployments.FirstOrDefault(d => d.Spec.Name == plan.ModelName);
        var ready = deployment?.State == "ready";
        yield return new StageView
        {
            Name = QuickstartStages.Register, State = deployment is not null ? "done" : trained ? "running" : "waiting",
            Output = deployment is null ? null : $"{plan.ModelName}", Result = deployment?.Spec.Gate is { } g
            ? $"gate: {g.State}" : null,
        };
        yield return new StageView
        {
            Name = QuickstartStages.Deploy,
            State = deployment is null ? "waiting" : ready ? "done" : deployment.State == "failed" ? "failed"
            : "running",
            Output = deployment is null ? null : $"1 replica at {deployment.Site}", Error = deployment?.Error,
        };
        yield return new StageView { Name = QuickstartStages.Ask, State = ready ? "done" : "waiting", Output = ready
            ? "/v1" : null };
    }

    public static StageView ViewOf(string name, JobView? job)
    {
        if (job is null) return new StageView { Name = name, State = "waiting" };
        var summary = job.Summary;
        return new StageView
        {
            Name = name,
            State = job.State switch
            {
                JobStates.Queued => "waiting",
                JobStates.Running or JobStates.StagingOut => "running",
                JobStates.Done => "done",
                _ => "failed",
            },
            JobId = job.Id,
            Seconds = job.Seconds,
            Progress = job.State == JobStates.Done ? 1 : job.Progress,
            EtaSeconds = job.State == JobStates.Running ? job.EtaSeconds : null,
            Input = InputOf(name, job),
            Output = OutputOf(job),
            TokensPerSecond = Figure(summary, "tokensPerSecond")
            ?? (job.Metrics.TryGetValue("tokens_per_second", out var t) ? t : null),
            Result = ResultOf(name, job),
            CostMicros = job.CostMicros,
            Error = job.Error,
        };
    }

    private static string? InputOf(string name, JobView job) => job.Spec.Inputs.Count == 0
        ? name switch { "synthesize" or "questions" => "grammars", "curate-text" => "own corpus", _ => null }
        : string.Join(" + ", job.Spec.Inputs.Select(i => i.Name));

    private static string? OutputOf(JobView job)
    {
        if (job.Outputs.Count == 0) return null;
        long bytes = job.Outputs.Sum(o => o.Files.Sum(f => f.Bytes));
        var counts = job.Summary switch
        {
            { } s when Figure(s, "documentsKept") is { } d => $"{d:N0} documents, ",
            { } s when Figure(s, "items") is { } i => $"{i:N0} items, ",
            { } s when Figure(s, "tokens") is { } n => $"{n / 1e6:0.00} M tokens, ",
            { } s when Figure(s, "questions") is { } q => $"{q:N0} answers, ",
            _ => "",
        };
        return counts + SizeOf(bytes);
    }

    private static string? ResultOf(string name, JobView job)
    {
        if (job.State == JobStates.Running && job.Metrics.TryGetValue("loss",
            out var running)) return $"loss {running:0.000}";
        if (job.Summary is not { } summary) return null;
        var parts = new List<string>();
        if (Figure(summary, "accuracyMacro") is { } accuracy) parts.Add($"{accuracy:0.0} % right");
        if (Figure(summary, "loss") is { } loss) parts.Add($"loss {loss:0.000}");
        if (Figure(summary, "bitsPerByte") is { } bits) parts.Add($"{bits:0.000} bits/byte");
        else if (name == QuickstartStages.PreTrain
            && Figure(summary, "heldoutBitsPerByte") is { } held) parts.Add($"{held:0.000} bits/byte");
        return parts.Count == 0 ? null : string.Join(", ", parts);
    }

    public static double? Figure(JsonObject? summary, string name) =>
        summary?[name] is JsonValue value && value.TryGetValue<double>(out var number) ? number : null;

    public static string SizeOf(long bytes) => bytes switch
    {
        < 10_000 => $"{bytes} B",
        < 10_000_000 => $"{bytes / 1e3:0} kB",
        _ => $"{bytes / 1e6:0.0} MB",
    };
}
