using System.Globalization;

namespace Weir.Bench.Reports;

/// <summary>The values of one figure, ours and the baseline's, a value a run.</summary>
internal sealed class Figure(string name, string unit, Better better, string? baselineName)
{
    private readonly List<double> _ours = [], _baseline = [];

    public void AddOurs(double value) => _ours.Add(value);

    public void AddBaseline(double value) => _baseline.Add(value);

    /// <summary>Null before the first value of ours.</summary>
    public BenchRow? ToRow()
    {
        if (_ours.Count == 0) return null;
        double value = Statistics.Median(_ours);
        double? baseline = _baseline.Count == 0 ? null : Statistics.Median(_baseline);
        return new BenchRow
        {
            Name = name, Value = Significant(value), Unit = unit,
            Baseline = baseline is { } other ? Significant(other) : null,
            BaselineName = baseline is null ? null : baselineName,
            Ratio = Statistics.Ratio(value, baseline, better) is { } ratio ? Significant(ratio) : null,
            Runs = _ours.Count,
        };
    }

    /// <summary>Five digits; no timing is good for more.</summary>
    internal static double Significant(double value) =>
        double.Parse(value.ToString("G5", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}

/// <summary>The figures of a benchmark in the order in which they were first asked for.</summary>
internal sealed class Figures
{
    private readonly List<Figure> _order = [];
    private readonly Dictionary<string, Figure> _byName = [];

    public IReadOnlyList<BenchRow> Rows => [.. _order.Select(f => f.ToRow()).OfType<BenchRow>()];

    /// <summary>The figure of that name, made at the first call.</summary>
    public Figure Of(string name, string unit, Better better = Better.Higher, string? baselineName = null)
    {
        if (_byName.TryGetValue(name, out var known)) return known;
        var figure = new Figure(name, unit, better, baselineName);
        _byName.Add(name, figure);
        _order.Add(figure);
        return figure;
    }
}
