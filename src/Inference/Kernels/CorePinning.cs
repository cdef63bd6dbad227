using System.Runtime.InteropServices;

namespace Weir.Inference.Kernels;

/// <summary>Binds threads to cores. Only for cores that nothing else may use: on shared cores the system's scheduler
/// does better.</summary>
internal static unsafe partial class CorePinning
{
    private const int MaskWords = 16;

    /// <summary>Binds the calling thread to a core; where the system refuses, the thread runs wherever it
    /// likes.</summary>
    public static void PinThisThread(int core)
    {
        if (!OperatingSystem.IsLinux() || core is < 0 or >= MaskWords * 64) return;
        Span<ulong> mask = stackalloc ulong[MaskWords];
        mask.Clear();
        mask[core / 64] = 1UL << (core % 64);
        fixed (ulong* words = mask) _ = SetAffinity(0, MaskWords * 8, words);
    }

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static partial int SetAffinity(int thread, nuint bytes, ulong* mask);
}
