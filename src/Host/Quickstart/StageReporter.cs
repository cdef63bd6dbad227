using Weir.Formats.Platform;

namespace Weir.Host.Quickstart;

/// <summary>Says on stderr how the stages go: one live line on a terminal, one line every ten seconds and at each end
/// elsewhere.</summary>
internal sealed class StageReporter(TextWriter writer, bool live)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private readonly Dictionary<string, double> _seconds = [];
    private readonly HashSet<string> _announced = [];
    private DateTimeOffset _last;

    public void Running(StageView stage)
    {
        var line = $"{stage.Name,-12} {Percent(stage.Progress),5}  {stage.Seconds,5:0} s"
            + (stage.TokensPerSecond is { } rate ? $"  {rate:#,0} tokens/s" : "")
            + (stage.Result is { } result ? $"  {result}" : "")
            + (stage.EtaSeconds is { } eta ? $"  {eta:0} s to go" : "");
        if (live)
        {
            writer.Write("\r" + line.PadRight(100)[..100]);
            return;
        }
        if (_announced.Add(stage.Name) || DateTimeOffset.UtcNow - _last > Interval)
        {
            _last = DateTimeOffset.UtcNow;
            writer.WriteLine(line.TrimEnd());
        }
    }

    public void Done(StageView stage)
    {
        if (live) writer.Write("\r" + new string(' ', 100) + "\r");
        writer.WriteLine($"{stage.Name,-12}  done  {stage.Seconds,5:0.0} s  {stage.Output}"
            + (stage.Result is null ? "" : $"  {stage.Result}"));
    }

    public void Finished(string stage, double seconds, string output)
    {
        _seconds[stage] = seconds;
        writer.WriteLine($"{stage,-12}  done  {seconds,5:0.0} s  {output}");
    }

    /// <summary>Puts the measured times of the stages that are no jobs into the view.</summary>
    public PipelineView WithTimes(PipelineView view) => view with
    {
        Stages = [.. view.Stages.Select(s => _seconds.TryGetValue(s.Name, out var seconds)
            ? s with { Seconds = seconds } : s)],
    };

    private static string Percent(double? progress) => progress is { } p ? $"{100 * p:0} %" : "...";
}
