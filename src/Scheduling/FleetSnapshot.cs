namespace Weir.Scheduling;

/// <summary>A site as the scheduler sees it: slots in all, slots taken.</summary>
public sealed record SiteSnapshot(string Name, int Slots, int Busy);

/// <summary>A job that waits. Its gang needs <see cref="Slots"/> slots of one site, all or none; 0 for a service that
/// takes none.
/// <see cref="Order"/> rises with the time of submission.</summary>
public sealed record QueuedJob(string JobId, int Priority, long Order, int Slots);

/// <summary>Everything that a decision may depend on; immutable.</summary>
public sealed record FleetSnapshot(IReadOnlyList<SiteSnapshot> Sites, IReadOnlyList<QueuedJob> Queue);

/// <summary>Start this job on this site.</summary>
public sealed record Placement(string JobId, string Site);
