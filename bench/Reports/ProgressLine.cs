using System.Diagnostics;

namespace Weir.Bench.Reports;

/// <summary>Which step of how many is measured now, on standard error: rewritten in place on a terminal, a line a step
/// elsewhere.</summary>
internal sealed class ProgressLine(int steps)
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private int _step;

    public void Next(string what)
    {
        double seconds = _clock.Elapsed.TotalSeconds;
        // The first step has nothing to be guessed from.
        var left = _step == 0 ? "" : $", about {seconds / _step * (steps - _step):0} s to go";
        _step++;
        var line = $"{_step}/{steps} {what}{left}";
        if (Console.IsErrorRedirected) Console.Error.WriteLine(line);
        else Console.Error.Write("\r" + line.PadRight(100));
    }

    public void End()
    {
        if (!Console.IsErrorRedirected) Console.Error.Write("\r" + new string(' ', 100) + "\r");
    }
}
