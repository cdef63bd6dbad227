using System.Text.Json.Serialization;

namespace Weir.Formats.Platform;

/// <summary>Contract 5: the one immutable document that the gateway decides on. A new version replaces the old one
/// whole.</summary>
public sealed record GatewaySnapshot
{
    public const string SchemaName = "gateway-snapshot/1";
    public string Schema { get; set; } = SchemaName;
    /// <summary>Rises with every change.</summary>
    public required long Version { get; init; }
    public IReadOnlyList<SnapshotKey> Keys { get; set; } = [];
    public IReadOnlyList<SnapshotModel> Models { get; set; } = [];

    public static GatewaySnapshot Empty { get; } = new() { Version = 0 };
}

/// <summary>An API key as the gateway knows it: <see cref="Hash"/> is HMAC-SHA256 of the key under the platform's
/// secret, in lower-case hexadecimal; the key itself is nowhere.</summary>
public sealed record SnapshotKey(string KeyId, string Hash, string Organisation, string Project,
    IReadOnlyList<string> Scopes,
    DateTimeOffset? Expires = null);

public static class KeyScopes
{
    /// <summary>May call /v1.</summary>
    public const string Inference = "inference";
    /// <summary>May also call /api/v1.</summary>
    public const string Admin = "admin";
}

/// <summary>A model as clients name it.</summary>
public sealed record SnapshotModel(string Name, string ModelVersion, DateTimeOffset Created,
    IReadOnlyList<SnapshotDeployment> Deployments, PriceEntry Price);

/// <summary>Where a model runs. A deployment without a verdict of <c>passed</c> or <c>waived</c> is not
/// served.</summary>
public sealed record SnapshotDeployment(string Name, string Site, GateVerdict Gate,
    IReadOnlyList<SnapshotReplica> Replicas);

/// <summary><see cref="Address"/> is <c>unix:/path</c> or <c>http://host:port</c>.</summary>
public sealed record SnapshotReplica(string Address);

/// <summary><see cref="State"/>: <c>passed</c>, <c>failed</c>, <c>waived</c>, with by whom and why.</summary>
public sealed record GateVerdict(string State, string By, string Why)
{
    public const string Passed = "passed", Failed = "failed", Waived = "waived";

    /// <summary>Of a model that came from elsewhere: it may be served before it was evaluated here.</summary>
    public static GateVerdict Imported { get; } = new(Waived, "model import", "imported");

    [JsonIgnore]
    public bool Serves => State is Passed or Waived;
}

/// <summary>Prices of a model in micro-units of <see cref="Currency"/> per million tokens.</summary>
public sealed record PriceEntry(string PriceVersion, string Currency, long InputMicrosPerMillion,
    long CachedInputMicrosPerMillion, long OutputMicrosPerMillion)
{
    /// <summary>The charge in micro-units, summed in Int128 and rounded half-even once.</summary>
    public long Charge(long inputTokens, long cachedTokens, long outputTokens)
    {
        if (inputTokens < cachedTokens || cachedTokens < 0 || outputTokens < 0)
            throw new ArgumentOutOfRangeException(nameof(cachedTokens),
            "Token counts must be non-negative, cached within input.");
        Int128 sum = (Int128)(inputTokens - cachedTokens) * InputMicrosPerMillion
            + (Int128)cachedTokens * CachedInputMicrosPerMillion + (Int128)outputTokens * OutputMicrosPerMillion;
        return Bcl.IntegerMath.MultiplyDivide(sum, 1, 1_000_000);
    }
}
