namespace Weir.Scheduling;

/// <summary>Decides which jobs start, on an immutable snapshot. The same snapshot gives the same decisions.</summary>
public static class GangScheduler
{
    // 1. Order the queue: higher priority first, then first come, then by id.
    // 2. Services take no slots: each goes to the first site.
    // 3. Take the gangs in order. A gang goes whole to the site with the fewest free slots that still hold it (best
    // fit, so that    large gangs find room), or not at all.
    // 4. The first gang that fits nowhere now but would fit an empty site holds everything behind it back: no job
    // starves.    A gang that no site could ever hold is passed over; refusing it is the business of whoever accepts
    // jobs.
    public static IReadOnlyList<Placement> Decide(FleetSnapshot snapshot)
    {
        var placements = new List<Placement>();
        if (snapshot.Sites.Count == 0) return placements;
        var free = snapshot.Sites.Select(s => Math.Max(0, s.Slots - s.Busy)).ToArray();
        bool blocked = false;
        foreach (var job in snapshot.Queue.OrderByDescending(j => j.Priority).ThenBy(j => j.Order)
            .ThenBy(j => j.JobId, StringComparer.Ordinal))
        {
            if (job.Slots == 0)
            {
                placements.Add(new Placement(job.JobId, snapshot.Sites[0].Name));
                continue;
            }
            if (blocked) continue;
            int best = -1;
            for (int i = 0; i < free.Length; i++)
                if (free[i] >= job.Slots && (best < 0 || free[i] < free[best])) best = i;
            if (best >= 0)
            {
                free[best] -= job.Slots;
                placements.Add(new Placement(job.JobId, snapshot.Sites[best].Name));
            }
            else if (snapshot.Sites.Any(s => s.Slots >= job.Slots)) blocked = true;
        }
        return placements;
    }
}
