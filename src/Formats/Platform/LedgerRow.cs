namespace Weir.Formats.Platform;

public static class EndReasons
{
    public const string Stop = "stop", Length = "length", ClientGone = "client_gone", UpstreamError = "upstream_error",
        Timeout = "timeout", BudgetCut = "budget_cut";
}

public static class BillingBases
{
    /// <summary>The engine reported the usage.</summary>
    public const string Reported = "reported";
    /// <summary>The gateway counted what it wrote.</summary>
    public const string Counted = "counted";
    /// <summary>Settled after a crash from the engine's account.</summary>
    public const string Settled = "settled";
}

/// <summary>Contract 6: one row for every request that reached an engine. <see cref="TokensBilled"/> is what was
/// delivered.</summary>
public sealed record LedgerRow
{
    public const string SchemaName = "ledger/1";
    public string Schema { get; set; } = SchemaName;
    /// <summary>UUIDv7; the response id is this after <c>chatcmpl-</c> or <c>cmpl-</c>.</summary>
    public required Guid RequestId { get; init; }
    public required DateTimeOffset Time { get; init; }
    public required string Organisation { get; init; }
    public required string Project { get; init; }
    public required string KeyId { get; init; }
    /// <summary>The name that the client asked for.</summary>
    public required string Model { get; init; }
    /// <summary>Digest of the model artifact.</summary>
    public required string ModelVersion { get; init; }
    public required string Deployment { get; init; }
    public required string Site { get; init; }
    public long TokensPrompt { get; init; }
    public long TokensCached { get; init; }
    /// <summary>What the engine made.</summary>
    public long TokensGenerated { get; init; }
    /// <summary>What was written to the client.</summary>
    public long TokensDelivered { get; init; }
    public long TokensBilled { get; init; }
    public required PriceEntry Price { get; init; }
    public long ChargeMicros { get; init; }
    /// <summary>One of <see cref="BillingBases"/>.</summary>
    public required string BillingBasis { get; init; }
    /// <summary>One of <see cref="EndReasons"/>.</summary>
    public required string EndReason { get; init; }
    public int HttpStatus { get; init; }
    public double? TimeToFirstTokenMs { get; init; }
    public double DurationMs { get; init; }
}
