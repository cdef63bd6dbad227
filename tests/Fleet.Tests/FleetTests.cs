using Microsoft.Extensions.Logging.Abstractions;
using Weir.Formats.Bcl;
using Weir.Formats.Platform;
using Weir.Formats.Runs;

namespace Weir.Fleet.Tests;

/// <summary>Real processes: small shell scripts stand where <c>weir</c> verbs would.</summary>
public sealed class FleetTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("weir-fleet-").FullName;
    private readonly RecordingArtifacts _artifacts = new();
    private FleetPlane _fleet = null!;
    private Reconciler _reconciler = null!;

    private const string EndsWell =
        """echo '{"schema":"run/1","verb":"x","codeVersion":"1","state":"done","started":"2026-01-01T00:00:00Z","""
        + """
        "config":{},"inputs":[],"outputs":[],"summary":{"loss":0.5}}' > $WEIR_RUN/run.json
        """;

    private sealed class RecordingArtifacts : IJobArtifacts
    {
        public List<string> StagedOut { get; } = [];

        public void StageIn(JobInput input, string folder)
        {
            if (input.Digest == "missing") throw new UserErrorException("the registry has no such artifact");
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, "data"), input.Digest);
        }

        public IReadOnlyList<ArtifactRef> StageOut(JobView job, RunRecord record, string outputsFolder)
        {
            lock (StagedOut) StagedOut.Add(job.Id);
            return [new ArtifactRef("out", "files", "sha256:x", [])];
        }

        public string MaterialiseModel(string digest) => "/models/" + digest;
    }

    public ValueTask InitializeAsync()
    {
        Open();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _reconciler.StopAsync(CancellationToken.None);
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>A platform on the folder, as after a start; the one before is forgotten without being
    /// stopped.</summary>
    private void Open()
    {
        var options = new FleetOptions
        {
            DataFolder = _folder, WeirCommand = ["/bin/sh", "-c"], Grace = TimeSpan.FromSeconds(2),
        };
        _fleet = new FleetPlane(options, TimeProvider.System);
        _reconciler = new Reconciler(_fleet, options, _artifacts, TimeProvider.System, NullLogger<Reconciler>.Instance);
    }

    private static JobSpec Script(string script, string key = "k", int retries = 0,
        params IReadOnlyList<JobInput> inputs) =>
        new() { Key = key, Name = key, Command = [script], Retries = retries, Inputs = inputs };

    private async Task<JobView> TurnUntilAsync(string id, Func<JobView, bool> holds)
    {
        for (int i = 0; i < 400; i++)
        {
            await _reconciler.TurnAsync(CancellationToken.None);
            if (_fleet.Get(id) is { } job && holds(job)) return job;
            await Task.Delay(25);
        }
        Assert.Fail($"The job stayed {_fleet.Get(id)?.State}: {_fleet.Get(id)?.Error}");
        throw new InvalidOperationException();
    }

    private Task<JobView> EndedAsync(string id) => TurnUntilAsync(id, j => JobStates.IsFinal(j.State));

    [Fact]
    public async Task A_job_that_ends_well_is_staged_out_and_paid_for()
    {
        var job = await _fleet.SubmitAsync(Script("echo hello; cat $WEIR_RUN/inputs/in/data; " + EndsWell, "k", 0,
            new JobInput("in", "files", "sha256:abc")));
        job = await EndedAsync(job.Id);
        Assert.Equal(JobStates.Done, job.State);
        Assert.Equal(0.5, (double)job.Summary!["loss"]!);
        Assert.Equal("out", Assert.Single(job.Outputs).Name);
        Assert.Contains("hello", _fleet.ReadLog(job.Id));
        Assert.Contains("sha256:abc", _fleet.ReadLog(job.Id));
        var usage = Assert.Single(_fleet.Usage());
        Assert.Equal(job.CostMicros, usage.CostMicros);
        Assert.Equal(Reconciler.CostOf(usage.Seconds, usage.CostMicrosPerHour), usage.CostMicros);
    }

    [Fact]
    public async Task A_job_that_fails_says_so_with_the_end_of_its_log_and_is_retried_as_often_as_asked()
    {
        var job = await _fleet.SubmitAsync(Script("echo the disk is full >&2; exit 3", retries: 2));
        job = await EndedAsync(job.Id);
        Assert.Equal((JobStates.Failed, 3, 3), (job.State, job.ExitCode, job.Attempt));
        Assert.Contains("the disk is full", job.Error);
        job = await _fleet.RetryAsync(job.Id);
        Assert.Equal(JobStates.Queued, job.State);
    }

    [Fact]
    public async Task Exit_75_queues_the_job_again_and_is_no_failure()
    {
        var job = await _fleet.SubmitAsync(Script("if [ -e $WEIR_RUN/again ]; then " + EndsWell
            + "; exit 0; fi; touch $WEIR_RUN/again; exit 75"));
        job = await EndedAsync(job.Id);
        Assert.Equal((JobStates.Done, 2), (job.State, job.Attempt));
    }

    [Fact]
    public async Task A_job_does_not_hold_the_output_of_the_platform_open()
    {
        var job = await _fleet.SubmitAsync(Script("sleep 2; " + EndsWell));
        await TurnUntilAsync(job.Id, j => j.State == JobStates.Running
            && _fleet.Executor.Attempt(job.Id, 1).Process is not null);
        var attempt = _fleet.Executor.Attempt(job.Id, 1);
        foreach (int descriptor in (int[])[0, 1, 2])
            Assert.Equal("/dev/null", new FileInfo($"/proc/{attempt.Process!.Id}/fd/{descriptor}").LinkTarget);
        await EndedAsync(job.Id);
    }

    [Fact]
    public async Task The_same_key_is_the_same_job()
    {
        var jobs = await Task.WhenAll(Enumerable.Range(0, 8)
            .Select(_ => Task.Run(() => _fleet.SubmitAsync(Script("sleep 1")))));
        Assert.Single(jobs.Select(j => j.Id).Distinct());
    }

    [Fact]
    public async Task One_job_runs_at_a_time_in_order()
    {
        var first = await _fleet.SubmitAsync(Script("sleep 0.3; " + EndsWell, "a"));
        var second = await _fleet.SubmitAsync(Script(EndsWell, "b"));
        await TurnUntilAsync(first.Id, j => j.State == JobStates.Running);
        Assert.Equal(JobStates.Queued, _fleet.Get(second.Id)!.State);
        Assert.True((await EndedAsync(second.Id)).Started >= _fleet.Get(first.Id)!.Started);
    }

    [Fact]
    public async Task A_cancelled_job_ends_even_if_it_ignores_the_request()
    {
        var job = await _fleet.SubmitAsync(Script("trap '' TERM; while :; do sleep 0.1; done"));
        await TurnUntilAsync(job.Id, j => j.State == JobStates.Running);
        await Task.Delay(200);
        await _fleet.CancelAsync(job.Id);
        Assert.Equal(JobStates.Cancelled, (await EndedAsync(job.Id)).State);
    }

    [Fact]
    public async Task A_platform_that_comes_back_adopts_what_runs_and_doubles_nothing()
    {
        var job = await _fleet.SubmitAsync(Script("echo started >> $WEIR_RUN/starts; sleep 1; " + EndsWell));
        await TurnUntilAsync(job.Id, j => j.State == JobStates.Running);
        Open(); // the first platform is gone, its process goes on
        job = await EndedAsync(job.Id);
        Assert.Equal((JobStates.Done, 1), (job.State, job.Attempt));
        Assert.Single(File.ReadAllLines(Path.Combine(_folder, "runs", job.Id, "starts")));
        Assert.Single(_artifacts.StagedOut);
    }

    [Fact]
    public async Task A_job_that_ended_while_no_platform_ran_is_settled_at_the_next_start()
    {
        var job = await _fleet.SubmitAsync(Script("sleep 0.2; " + EndsWell));
        await TurnUntilAsync(job.Id, j => j.State == JobStates.Running);
        await Task.Delay(1000);
        Open();
        job = await EndedAsync(job.Id);
        Assert.Equal(JobStates.Done, job.State);
        Assert.InRange(job.Seconds, 0, 0.9); // not the time that nobody looked
    }

    [Fact]
    public async Task A_process_that_is_killed_is_started_again()
    {
        var job = await _fleet.SubmitAsync(Script("if [ -e $WEIR_RUN/again ]; then " + EndsWell
            + "; exit 0; fi; touch $WEIR_RUN/again; sleep 30"));
        await TurnUntilAsync(job.Id, j => j.State == JobStates.Running
            && File.Exists(Path.Combine(_folder, "runs", j.Id, "again")));
        _fleet.Executor.Kill(_fleet.Executor.Attempt(job.Id, 1));
        job = await EndedAsync(job.Id);
        Assert.Equal((JobStates.Done, 2), (job.State, job.Attempt));
    }

    [Fact]
    public async Task An_attempt_that_was_recorded_but_never_started_is_started_after_a_crash()
    {
        var job = await _fleet.SubmitAsync(Script(EndsWell));
        _fleet.Jobs.BeginAttempt(_fleet.Jobs.Find(job.Id)!, "local", DateTimeOffset.UtcNow.AddSeconds(-2));
        Open();
        job = await EndedAsync(job.Id);
        Assert.Equal((JobStates.Done, 2), (job.State, job.Attempt));
    }

    [Fact]
    public async Task An_input_that_cannot_be_staged_fails_the_job_not_the_platform()
    {
        var job = await _fleet.SubmitAsync(Script("true", "bad", 0, new JobInput("in", "files", "missing")));
        job = await EndedAsync(job.Id);
        Assert.Equal(JobStates.Failed, job.State);
        Assert.Contains("no such artifact", job.Error);
    }

    [Fact]
    public async Task A_stop_lets_a_job_save_its_state_and_the_next_start_goes_on()
    {
        var job = await _fleet.SubmitAsync(Script("if [ -e $WEIR_RUN/saved ]; then " + EndsWell
            + "; exit 0; fi; trap 'touch $WEIR_RUN/saved; exit 75' TERM; while :; do sleep 0.05; done"));
        await TurnUntilAsync(job.Id, j => j.State == JobStates.Running);
        await Task.Delay(300);
        await _reconciler.StopAsync(CancellationToken.None);
        Assert.Equal(JobStates.Queued, _fleet.Get(job.Id)!.State);
        Open();
        Assert.Equal(JobStates.Done, (await EndedAsync(job.Id)).State);
    }

    [Fact]
    public async Task A_deployment_that_its_gate_refuses_is_refused() =>
        Assert.Equal(ExitCodes.Refused, (await Assert.ThrowsAsync<UserErrorException>(() => _fleet.DeployAsync(
            new DeploymentSpec("m", "m", "sha256:x", 1, new GateVerdict(GateVerdict.Failed, "policy", "too bad")))))
            .ExitCode);

    [Theory]
    [InlineData("../x")]
    [InlineData("a/b")]
    [InlineData("run.json")]
    public async Task An_input_name_cannot_leave_the_run_folder(string name) =>
        await Assert.ThrowsAsync<UserErrorException>(() =>
            _fleet.SubmitAsync(Script("true", "k", 0, new JobInput(name, "files", "x"))));

    [Theory]
    [InlineData(3600, 300_000, 300_000)]
    [InlineData(0.006, 300_000, 0)] // 0.5 micro-units, to even
    [InlineData(0.018, 300_000, 2)] // 1.5 micro-units, to even
    public void Costs_are_rounded_half_to_even(double seconds, long rate, long cost) =>
        Assert.Equal(cost, Reconciler.CostOf(seconds, rate));
}
