namespace Weir.Scheduling.Tests;

public sealed class GangSchedulerTests
{
    private static FleetSnapshot Fleet(SiteSnapshot[] sites, params QueuedJob[] queue) => new(sites, queue);

    [Fact]
    public void First_come_first_served_within_a_priority()
    {
        var decided = GangScheduler.Decide(Fleet([new("a", 1, 0)], new QueuedJob("late", 0, 2, 1),
            new QueuedJob("early", 0, 1, 1)));
        Assert.Equal([new Placement("early", "a")], decided);
    }

    [Fact]
    public void Higher_priority_goes_first()
    {
        var decided = GangScheduler.Decide(Fleet([new("a", 1, 0)], new QueuedJob("early", 0, 1, 1),
            new QueuedJob("urgent", 5, 2, 1)));
        Assert.Equal("urgent", Assert.Single(decided).JobId);
    }

    [Fact]
    public void A_gang_starts_whole_or_not_at_all() =>
        Assert.Empty(GangScheduler.Decide(Fleet([new("a", 4, 2), new("b", 2, 1)], new QueuedJob("gang", 0, 1, 3))));

    [Fact]
    public void A_gang_that_waits_for_room_is_not_overtaken() =>
        Assert.Empty(GangScheduler.Decide(Fleet([new("a", 4, 2)], new QueuedJob("gang", 0, 1, 4),
        new QueuedJob("small", 0, 2, 1))));

    [Fact]
    public void A_gang_that_never_fits_holds_nobody_back() =>
        Assert.Equal("small", Assert.Single(GangScheduler.Decide(
            Fleet([new("a", 4, 2)], new QueuedJob("huge", 0, 1, 9), new QueuedJob("small", 0, 2, 1)))).JobId);

    [Fact]
    public void Services_take_no_slots() =>
        Assert.Equal(2, GangScheduler.Decide(Fleet([new("a", 1, 1)], new QueuedJob("s1", 0, 1, 0),
        new QueuedJob("s2", 0, 2, 0))).Count);

    [Fact]
    public void On_random_fleets_no_site_is_overfilled_and_decisions_repeat()
    {
        var random = new Random(11);
        for (int round = 0; round < 5000; round++)
        {
            var sites = Enumerable.Range(0, random.Next(1, 5)).Select(i =>
            {
                int slots = random.Next(0, 9);
                return new SiteSnapshot($"s{i}", slots, random.Next(0, slots + 1));
            }).ToArray();
            var queue = Enumerable.Range(0, random.Next(0, 12))
                .Select(i => new QueuedJob($"j{i}", random.Next(3), random.Next(5), random.Next(0, 6))).ToArray();
            var decided = GangScheduler.Decide(new FleetSnapshot(sites, queue));
            Assert.Equal(decided.Count, decided.Select(p => p.JobId).Distinct().Count());
            foreach (var site in sites)
            {
                int placed = decided.Where(p => p.Site == site.Name)
                    .Sum(p => queue.Single(j => j.JobId == p.JobId).Slots);
                Assert.True(site.Busy + placed <= Math.Max(site.Slots, site.Busy));
            }
            random.Shuffle(queue);
            Assert.Equal(decided.OrderBy(p => p.JobId),
                GangScheduler.Decide(new FleetSnapshot(sites, queue)).OrderBy(p => p.JobId));
        }
    }
}
