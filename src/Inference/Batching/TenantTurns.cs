namespace Weir.Inference.Batching;

/// <summary>Fairness between tenants by tokens computed (start-time fair queueing, Goyal, Vin and Cheng 1996): whoever
/// had the least is next, and a tenant that comes back starts level with the others, without credit for its
/// absence.</summary>
internal sealed class TenantTurns
{
    private readonly Dictionary<string, Share> _shares = new(StringComparer.Ordinal);

    /// <summary>One more of the tenant's sequences is there.</summary>
    public void Enter(string tenant)
    {
        if (_shares.TryGetValue(tenant, out var share))
        {
            share.Sequences++;
            return;
        }
        long least = long.MaxValue;
        foreach (var other in _shares.Values) least = Math.Min(least, other.Served);
        _shares[tenant] = new Share { Served = _shares.Count == 0 ? 0 : least, Sequences = 1 };
    }

    public void Leave(string tenant)
    {
        if (--_shares[tenant].Sequences == 0) _shares.Remove(tenant);
    }

    public void Serve(string tenant, int tokens) => _shares[tenant].Served += tokens;

    /// <summary>Tokens computed for it; the tenant with the least is next.</summary>
    public long Served(string tenant) => _shares[tenant].Served;

    private sealed class Share
    {
        public long Served { get; set; }
        public int Sequences { get; set; }
    }
}
