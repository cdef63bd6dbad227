using System.Globalization;

namespace Weir.Training.Runs;

/// <summary>The live line on standard error: rewritten in place on a terminal, a line every five seconds
/// elsewhere.</summary>
internal sealed class ProgressLine(TextWriter output, bool isTerminal)
{
    private const double TerminalSeconds = 0.25, PlainSeconds = 5;
    private double _last = double.NegativeInfinity;
    private int _width;

    public static ProgressLine OnStandardError() => new(Console.Error, !Console.IsErrorRedirected);

    /// <param name="seconds">Wall time of the run; what paces the line.</param>
    public void Show(double seconds, Func<string> line)
    {
        if (seconds - _last < (isTerminal ? TerminalSeconds : PlainSeconds)) return;
        _last = seconds;
        var text = line();
        if (!isTerminal)
        {
            output.WriteLine(text);
            return;
        }
        output.Write('\r' + text.PadRight(_width));
        _width = text.Length;
    }

    /// <summary>A line that stays.</summary>
    public void Say(string text)
    {
        if (isTerminal && _width > 0) output.WriteLine();
        _width = 0;
        output.WriteLine(text);
    }

    public static string Duration(double seconds)
    {
        var left = TimeSpan.FromSeconds(Math.Max(0, seconds));
        return left.TotalHours >= 1
            ? string.Create(CultureInfo.InvariantCulture, $"{(int)left.TotalHours} h {left.Minutes:00} min")
            : left.TotalMinutes >= 1 ? $"{left.Minutes} min {left.Seconds:00} s" : $"{left.Seconds} s";
    }
}
