using System.Diagnostics;
using System.Globalization;

namespace Weir.Bench.Engines;

/// <summary>Another process that computes without pause on so many threads. With one for each core of the machine the
/// system gives it half of the processor time while others compute there too. It ends when this is disposed of, and
/// when this process dies.</summary>
internal sealed class BusyNeighbour : IDisposable
{
    public const string Verb = "busy";
    private static readonly TimeSpan StartTime = TimeSpan.FromMilliseconds(500);
    private readonly Process _process;

    public BusyNeighbour(int threads)
    {
        var start = new ProcessStartInfo("dotnet",
            [typeof(BusyNeighbour).Assembly.Location, Verb, threads.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardInput = true,
        };
        _process = Process.Start(start)!;
        Thread.Sleep(StartTime);
    }

    public int Id => _process.Id;

    /// <summary>What the process does: computes until nobody holds the other end of its input.</summary>
    public static void Compute(int threads, TextReader input)
    {
        for (int t = 0; t < threads; t++) new Thread(Turn) { IsBackground = true }.Start();
        input.ReadToEnd();
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(5))) _process.Kill();
        _process.Dispose();
    }

    private static void Turn()
    {
        // Registers only: it takes processor time from others, not memory bandwidth.
        for (ulong state = 1; ; state = (state * 6_364_136_223_846_793_005) + 1_442_695_040_888_963_407)
            if (state == 0) Thread.Yield();
    }
}
