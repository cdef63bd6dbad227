using Weir.Bench.Reports;

namespace Weir.Bench.Tests.Reports;

public sealed class FiguresTests
{
    [Fact]
    public void A_row_holds_medians_of_both_sides_and_how_many_runs_there_were()
    {
        var figures = new Figures();
        foreach (double ours in (double[])[80, 90, 10]) Decode(figures).AddOurs(ours);
        foreach (double theirs in (double[])[30, 40, 50]) Decode(figures).AddBaseline(theirs);
        var row = Assert.Single(figures.Rows);
        Assert.Equal(("decode", 80, "tokens/s", 40, "llama.cpp", 2, 3),
            (row.Name, row.Value, row.Unit, row.Baseline, row.BaselineName, row.Ratio, row.Runs));
    }

    [Fact]
    public void A_row_without_a_baseline_names_none()
    {
        var figures = new Figures();
        Decode(figures).AddOurs(80);
        var row = Assert.Single(figures.Rows);
        Assert.Null(row.Baseline);
        Assert.Null(row.BaselineName);
        Assert.Null(row.Ratio);
    }

    [Fact]
    public void Rows_stand_in_the_order_in_which_they_were_asked_for_and_empty_ones_are_left_out()
    {
        var figures = new Figures();
        figures.Of("z", "ms", Better.Lower).AddOurs(1);
        figures.Of("only the peer", "ms", Better.Lower).AddBaseline(1);
        figures.Of("a", "ms", Better.Lower).AddOurs(2);
        figures.Of("z", "ms", Better.Lower).AddOurs(3);
        Assert.Equal([("z", 2.0), ("a", 2.0)], figures.Rows.Select(r => (r.Name, r.Value)));
    }

    [Theory]
    [InlineData(123.456789, 123.46)]
    [InlineData(0.000123456789, 0.00012346)]
    [InlineData(1234567.8, 1234600)]
    [InlineData(0, 0)]
    [InlineData(-2.5, -2.5)]
    public void Values_are_kept_to_five_digits(double value, double expected) =>
        Assert.Equal(expected, Figure.Significant(value), 1e-12);

    private static Figure Decode(Figures figures) =>
        figures.Of("decode", "tokens/s", Better.Higher, "llama.cpp");
}
