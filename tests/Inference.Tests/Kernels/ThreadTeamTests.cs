using Weir.Inference.Kernels;

namespace Weir.Inference.Tests.Kernels;

public sealed class ThreadTeamTests
{
    private sealed class Counter(int units) : ITeamWork
    {
        public int[] Done { get; } = new int[units];

        public int PauseEvery { get; init; }

        public void Do(int unit, int member)
        {
            Interlocked.Increment(ref Done[unit]);
            if (PauseEvery > 0 && unit % PauseEvery == 0) Thread.Sleep(1);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Every_unit_is_done_once_run_after_run(int size)
    {
        using var team = new ThreadTeam(size);
        for (int run = 0; run < 20_000; run++)
        {
            var work = new Counter(run % 9 + 1);
            team.Run(work, work.Done.Length);
            Assert.All(work.Done, done => Assert.Equal(1, done));
        }
    }

    [Fact]
    public void Members_and_caller_that_parked_are_woken()
    {
        using var team = new ThreadTeam(3);
        for (int run = 0; run < 30; run++)
        {
            Thread.Sleep(2); // longer than the members spin
            var work = new Counter(12) { PauseEvery = 3 };
            team.Run(work, 12);
            Assert.All(work.Done, done => Assert.Equal(1, done));
        }
    }
}
