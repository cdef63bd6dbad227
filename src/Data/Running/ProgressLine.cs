using System.Diagnostics;
using Weir.Formats.Runs;

namespace Weir.Data.Running;

/// <summary>Tells how far the work is: metrics <c>progress</c> and <c>eta_seconds</c> every two seconds, and one
/// live line on a terminal or a plain line every five seconds elsewhere. Called from one thread.</summary>
internal sealed class ProgressLine(RunFolder? run, TextWriter writer, bool live)
{
    private static readonly TimeSpan MetricEvery = TimeSpan.FromSeconds(2), LiveEvery = TimeSpan.FromMilliseconds(200),
        PlainEvery = TimeSpan.FromSeconds(5);

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _nextMetric = MetricEvery, _nextLine = live ? LiveEvery : PlainEvery;
    private int _shown;
    private long _step;

    public static ProgressLine OnError(RunFolder? run) => new(run, Console.Error, !Console.IsErrorRedirected);

    /// <param name="fraction">0..1</param>
    /// <param name="text">What is done, without the percentage and the time left; made only when it is shown.</param>
    public void Report(double fraction, Func<string> text)
    {
        var now = _clock.Elapsed;
        double left = fraction > 0 ? now.TotalSeconds * (1 - fraction) / fraction : double.NaN;
        if (now >= _nextMetric)
        {
            _nextMetric = now + MetricEvery;
            run?.Progress(_step++, fraction, left);
        }
        if (now < _nextLine) return;
        _nextLine = now + (live ? LiveEvery : PlainEvery);
        Show($"{fraction * 100,3:F0} %  {text()}  {(double.IsNaN(left) ? "" : $"{Duration(left)} left")}");
    }

    /// <summary>Ends the live line and reports the whole as done.</summary>
    public void Finish()
    {
        run?.Progress(_step++, 1, 0);
        if (live && _shown > 0) writer.WriteLine();
        _shown = 0;
    }

    private static string Duration(double seconds) => seconds < 90 ? $"{seconds:F0} s" : $"{seconds / 60:F0} min";

    private void Show(string line)
    {
        if (!live)
        {
            writer.WriteLine(line);
            return;
        }
        writer.Write('\r' + line.PadRight(_shown));
        _shown = line.Length;
    }
}
