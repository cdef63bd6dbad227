using Weir.Formats.Platform;

namespace Weir.Gateway;

/// <summary>The snapshot in force, with its look-up tables. A request takes one and keeps it to its end.</summary>
public sealed class GatewaySnapshotStore
{
    private volatile GatewayIndex _index = new(GatewaySnapshot.Empty);

    public GatewaySnapshot Current => _index.Snapshot;

    internal GatewayIndex Index => _index;

    /// <summary>Replaces the snapshot at once for every request that begins after this.</summary>
    public void Publish(GatewaySnapshot snapshot) => _index = new GatewayIndex(snapshot);
}

/// <summary>A snapshot laid out for look-ups; immutable.</summary>
internal sealed class GatewayIndex
{
    private readonly Dictionary<string, SnapshotKey> _keys;
    private readonly Dictionary<string, SnapshotModel> _models;

    public GatewayIndex(GatewaySnapshot snapshot)
    {
        Snapshot = snapshot;
        _keys = snapshot.Keys.ToDictionary(k => k.Hash, StringComparer.Ordinal);
        _models = snapshot.Models.ToDictionary(m => m.Name, StringComparer.Ordinal);
    }

    public GatewaySnapshot Snapshot { get; }

    public SnapshotKey? Key(string hash) => _keys.GetValueOrDefault(hash);

    public SnapshotModel? Model(string name) => _models.GetValueOrDefault(name);
}
