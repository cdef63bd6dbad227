using System.Diagnostics;
using System.Globalization;

namespace Weir.Bench.Reports;

/// <summary>How much of the machine others used between its making and a question: what <c>/proc/stat</c> calls busy
/// (time that the host stole included), less this process, the children that it has waited for, and the processes
/// named. Zero where there is no <c>/proc</c>.</summary>
internal sealed class OtherLoad
{
    private const double TicksPerSecond = 100; // USER_HZ, which Linux fixes for these files
    private const int UserTime = 11, SystemTime = 12, ChildUserTime = 13, ChildSystemTime = 14;
    private readonly int[] _processes;
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly double _busy, _own;

    public OtherLoad(params int[] processes)
    {
        _processes = processes;
        (_busy, _own) = (BusySeconds(), OwnSeconds());
    }

    /// <summary>Cores that others kept busy on average.</summary>
    public double Cores()
    {
        double seconds = Stopwatch.GetElapsedTime(_began).TotalSeconds;
        return seconds <= 0 ? 0 : Math.Max(0, (BusySeconds() - _busy - (OwnSeconds() - _own)) / seconds);
    }

    /// <summary>Seconds that are neither idle nor waiting for input, from the first line of <c>/proc/stat</c>: user,
    /// nice, system, idle, iowait, irq, softirq, steal (the two after are parts of user and nice).</summary>
    internal static double BusySeconds(string line)
    {
        var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(8)
            .Select(f => long.Parse(f, CultureInfo.InvariantCulture)).ToArray();
        return (fields.Sum() - fields.Skip(3).Take(2).Sum()) / TicksPerSecond;
    }

    /// <summary>Seconds of a process from <c>/proc/PID/stat</c>, whose second field may hold spaces and ends with the
    /// last parenthesis.</summary>
    internal static double ProcessSeconds(string stat, bool withChildren)
    {
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        long Ticks(int field) => long.Parse(fields[field], CultureInfo.InvariantCulture);
        long ticks = Ticks(UserTime) + Ticks(SystemTime);
        if (withChildren) ticks += Ticks(ChildUserTime) + Ticks(ChildSystemTime);
        return ticks / TicksPerSecond;
    }

    private static double BusySeconds() =>
        File.Exists("/proc/stat") ? BusySeconds(File.ReadLines("/proc/stat").First()) : 0;

    private double OwnSeconds() => Seconds("/proc/self/stat", withChildren: true)
        + _processes.Sum(p => Seconds($"/proc/{p}/stat", withChildren: false));

    private static double Seconds(string path, bool withChildren) =>
        File.Exists(path) ? ProcessSeconds(File.ReadAllText(path), withChildren) : 0;
}
