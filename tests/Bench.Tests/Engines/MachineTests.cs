using System.Diagnostics;
using Weir.Bench.Engines;
using Weir.Bench.Reports;

namespace Weir.Bench.Tests.Engines;

public sealed class MachineTests
{
    [Fact]
    public void The_memory_bandwidth_is_one_that_a_machine_can_have()
    {
        using var memory = new ReadBandwidth(bytes: 64 << 20);
        Assert.InRange(memory.BytesPerSecond(1), 1e8, 1e13);
        Assert.InRange(memory.BytesPerSecond(3), 1e8, 1e13); // a share that is no power of two
        Assert.Throws<ArgumentOutOfRangeException>(() => memory.BytesPerSecond(0));
    }

    [Fact]
    public void The_memory_is_gone_after_its_end()
    {
        var memory = new ReadBandwidth(bytes: 2 << 20);
        memory.Dispose();
        memory.Dispose();
        Assert.Throws<ObjectDisposedException>(() => memory.BytesPerSecond(1));
    }

    [Fact]
    public void A_busy_neighbour_computes_until_it_is_disposed_of()
    {
        Assert.SkipUnless(File.Exists("/proc/self/stat"), "needs Linux's /proc");
        string stat;
        using (var neighbour = new BusyNeighbour(threads: 1))
        {
            stat = $"/proc/{neighbour.Id}/stat";
            var clock = Stopwatch.StartNew();
            // Its start alone takes less than this.
            while (OtherLoad.ProcessSeconds(File.ReadAllText(stat), withChildren: false) < 0.4)
            {
                Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), "the neighbour does not compute");
                Thread.Sleep(20);
            }
        }
        Assert.False(File.Exists(stat));
    }
}
