using System.Data.Common;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Weir.Fleet.Deployments;
using Weir.Fleet.Jobs;
using Weir.Fleet.LocalProcess;
using Weir.Formats.Bcl;
using Weir.Formats.Platform;
using Weir.Formats.Runs;
using Weir.Scheduling;

namespace Weir.Fleet;

/// <summary>
/// Makes what runs equal to what is wanted. Level-triggered: every turn looks at the database and at the processes
/// afresh, so a crash at any instant is repaired by the next turn.
/// </summary>
internal sealed class Reconciler(FleetPlane fleet, FleetOptions options, IJobArtifacts artifacts, TimeProvider time,
    ILogger<Reconciler> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200), IdleInterval = TimeSpan.FromSeconds(2);

    /// <summary>How long a started wrapper may take to claim its attempt before the attempt is given up.</summary>
    private static readonly TimeSpan ClaimTimeout = TimeSpan.FromSeconds(10);
    private readonly Dictionary<string, DateTimeOffset> _terminated = [];
    private readonly HashSet<string> _startedHere = [];

    /// <summary>Cost in micro-units, rounded half-even to whole ones.</summary>
    public static long CostOf(double seconds, long microsPerHour) =>
        IntegerMath.MultiplyDivide((Int128)Math.Round(seconds * 1e6), microsPerHour, (Int128)3_600_000_000);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            bool busy;
            try
            {
                busy = await TurnAsync(stoppingToken);
                fleet.Trouble = null;
            }
            catch (DbException e)
            {
                // A full disk, say: nothing is lost, and the next turn begins from what is written.
                if (fleet.Trouble is null) FleetLog.TurnFailed(logger, e);
                fleet.Trouble = $"The fleet's database cannot be written: {e.Message}";
                busy = false;
            }
            try
            {
                await fleet.Wake.WaitAsync(busy ? Interval : IdleInterval, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            while (fleet.Wake.Wait(0, CancellationToken.None)) { } // one turn answers every call so far
        }
    }

    /// <summary>Stops what runs: SIGTERM, the grace period, SIGKILL. What ends with "requeue me" continues at the next
    /// start.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        var running = fleet.Jobs.Open().Where(j => j.State == JobStates.Running).ToList();
        foreach (var job in running) fleet.Executor.Terminate(fleet.Executor.Attempt(job.Id, job.Attempt));
        var end = time.GetUtcNow() + options.Grace;
        while (running.Any(j => fleet.Executor.Attempt(j.Id, j.Attempt).Observe() == AttemptState.Running)
            && time.GetUtcNow() < end)
            await Task.Delay(20, CancellationToken.None);
        foreach (var job in running.Select(j => fleet.Jobs.Find(j.Id)!))
        {
            var attempt = fleet.Executor.Attempt(job.Id, job.Attempt);
            if (attempt.Observe() == AttemptState.Running) fleet.Executor.Kill(attempt);
            else if (attempt.Observe() == AttemptState.Exited) Ended(job, attempt, stopping: true);
        }
    }

    /// <summary>One turn; true while there is something to watch closely.</summary>
    internal async Task<bool> TurnAsync(CancellationToken ct)
    {
        // 1. Wanted deployments have an engine job; engines that nobody wants are cancelled.
        WantEngines();
        // 2. Observe every open job and carry it on from where its process is.
        var open = fleet.Jobs.Open();
        foreach (var job in open) Guarded(job, () => Observe(job));
        // 3. Decide on a snapshot, then start.
        open = fleet.Jobs.Open();
        var now = time.GetUtcNow();
        int busy = open.Count(j => j.State != JobStates.Queued && !j.Spec.Service);
        var queue = open.Where(j => j.State == JobStates.Queued && !j.Cancel && (j.NotBefore ?? now) <= now)
            .Select(j => new QueuedJob(j.Id, 0, j.Sequence, j.Spec.Service ? 0 : 1)).ToList();
        var snapshot = new FleetSnapshot([new SiteSnapshot(options.SiteName, options.Slots, busy)], queue);
        foreach (var placement in GangScheduler.Decide(snapshot))
        {
            var job = open.First(j => j.Id == placement.JobId);
            Guarded(job, () => Start(job, placement.Site));
        }
        // 4. Engines that run are asked how they are.
        bool changed = false;
        foreach (var job in open.Where(j => j.Spec.Service && j.State == JobStates.Running))
            changed |= await fleet.Health.CheckAsync(job.Id, ct);
        if (changed) fleet.OnDeploymentsChanged();
        return fleet.Jobs.Open().Any(j => !j.Spec.Service || !fleet.Health.IsReady(j.Id));
    }

    private void WantEngines()
    {
        var wanted = fleet.DeploymentTable.All();
        foreach (var deployment in wanted)
        {
            var job = fleet.Jobs.FindByKey(deployment.JobKey);
            if (job is null) fleet.Jobs.Submit(EngineJob(deployment), options.SiteName, time.GetUtcNow());
            else if (job.State == JobStates.Cancelled) fleet.Jobs.Requeue(job.Id);
        }
        var keys = wanted.Select(d => d.JobKey).ToHashSet();
        foreach (var job in fleet.Jobs.Open().Where(j => j.Spec.Service && !j.Cancel && !keys.Contains(j.Spec.Key)))
            fleet.Jobs.RequestCancel(job.Id);
    }

    private JobSpec EngineJob(DeploymentRow deployment) => new()
    {
        Key = deployment.JobKey, Name = $"engine {deployment.Spec.Name}", Service = true,
        Command = ["engine", "--model", artifacts.MaterialiseModel(deployment.Spec.ModelDigest), "--listen",
            "unix:{socket}", "--name", deployment.Spec.ModelName, "--parallel", $"{deployment.Spec.Parallel}",
            "--account", "{run}/account.log"],
    };

    private void Start(JobRow job, string site)
    {
        fleet.Jobs.BeginAttempt(job, site, time.GetUtcNow());
        _startedHere.Add(job.Id);
        var spec = job.Spec;
        if (spec.Service)
        {
            var socket = fleet.SocketOf(job);
            spec = spec with { Command = [.. spec.Command.Select(a =>
                a.Replace("{socket}", socket, StringComparison.Ordinal))] };
        }
        fleet.Executor.Start(job.Id, job.Attempt + 1, spec, artifacts);
    }

    private void Observe(JobRow job)
    {
        if (job.State == JobStates.Queued)
        {
            if (job.Cancel) fleet.Jobs.Finish(job.Id, JobStates.Cancelled, time.GetUtcNow(), null, null, null);
            return;
        }
        if (job.State == JobStates.StagingOut)
        {
            StageOut(job);
            return;
        }
        var attempt = fleet.Executor.Attempt(job.Id, job.Attempt);
        switch (attempt.Observe())
        {
            case AttemptState.Running when job.Cancel:
                Stop(job, attempt);
                break;
            case AttemptState.Exited:
                Ended(job, attempt, stopping: false);
                break;
            case AttemptState.Lost:
                fleet.Executor.Kill(attempt);
                EndAttempt(job, JobStates.Queued, null, "The process vanished; it is started again.", job.Failures,
                    null);
                break;
            case AttemptState.Unclaimed when IsOverdue(job) && attempt.TryAbandon():
                EndAttempt(job, JobStates.Queued, null, null, job.Failures, null);
                break;
        }
    }

    /// <summary>An attempt that this platform did not start has no wrapper on its way.</summary>
    private bool IsOverdue(JobRow job) => time.GetUtcNow() - job.AttemptStarted > ClaimTimeout
        || (!_startedHere.Contains(job.Id) && time.GetUtcNow() - job.AttemptStarted > TimeSpan.FromSeconds(1));

    private void Ended(JobRow job, AttemptFolder attempt, bool stopping)
    {
        _terminated.Remove(job.Id);
        int code = attempt.ExitCode;
        if (job.Spec.Service && fleet.Health.Forget(job.Id) && !stopping) fleet.OnDeploymentsChanged();
        if (job.Cancel) EndAttempt(job, JobStates.Cancelled, code, null, job.Failures, null);
        else if (job.Spec.Service)
        {
            // An engine is wanted until it is undeployed; one that crashes comes back more and more slowly.
            int failures = stopping ? 0 : job.Failures + 1;
            TimeSpan wait = TimeSpan.FromSeconds(stopping ? 0 : Math.Min(30, Math.Pow(2, Math.Min(failures, 10) - 1)));
            var error = code == 0 ? null : $"exit code {code}: {RunReport.LogEnd(fleet.Executor.RunFolder(job.Id), 3)}";
            EndAttempt(job, JobStates.Queued, code, error, failures, time.GetUtcNow() + wait);
        }
        else if (code == ExitCodes.Requeue) EndAttempt(job, JobStates.Queued, code, null, job.Failures, null);
        else if (code == ExitCodes.Done) EndAttempt(job, JobStates.StagingOut, code, null, job.Failures, null);
        else
        {
            var error = $"exit code {code}: {RunReport.LogEnd(fleet.Executor.RunFolder(job.Id), 10)}";
            bool again = job.Failures < job.Spec.Retries;
            EndAttempt(job, again ? JobStates.Queued : JobStates.Failed, code, error, job.Failures + 1, null);
        }
        fleet.Wake.Release();
    }

    private void StageOut(JobRow job)
    {
        var folder = fleet.Executor.RunFolder(job.Id);
        var record = RunFolder.TryRead(folder);
        if (record is null || record.State != RunStates.Done)
        {
            fleet.Jobs.Finish(job.Id, JobStates.Failed, time.GetUtcNow(),
                "It ended with 0 but its run.json does not say that it is done.",
                null, null);
            return;
        }
        var outputs = artifacts.StageOut(fleet.Get(job.Id)!, record, Path.Combine(folder, "outputs"));
        fleet.Jobs.Finish(job.Id, JobStates.Done, time.GetUtcNow(), null, outputs, record.Summary.ToJsonString());
        // What was staged in is in the blob store; the run keeps its record, log and metrics.
        foreach (var name in (string[])["inputs", "outputs", "checkpoints"])
            if (Directory.Exists(Path.Combine(folder, name))) Directory.Delete(Path.Combine(folder, name),
            recursive: true);
    }

    private void Stop(JobRow job, AttemptFolder attempt)
    {
        var now = time.GetUtcNow();
        if (!_terminated.TryGetValue(job.Id, out var since))
        {
            _terminated[job.Id] = now;
            fleet.Executor.Terminate(attempt);
        }
        else if (now - since > options.Grace) fleet.Executor.Kill(attempt);
    }

    private void EndAttempt(JobRow job, string state, int? code, string? error, int failures, DateTimeOffset? notBefore)
    {
        var now = time.GetUtcNow();
        var attempt = fleet.Executor.Attempt(job.Id, job.Attempt);
        var ended = attempt.Observe() == AttemptState.Exited ? attempt.EndedAt : now;
        double seconds = Math.Max(0, (ended - (job.AttemptStarted ?? ended)).TotalSeconds);
        var usage = new UsageRow(job.Id, job.Attempt, job.Site, options.AcceleratorKind, seconds,
            options.CostMicrosPerHour, options.Currency,
            CostOf(seconds, options.CostMicrosPerHour));
        fleet.Jobs.EndAttempt(job, usage, state, now, code, error, failures, notBefore);
    }

    /// <summary>A job's own trouble (an input that is gone, a disk that is full) ends that job, not the
    /// platform.</summary>
    private void Guarded(JobRow job, Action act)
    {
        try
        {
            act();
        }
        catch (Exception e) when (e is UserErrorException or IOException or UnauthorizedAccessException
            or System.ComponentModel.Win32Exception)
        {
            FleetLog.JobFailed(logger, job.Id, e);
            fleet.Jobs.Finish(job.Id, JobStates.Failed, time.GetUtcNow(), e.Message, null, null);
        }
    }
}

internal static partial class FleetLog
{
    [LoggerMessage(LogLevel.Error, "Job {JobId} failed on the platform's side")]
    public static partial void JobFailed(ILogger logger, string jobId, Exception exception);

    [LoggerMessage(LogLevel.Error, "The fleet's database failed; it is tried again until it works")]
    public static partial void TurnFailed(ILogger logger, Exception exception);
}
