using System.Runtime.InteropServices;
using TorchSharp;

namespace Weir.Training.Kernels;

/// <summary>Settings of the whole process that training wants, made once before the first tensor.</summary>
internal static unsafe class LibtorchProcess
{
    // <malloc.h>: parameters of mallopt.
    private const int TrimThreshold = -1, TopPad = -2, MapThreshold = -3;

    /// <param name="threads">0 takes all cores.</param>
    public static void Prepare(int threads)
    {
        KeepFreedMemory();
        torch.set_num_threads(threads > 0 ? threads : Environment.ProcessorCount);
    }

    /// <summary>Activations are allocated and freed every step. By default glibc hands large blocks back to the system
    /// each time and gets them again page by page; this keeps them, which halves the system time of a step. Other C
    /// libraries have no mallopt.</summary>
    private static void KeepFreedMemory()
    {
        if (!OperatingSystem.IsLinux() || !NativeLibrary.TryLoad("libc.so.6", out var libc)
            || !NativeLibrary.TryGetExport(libc, "mallopt", out var address)) return;
        var mallopt = (delegate* unmanaged<int, int, int>)address;
        mallopt(MapThreshold, 1 << 30);
        mallopt(TrimThreshold, int.MaxValue);
        mallopt(TopPad, 64 << 20);
    }
}
