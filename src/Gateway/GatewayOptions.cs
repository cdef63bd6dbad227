namespace Weir.Gateway;

/// <summary>How the data path behaves.</summary>
public sealed record GatewayOptions
{
    public required string DataFolder { get; init; }
    public long MaxBodyBytes { get; init; } = 4 << 20;
    /// <summary>The longest that a whole request may take.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromMinutes(10);
}
