using System.Diagnostics;
using Weir.Formats.Runs;

namespace Weir.Evaluation;

/// <summary>Reports how far a counted piece of work is: metrics in the run folder and a line on stderr, at most twice a
/// second (every five seconds where stderr is no terminal).</summary>
internal sealed class ProgressLine(RunFolder run, string unit, int total, double share)
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Lock _gate = new();
    private double _reported, _printed;

    public void At(int count)
    {
        lock (_gate)
        {
            double seconds = _clock.Elapsed.TotalSeconds;
            if (count < total && seconds - _reported < 0.5) return;
            _reported = seconds;
            double rate = count / Math.Max(seconds, 1e-3), eta = (total - count) / Math.Max(rate, 1e-3);
            run.Progress(count, share * count / total, eta);
            run.Metric(count, "per_second", rate);
            if (Console.IsErrorRedirected && count < total && seconds - _printed < 5) return;
            _printed = seconds;
            var line = $"{count}/{total} {unit}, {rate:0}/s, {eta:0} s to go";
            if (Console.IsErrorRedirected) Console.Error.WriteLine(line);
            else Console.Error.Write("\r" + line.PadRight(60) + (count == total ? "\n" : ""));
        }
    }
}
