using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Weir.Bench.Engines;

/// <summary>How fast this machine reads memory that no cache holds, with 2 MB pages where the system gives them: the
/// limit of decoding, which reads every weight for every token.</summary>
internal sealed unsafe partial class ReadBandwidth : IDisposable
{
    private const int HugePageBytes = 2 << 20, AdviseHugePages = 14; // MADV_HUGEPAGE
    /// <summary>Many times the largest cache of a processor.</summary>
    private const int EnoughBytes = 1 << 30;
    private const int Passes = 6;
    private readonly int _bytes;
    private byte* _buffer;
    private long _sum;

    /// <param name="bytes">Less than the default measures a cache.</param>
    public ReadBandwidth(int bytes = EnoughBytes)
    {
        _bytes = bytes;
        _buffer = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, HugePageBytes);
        // Without 2 MB pages the figure is that of small ones, as it would be for weights.
        if (OperatingSystem.IsLinux()) _ = Advise(_buffer, (nuint)bytes, AdviseHugePages);
        new Span<byte>(_buffer, bytes).Fill(1);
    }

    /// <summary>Bytes a second of the best of a few passes over the buffer, which <paramref name="threads"/> threads
    /// share.</summary>
    public double BytesPerSecond(int threads)
    {
        ObjectDisposedException.ThrowIf(_buffer == null, this);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        long share = (long)_bytes / threads / Unroll * Unroll;
        var seconds = new double[Passes];
        using var barrier = new Barrier(threads);
        var readers = new Thread[threads];
        for (int t = 0; t < threads; t++)
        {
            int index = t;
            readers[t] = new Thread(() =>
            {
                for (int pass = 0; pass < Passes; pass++)
                {
                    barrier.SignalAndWait();
                    long began = Stopwatch.GetTimestamp();
                    Interlocked.Add(ref _sum, Sum(_buffer + (index * share), share));
                    barrier.SignalAndWait();
                    if (index == 0) seconds[pass] = Stopwatch.GetElapsedTime(began).TotalSeconds;
                }
            });
            readers[t].Start();
        }
        foreach (var reader in readers) reader.Join();
        return share * threads / seconds.Min();
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_buffer);
        _buffer = null;
    }

    /// <summary>Bytes of one turn of the loop in <see cref="Sum"/>.</summary>
    private const int Unroll = 4 * 64;

    /// <summary>The sum of the bytes as 64-bit words, so that no read can be left out. Four chains, since one would
    /// wait for its own additions.</summary>
    private static long Sum(byte* bytes, long count)
    {
        Vector512<long> a = default, b = default, c = default, d = default;
        for (byte* p = bytes; p < bytes + count; p += Unroll)
        {
            a += Vector512.Load((long*)p);
            b += Vector512.Load((long*)(p + 64));
            c += Vector512.Load((long*)(p + 128));
            d += Vector512.Load((long*)(p + 192));
        }
        return Vector512.Sum(a + b + c + d);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
