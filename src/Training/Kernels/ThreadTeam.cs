using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Weir.Training.Kernels;

/// <summary>
/// Runs a kernel on libtorch's own OpenMP threads. Threads of .NET's pool would fight with them for the cores: an
/// OpenMP thread spins for a while after each operation of libtorch, waiting for the next. Where libtorch came without
/// GNU's OpenMP, the kernel runs on .NET's pool, to the same result.
/// </summary>
internal static unsafe class ThreadTeam
{
    private static readonly delegate* unmanaged<delegate* unmanaged<nint, void>, nint, uint, uint, void> s_parallel =
        Find();

    private sealed class Work(Action<int> part, int parts)
    {
        private int _next = -1;

        public Exception? Failure { get; private set; }

        public void Take()
        {
            try
            {
                for (int i = Interlocked.Increment(ref _next); i < parts; i = Interlocked.Increment(ref _next)) part(i);
            }
            catch (Exception e) // may not cross into OpenMP's frames; thrown again by the caller of Run
            {
                Failure = e;
            }
        }
    }

    /// <summary>Calls <paramref name="part"/> once for each of 0 .. <paramref name="parts"/> - 1 and returns when all
    /// are done. A kernel's result must not depend on which thread ran which part.</summary>
    public static void Run(int parts, Action<int> part)
    {
        int threads = Math.Min(torch.get_num_threads(), parts);
        if (threads <= 1)
        {
            for (int i = 0; i < parts; i++) part(i);
            return;
        }
        if (s_parallel == null)
        {
            Parallel.For(0, parts, new ParallelOptions { MaxDegreeOfParallelism = threads }, part);
            return;
        }
        var work = new Work(part, parts);
        var handle = GCHandle.Alloc(work);
        try
        {
            s_parallel(&Enter, GCHandle.ToIntPtr(handle), (uint)threads, 0);
        }
        finally
        {
            handle.Free();
        }
        if (work.Failure is not null) throw new InvalidOperationException("A kernel failed.", work.Failure);
    }

    [UnmanagedCallersOnly]
    private static void Enter(nint handle) => Unsafe.As<Work>(GCHandle.FromIntPtr(handle).Target!).Take();

    /// <summary><c>GOMP_parallel(fn, data, threads, flags)</c> of the copy of libgomp that this process has
    /// loaded.</summary>
    private static delegate* unmanaged<delegate* unmanaged<nint, void>, nint, uint, uint, void> Find()
    {
        if (!OperatingSystem.IsLinux()) return null;
        torch.get_num_threads(); // makes sure that libtorch is loaded
        var path = File.ReadLines("/proc/self/maps").FirstOrDefault(l => l.Contains("/libgomp"))?.Split(' ')[^1];
        return path is not null && NativeLibrary.TryLoad(path, out var library)
            && NativeLibrary.TryGetExport(library, "GOMP_parallel", out var address)
            ? (delegate* unmanaged<delegate* unmanaged<nint, void>, nint, uint, uint, void>)address : null;
    }
}
