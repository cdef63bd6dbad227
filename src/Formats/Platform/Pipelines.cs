namespace Weir.Formats.Platform;

/// <summary>A stage of a pipeline as people see it. <see cref="State"/>: waiting, running, done, failed.</summary>
public sealed record StageView
{
    public required string Name { get; init; }
    public required string State { get; init; }
    public string? JobId { get; init; }
    public double Seconds { get; init; }
    public double? Progress { get; init; }
    public double? EtaSeconds { get; init; }
    public string? Input { get; init; }
    public string? Output { get; init; }
    public double? TokensPerSecond { get; init; }
    /// <summary>Loss, accuracy or bits per byte: the figure that tells how the stage went.</summary>
    public string? Result { get; init; }
    public long CostMicros { get; init; }
    public string? Error { get; init; }
}

/// <summary>A chain of jobs.</summary>
public sealed record PipelineView(string Name, string State, DateTimeOffset Started, DateTimeOffset? Ended,
    string? Model,
    IReadOnlyList<StageView> Stages);

/// <summary>A key as the API shows it; <see cref="Secret"/> is there only in the answer to its creation.</summary>
public sealed record KeyView(string KeyId, string Name, string LastFour, IReadOnlyList<string> Scopes,
    DateTimeOffset Created,
    DateTimeOffset? Expires, bool Revoked, string? Secret = null);

public sealed record KeyRequest(string Name, IReadOnlyList<string>? Scopes = null, DateTimeOffset? Expires = null);

/// <summary>What the platform is, for the console's header. <see cref="State"/>: ready, or degraded with the trouble
/// that jobs are in.</summary>
public sealed record PlatformView(string Version, string State, DateTimeOffset Started, string DataFolder,
    string? Trouble = null);
