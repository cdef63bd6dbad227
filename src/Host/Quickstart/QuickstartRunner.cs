using System.Diagnostics;
using System.Text.Json;
using Weir.Fleet;
using Weir.Formats.Bcl;
using Weir.Formats.Platform;
using Weir.Formats.Scorecards;
using Weir.Host.Pipelines;
using Weir.Host.Platform;
using Weir.Registry;

namespace Weir.Host.Quickstart;

/// <summary>What a finished quick start has to show.</summary>
internal sealed record QuickstartOutcome(PipelineView Pipeline, Scorecard Scorecard,
    IReadOnlyList<AskedQuestion> Questions,
    double WallSeconds);

/// <summary>Carries the plan out on a running platform, stage by stage. Every stage is found again by its key, so a
/// second run on the same folder continues where the first one ended, however it ended.</summary>
internal sealed class QuickstartRunner(PlatformHost platform, QuickstartPlan plan, StageReporter reporter)
{
    /// <summary>The release gate of the starter model: what it must reach to be served.</summary>
    internal static readonly GatePolicy Gate = new()
    {
        Name = "quickstart",
        Thresholds =
        [
            new GateThreshold("refuse", Metrics.ExactMatch, AtLeast: 40),
            new GateThreshold(Metrics.Macro, Metrics.ExactMatch, AtLeast: 10),
        ],
    };

    /// <summary>A run with less training than this is a trial: its gate is waived, and the verdict says so.</summary>
    internal const double TrialMinutes = 2;

    /// <summary>How long the fleet's trouble may last before the quick start gives up.</summary>
    private static readonly TimeSpan PatienceWithTrouble = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, JobView> _done = [];

    public async Task<QuickstartOutcome> RunAsync(CancellationToken ct)
    {
        var wall = Stopwatch.StartNew();
        var options = platform.Options;
        if (QuickstartPlanFile.TryLoad(options.DataFolder)?.Plan != plan)
            QuickstartPlanFile.Save(options.DataFolder, plan, DateTimeOffset.UtcNow);
        // 1. The jobs, each from the outputs of those before it.
        foreach (var stage in QuickstartStages.Jobs) _done[stage.Name] = await RunJobAsync(stage, ct);
        // 2. Register: a version name for the model, the datasets and the tokenizer.
        var clock = Stopwatch.StartNew();
        var model = Register();
        var card = ReadScorecard();
        reporter.Finished(QuickstartStages.Register, clock.Elapsed.TotalSeconds,
            $"{model.Name} version {model.Version}");
        // 3. Deploy behind the gate.
        clock.Restart();
        await DeployAsync(model, card, ct);
        reporter.Finished(QuickstartStages.Deploy, clock.Elapsed.TotalSeconds, "1 replica ready");
        // 4. Ask through the public API, as any customer would.
        clock.Restart();
        var asked = await Questions.AskAsync(platform.Address, options.KeyFilePath, plan.ModelName, ct);
        reporter.Finished(QuickstartStages.Ask, clock.Elapsed.TotalSeconds, $"{asked.Count} answers");
        await platform.FlushLedgerAsync();
        var pipeline = platform.Pipeline.View()
            ?? throw new InvalidOperationException("The plan was saved and is gone.");
        return new QuickstartOutcome(reporter.WithTimes(pipeline), card, asked, wall.Elapsed.TotalSeconds);
    }

    private async Task<JobView> RunJobAsync(JobStage stage, CancellationToken ct)
    {
        var fleet = platform.Fleet;
        var job = await fleet.SubmitAsync(stage.Build(plan, name => _done[name]));
        if (job.State is JobStates.Failed or JobStates.Cancelled) job = await fleet.RetryAsync(job.Id);
        var trouble = new Stopwatch();
        while (!JobStates.IsFinal(job.State))
        {
            if (fleet.Trouble is not { } why) trouble.Reset();
            else if (trouble.Elapsed > PatienceWithTrouble)
                throw new UserErrorException($"{why} Free some space on the disk of {platform.Options.DataFolder}, "
                    + "then run ./weir quickstart again to go on from this stage.");
            else trouble.Start();
            reporter.Running(QuickstartPipeline.ViewOf(stage.Name, job));
            await Task.Delay(250, ct);
            job = fleet.Get(job.Id) ?? throw new InvalidOperationException($"Job {job.Id} vanished.");
        }
        var view = QuickstartPipeline.ViewOf(stage.Name, job);
        if (job.State != JobStates.Done)
            throw new UserErrorException($"Stage {stage.Name} {job.State}: {job.Error ?? "no reason given"}\n"
                + $"Its log: {Path.Combine(platform.Options.DataFolder, "runs", job.Id, "log.txt")}. "
                + "Run ./weir quickstart again to retry from this stage.");
        reporter.Done(view);
        return job;
    }

    private VersionView Register()
    {
        var registry = platform.Registry;
        foreach (var (stage, name, kind) in ((string, string, string)[])
        [
            ("curate-text", "text", "dataset"), ("curate-chat", "chat", "dataset"),
                (QuickstartStages.Tokenize, "tokenizer", "tokenizer"),
        ])
            registry.Versions.Register($"{plan.ModelName}-{name}", kind,
            QuickstartStages.Output(_done[stage], name).Digest, _done[stage].Id);
        var tuned = _done[QuickstartStages.FineTune];
        return registry.Versions.Register(plan.ModelName, "model", QuickstartStages.Output(tuned, "model").Digest,
            tuned.Id);
    }

    private Scorecard ReadScorecard()
    {
        var output = QuickstartStages.Output(_done[QuickstartStages.Evaluate], "scorecard");
        var text = platform.Registry.Artifacts.ReadText(output.Digest, "scorecard.json", 16 << 20);
        return JsonSerializer.Deserialize(text, ScorecardJson.Pretty.Scorecard)!;
    }

    private async Task DeployAsync(VersionView model, Scorecard card, CancellationToken ct)
    {
        var verdict = Gate.Judge(card);
        if (!verdict.Serves && plan.Minutes < TrialMinutes)
            verdict = new GateVerdict(GateVerdict.Waived, "quickstart",
            $"a trial run of {plan.Minutes:0.##} minutes: {verdict.Why}");
        platform.Registry.Models.Judge(model.Digest, verdict);
        if (!verdict.Serves)
            throw new UserErrorException($"The release gate refused {model.Name} version {model.Version}: "
                + $"{verdict.Why}. "
                + "Train longer (--minutes) and try again.", ExitCodes.Refused);
        await platform.Fleet.DeployAsync(new DeploymentSpec(model.Name, model.Name, model.Digest, 8, verdict));
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var deployment = platform.Fleet.Deployments.FirstOrDefault(d => d.Spec.Name == model.Name);
            if (deployment?.State == "ready" && platform.Serves(model.Name)) return;
            if (deployment?.State == "failed" || clock.Elapsed > TimeSpan.FromMinutes(2))
                throw new UserErrorException($"The engine of {model.Name} did not become ready: "
                    + $"{deployment?.Error ?? "it is still starting"}.");
            await Task.Delay(50, ct);
        }
    }
}
