using System.Diagnostics;
using Weir.Bench.Reports;

namespace Weir.Bench.Tests.Reports;

public sealed class OtherLoadTests
{
    [Fact]
    public void Busy_time_leaves_out_idle_time_waiting_for_input_and_guests() =>
        // user nice system idle iowait irq softirq steal guest guest_nice
        Assert.Equal((100 + 20 + 30 + 6 + 7 + 8) / 100.0,
            OtherLoad.BusySeconds("cpu  100 20 30 4000 500 6 7 8 90 10"), 1e-9);

    [Fact]
    public void A_process_name_may_hold_spaces_and_parentheses()
    {
        const string Stat = "42 (a ) (b) c) S 1 2 3 4 5 6 7 8 9 10 200 50 30 20 0 0 5 0 999";
        Assert.Equal(2.5, OtherLoad.ProcessSeconds(Stat, withChildren: false), 1e-9);
        Assert.Equal(3.0, OtherLoad.ProcessSeconds(Stat, withChildren: true), 1e-9);
    }

    [Fact]
    public void Our_own_work_is_not_that_of_others()
    {
        Assert.SkipUnless(File.Exists("/proc/self/stat"), "needs Linux's /proc");
        double before = OtherLoad.ProcessSeconds(File.ReadAllText("/proc/self/stat"), withChildren: true);
        var clock = Stopwatch.StartNew();
        while (clock.ElapsedMilliseconds < 150) { }
        double own = OtherLoad.ProcessSeconds(File.ReadAllText("/proc/self/stat"), withChildren: true) - before;
        Assert.InRange(own, 0.02, 10);
        Assert.InRange(new OtherLoad(Environment.ProcessId).Cores(), 0, Environment.ProcessorCount + 1);
    }
}
