using Weir.Accounts;
using Weir.Fleet;
using Weir.Formats.Platform;
using Weir.Gateway;

namespace Weir.Host.Platform;

/// <summary>Puts the gateway's snapshot together from keys, prices and deployments, whenever one of them changes
/// (contract 5).</summary>
internal sealed class SnapshotPublisher : IDisposable
{
    private readonly AccountsPlane _accounts;
    private readonly FleetPlane _fleet;
    private readonly GatewaySnapshotStore _store;
    private readonly Lock _gate = new();

    public SnapshotPublisher(AccountsPlane accounts, FleetPlane fleet, GatewaySnapshotStore store)
    {
        _accounts = accounts;
        _fleet = fleet;
        _store = store;
        _accounts.Changed += Publish;
        _fleet.DeploymentsChanged += Publish;
    }

    public void Publish()
    {
        lock (_gate)
        {
            var models = _fleet.Deployments.GroupBy(d => d.Spec.ModelName).Select(group => new SnapshotModel(group.Key,
                group.First().Spec.ModelDigest, group.Min(d => d.Created), [.. group.Select(DeploymentOf)],
                _accounts.Prices.For(group.Key)));
            _store.Publish(new GatewaySnapshot
            {
                Version = _store.Current.Version + 1, Keys = _accounts.Keys.Snapshot(), Models = [.. models],
            });
        }
    }

    public void Dispose()
    {
        _accounts.Changed -= Publish;
        _fleet.DeploymentsChanged -= Publish;
    }

    private static SnapshotDeployment DeploymentOf(DeploymentView deployment) =>
        new(deployment.Spec.Name, deployment.Site,
        deployment.Spec.Gate, deployment is { State: "ready", Address: { } address } ? [new SnapshotReplica(address)]
        : []);
}
