using Weir.Fleet.Deployments;
using Weir.Fleet.Jobs;
using Weir.Fleet.LocalProcess;
using Weir.Formats.Bcl;
using Weir.Formats.Platform;
using Weir.Formats.Runs;
using Weir.Sqlite;

namespace Weir.Fleet;

/// <summary>What others ask of the fleet: submit, look, cancel, deploy. It writes desired state and wakes the
/// reconciler.</summary>
public sealed class FleetPlane
{
    private readonly FleetOptions _options;
    private readonly TimeProvider _time;

    public FleetPlane(FleetOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        var database = new SqliteFile(Path.Combine(options.DataFolder, "fleet.db"));
        Jobs = new JobTable(database);
        Executor = new LocalProcessExecutor(options);
        DeploymentTable = new DeploymentTable(database);
        Health = new EngineHealth(options);
    }

    /// <summary>A deployment came, went, or changed its state.</summary>
    public event Action? DeploymentsChanged;

    /// <summary>Why jobs cannot be carried on now; null while they can. It passes with its cause.</summary>
    public string? Trouble { get; internal set; }

    internal JobTable Jobs { get; }
    internal LocalProcessExecutor Executor { get; }
    internal DeploymentTable DeploymentTable { get; }
    internal EngineHealth Health { get; }
    internal SemaphoreSlim Wake { get; } = new(0);

    public Task<JobView> SubmitAsync(JobSpec spec)
    {
        if (spec.Command.Count == 0 || spec.Key.Length is 0 or > 200)
            throw new UserErrorException("A job needs a command, and a key of 1 to 200 characters.");
        foreach (var name in spec.Inputs.Select(i => i.Name).Concat(spec.Files.Keys))
            if (name.Length == 0 || name.AsSpan().IndexOfAny('/', '\\') >= 0
            || name is "." or ".." or "log.txt" or "run.json")
                throw new UserErrorException($"'{name}' cannot be the name of a job's input or file: use a plain file "
                    + $"name.");
        var row = Jobs.Submit(spec, _options.SiteName, _time.GetUtcNow());
        Wake.Release();
        return Task.FromResult(ViewOf(row));
    }

    public JobView? Get(string id) => Jobs.Find(id) is { } row ? ViewOf(row) : null;

    public JobView? FindByKey(string key) => Jobs.FindByKey(key) is { } row ? ViewOf(row) : null;

    /// <summary>The newest jobs first.</summary>
    public IReadOnlyList<JobView> List(int count = 200) => [.. Jobs.Newest(count).Select(ViewOf)];

    public Task<JobView> CancelAsync(string id)
    {
        Jobs.RequestCancel(id);
        Wake.Release();
        return Task.FromResult(Get(id)!);
    }

    /// <summary>Runs a failed or cancelled job again; it finds its checkpoints.</summary>
    public Task<JobView> RetryAsync(string id)
    {
        var row = Jobs.Find(id) ?? throw new UserErrorException($"There is no job {id}.");
        if (!JobStates.IsFinal(row.State) || row.State == JobStates.Done)
            throw new UserErrorException($"Job {id} is {row.State}; only failed and cancelled jobs are run again.");
        Jobs.Requeue(id);
        Wake.Release();
        return Task.FromResult(Get(id)!);
    }

    public string ReadLog(string id) => RunReport.Log(Executor.RunFolder(Known(id)));

    /// <summary>A metric of the job's run over time, at most 500 points.</summary>
    public IReadOnlyList<MetricRow> Metric(string id, string name) =>
        RunReport.Series(Executor.RunFolder(Known(id)), name, 500);

    public IReadOnlyList<UsageRow> Usage() => Jobs.Usage();

    public IReadOnlyList<DeploymentView> Deployments => [.. DeploymentTable.All().Select(ViewOf)];

    /// <summary>Keeps the model running from now on; a deployment of the same name is replaced.</summary>
    public Task DeployAsync(DeploymentSpec spec)
    {
        if (!spec.Gate.Serves)
            throw new UserErrorException($"{spec.Name}: the gate verdict is '{spec.Gate.State}' ({spec.Gate.Why}).",
            ExitCodes.Refused);
        DeploymentTable.Put(spec, _time.GetUtcNow());
        Wake.Release();
        OnDeploymentsChanged();
        return Task.CompletedTask;
    }

    public Task UndeployAsync(string name)
    {
        if (!DeploymentTable.Remove(name)) throw new UserErrorException($"There is no deployment '{name}'.");
        Wake.Release();
        OnDeploymentsChanged();
        return Task.CompletedTask;
    }

    /// <summary>What a deployment's engine says of itself, JSON as it wrote it; null while none answers.</summary>
    /// <exception cref="UserErrorException">There is no such deployment.</exception>
    public async Task<string?> EngineStatsAsync(string name, CancellationToken ct)
    {
        var row = DeploymentTable.All().FirstOrDefault(d => d.Spec.Name == name)
            ?? throw new UserErrorException($"There is no deployment '{name}'.");
        return Jobs.FindByKey(row.JobKey) is { State: JobStates.Running } job ? await Health.StatsAsync(job.Id, ct)
            : null;
    }

    internal void OnDeploymentsChanged() => DeploymentsChanged?.Invoke();

    internal string SocketOf(JobRow job) => EngineHealth.SocketPath(_options.DataFolder, job.Id);

    private string Known(string id) => Jobs.Find(id)?.Id ?? throw new UserErrorException($"There is no job {id}.");

    private JobView ViewOf(JobRow row)
    {
        var folder = Executor.RunFolder(row.Id);
        var running = row.AttemptStarted is { } since ? Math.Max(0, (_time.GetUtcNow() - since).TotalSeconds) : 0;
        var metrics = row.Spec.Service ? [] : RunReport.LastMetrics(folder);
        return new JobView
        {
            Id = row.Id, Spec = row.Spec, State = row.State, Site = row.Site, Attempt = row.Attempt,
                ExitCode = row.ExitCode,
            Error = row.Error, Created = row.Created, Started = row.Started, Ended = row.Ended,
            Seconds = row.Seconds + running,
            CostMicros = row.CostMicros + Reconciler.CostOf(running, _options.CostMicrosPerHour), Metrics = metrics,
            Progress = metrics.TryGetValue("progress", out var progress) ? progress : null,
            EtaSeconds = metrics.TryGetValue("eta_seconds", out var eta) ? eta
            : null, Outputs = row.Outputs, Summary = row.Summary,
        };
    }

    private DeploymentView ViewOf(DeploymentRow row)
    {
        var job = Jobs.FindByKey(row.JobKey);
        bool ready = job is { State: JobStates.Running } && Health.IsReady(job.Id);
        var state = job is null ? "starting" : ready ? "ready" : job.State == JobStates.Failed ? "failed" : "starting";
        return new DeploymentView(row.Spec, state, _options.SiteName, ready ? "unix:" + SocketOf(job!)
            : null, job?.Id, job?.Error, row.Created);
    }
}
