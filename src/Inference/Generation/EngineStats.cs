namespace Weir.Inference.Generation;

/// <summary>Counts of an engine; totals since its start, rates over the last ten seconds.</summary>
internal sealed record EngineStats
{
    public int Running { get; init; }
    public int Waiting { get; init; }
    public int KvBlocksTotal { get; init; }
    /// <summary>Held by running sequences.</summary>
    public int KvBlocksUsed { get; init; }
    /// <summary>Held by the prefix cache alone, and free for whoever needs them.</summary>
    public int KvBlocksCached { get; init; }
    public int BlockTokens { get; init; }
    public long KvTokensUsed => (long)KvBlocksUsed * BlockTokens;
    public long KvTokensTotal => (long)KvBlocksTotal * BlockTokens;
    public long KvBytes { get; init; }
    public double TokensPerSecond { get; init; }
    public double PromptTokensPerSecond { get; init; }
    public long RequestsTotal { get; init; }
    public long RefusedTotal { get; init; }
    public long CancelledTotal { get; init; }
    public long TokensGeneratedTotal { get; init; }
    /// <summary>Of sequences whose prompts were read, whether computed or cached.</summary>
    public long PromptTokensTotal { get; init; }
    public long CachedTokensTotal { get; init; }
    public double PrefixHitRate => PromptTokensTotal == 0 ? 0 : (double)CachedTokensTotal / PromptTokensTotal;
    public long PreemptionsTotal { get; init; }
    public long DraftTokensTotal { get; init; }
    public long AcceptedDraftsTotal { get; init; }
    public long StepsTotal { get; init; }
    public double UptimeSeconds { get; init; }
}
