using System.Text.Json.Nodes;
using Weir.Formats.Runs;

namespace Weir.Formats.Platform;

/// <summary>An input of a job: an artifact by digest, staged in under <see cref="Name"/>.</summary>
public sealed record JobInput(string Name, string Kind, string Digest);

/// <summary>What the platform is asked to run. The same <see cref="Key"/> twice is one job.</summary>
public sealed record JobSpec
{
    public const string SchemaName = "job/1";
    public string Schema { get; set; } = SchemaName;
    /// <summary>Idempotency key, unique on the platform: <c>quickstart/1/pretrain</c>.</summary>
    public required string Key { get; init; }
    public required string Name { get; init; }
    /// <summary>Arguments of <c>weir</c>, the verb first. <c>{run}</c> stands for the run folder.</summary>
    public required IReadOnlyList<string> Command { get; init; }
    public IReadOnlyList<JobInput> Inputs { get; set; } = [];
    /// <summary>Small text files written into the run folder before the start, by relative name (configs,
    /// recipes).</summary>
    public IReadOnlyDictionary<string, string> Files { get; set; } = new Dictionary<string, string>();
    /// <summary>True for an engine that runs until it is stopped.</summary>
    public bool Service { get; init; }
    /// <summary>How many times a job that fails is started again. Interruption is not failure.</summary>
    public int Retries { get; init; }
}

public static class JobStates
{
    public const string Queued = "queued", Running = "running", StagingOut = "staging-out", Done = "done",
        Failed = "failed",
        Cancelled = "cancelled";

    public static bool IsFinal(string state) => state is Done or Failed or Cancelled;
}

/// <summary>A job as the API shows it.</summary>
public sealed record JobView
{
    public required string Id { get; init; }
    public required JobSpec Spec { get; init; }
    public required string State { get; init; }
    public required string Site { get; init; }
    public int Attempt { get; init; }
    public int? ExitCode { get; init; }
    public string? Error { get; init; }
    public DateTimeOffset Created { get; init; }
    public DateTimeOffset? Started { get; init; }
    public DateTimeOffset? Ended { get; init; }
    /// <summary>Seconds of running, all attempts together.</summary>
    public double Seconds { get; init; }
    public long CostMicros { get; init; }
    /// <summary>0..1 and seconds to go, as the run reports them.</summary>
    public double? Progress { get; init; }
    public double? EtaSeconds { get; init; }
    /// <summary>The newest value of each metric of the run.</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; set; } = new Dictionary<string, double>();
    public IReadOnlyList<ArtifactRef> Outputs { get; set; } = [];
    public JsonObject? Summary { get; init; }
}

/// <summary>Contract 7: what a job used. Money in micro-units of <see cref="Currency"/>.</summary>
public sealed record UsageRow(string JobId, int Attempt, string Site, string AcceleratorKind, double Seconds,
    long CostMicrosPerHour, string Currency, long CostMicros);

/// <summary>A model kept running on the platform.</summary>
public sealed record DeploymentSpec(string Name, string ModelName, string ModelDigest, int Parallel, GateVerdict Gate);

/// <summary><see cref="State"/>: starting, ready, failed, stopped.</summary>
public sealed record DeploymentView(DeploymentSpec Spec, string State, string Site, string? Address, string? JobId,
    string? Error,
    DateTimeOffset Created);
