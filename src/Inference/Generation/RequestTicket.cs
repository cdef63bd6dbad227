namespace Weir.Inference.Generation;

/// <summary>One request of a client, which may be several sequences: what the account and the answer's usage say of
/// it.</summary>
internal sealed class RequestTicket(string id, string tenant, DateTimeOffset arrived)
{
    private int _left, _generated, _firstTokenMs = -1;
    private string? _reason;

    public string Id => id;
    public string Tenant => tenant;
    public DateTimeOffset Arrived => arrived;
    public int PromptTokens { get; set; }
    public int CachedTokens { get; set; }
    public int GeneratedTokens => Volatile.Read(ref _generated);

    /// <summary>From arrival; null where there was none.</summary>
    public int? FirstTokenMs => _firstTokenMs < 0 ? null : _firstTokenMs;

    /// <summary>stop, length, client_gone or engine_stopped; the first that is not stop, of several sequences.</summary>
    public string EndReason => _reason ?? "stop";

    public void Enter() => Interlocked.Increment(ref _left);

    public void FirstToken(TimeSpan after) =>
        Interlocked.CompareExchange(ref _firstTokenMs, (int)Math.Min(after.TotalMilliseconds, int.MaxValue), -1);

    /// <summary>One of its sequences ended; true for the last one.</summary>
    public bool Leave(int generated, string reason)
    {
        Interlocked.Add(ref _generated, generated);
        if (reason != "stop") Interlocked.CompareExchange(ref _reason, reason, null);
        return Interlocked.Decrement(ref _left) == 0;
    }
}
