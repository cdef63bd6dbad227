using System.Runtime.InteropServices;
using Weir.Formats.Bcl;

namespace Weir.Bench.Reports;

/// <summary>Reads what this machine is from Linux's <c>/proc</c> and <c>/sys</c>.</summary>
internal static class MachineFacts
{
    private static readonly string[] Telling =
        ["avx2", "fma", "avx512f", "avx512bw", "avx512_vnni", "avx512_bf16", "avx_vnni", "amx_int8", "asimddp", "i8mm"];

    public static BenchMachine Read(double otherLoadCores, IReadOnlyList<string> peers)
    {
        var cpu = Lines("/proc/cpuinfo");
        var flags = (ValueOf(cpu, "flags") ?? ValueOf(cpu, "Features") ?? "").Split(' ').ToHashSet();
        return new BenchMachine
        {
            Cpu = ValueOf(cpu, "model name") ?? RuntimeInformation.ProcessArchitecture.ToString(),
            CpuFeatures = [.. Telling.Where(flags.Contains)],
            Cores = Environment.ProcessorCount,
            MemoryBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            HugePages = Chosen(Lines("/sys/kernel/mm/transparent_hugepage/enabled").FirstOrDefault()),
            Os = RuntimeInformation.OSDescription,
            Runtime = RuntimeInformation.FrameworkDescription,
            CodeVersion = CodeVersion.Current,
            Peers = peers,
            Time = DateTimeOffset.UtcNow,
            OtherLoadCores = Math.Round(otherLoadCores, 2),
        };
    }

    /// <summary>The value in brackets: <c>always [madvise] never</c>.</summary>
    internal static string Chosen(string? setting)
    {
        int open = setting?.IndexOf('[') ?? -1, close = setting?.IndexOf(']') ?? -1;
        return open >= 0 && close > open ? setting![(open + 1)..close] : "unknown";
    }

    internal static string? ValueOf(IEnumerable<string> lines, string key) =>
        lines.Select(l => l.Split(':', 2)).FirstOrDefault(p => p.Length == 2 && p[0].Trim() == key)?[1].Trim();

    private static string[] Lines(string path) => File.Exists(path) ? File.ReadAllLines(path) : [];
}
