using Weir.Formats.Platform;
using Weir.Formats.Runs;

namespace Weir.Fleet;

/// <summary>How a fleet of one local site runs.</summary>
public sealed record FleetOptions
{
    public required string DataFolder { get; init; }
    /// <summary>The program that job commands are arguments of.</summary>
    public required IReadOnlyList<string> WeirCommand { get; init; }
    public string SiteName { get; init; } = "local";
    /// <summary>Batch jobs that run at the same time. One: training uses all cores.</summary>
    public int Slots { get; init; } = 1;
    /// <summary>What an hour of this machine costs, in micro-units.</summary>
    public long CostMicrosPerHour { get; init; } = 300_000;
    public string Currency { get; init; } = "CNY";
    public string AcceleratorKind { get; init; } = "cpu";
    /// <summary>From SIGTERM to SIGKILL.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(20);
}

/// <summary>How Fleet reaches the artifacts of jobs; the Host joins it to the registry.</summary>
public interface IJobArtifacts
{
    /// <summary>Writes the input's files to the folder, wholly or not at all.</summary>
    void StageIn(JobInput input, string folder);

    /// <summary>Pushes and registers what a run made. Called again after a crash, it changes nothing.</summary>
    IReadOnlyList<ArtifactRef> StageOut(JobView job, RunRecord record, string outputsFolder);

    /// <summary>A folder with the model's files, for an engine.</summary>
    string MaterialiseModel(string digest);
}
