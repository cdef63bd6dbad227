using Weir.Bench.Reports;

namespace Weir.Bench.Tests.Reports;

public sealed class StatisticsTests
{
    [Theory]
    [InlineData(new double[] { 7 }, 7)]
    [InlineData(new double[] { 3, 1, 2 }, 2)]
    [InlineData(new double[] { 4, 1, 3, 2 }, 2.5)]
    public void The_median_is_the_middle_or_the_mean_of_the_two_middle_values(double[] values, double expected) =>
        Assert.Equal(expected, Statistics.Median(values));

    [Theory]
    [InlineData(0, 10)]
    [InlineData(50, 30)]
    [InlineData(95, 48)]
    [InlineData(100, 50)]
    [InlineData(10, 14)]
    public void A_percentile_interpolates_between_the_nearest_ranks(double percent, double expected) =>
        Assert.Equal(expected, Statistics.Percentile([50, 20, 40, 10, 30], percent), 1e-9);

    [Fact]
    public void A_percentile_of_nothing_or_of_no_number_is_refused()
    {
        Assert.Throws<ArgumentException>(() => Statistics.Percentile([], 50));
        Assert.Throws<ArgumentException>(() => Statistics.Percentile([1, double.NaN], 50));
        Assert.Throws<ArgumentOutOfRangeException>(() => Statistics.Percentile([1], 101));
        Assert.Throws<ArgumentOutOfRangeException>(() => Statistics.Percentile([1], -1));
    }

    [Fact]
    public void A_ratio_above_one_is_better_for_us_whatever_the_unit()
    {
        Assert.Equal(2, Statistics.Ratio(20, 10, Better.Higher));
        Assert.Equal(2, Statistics.Ratio(10, 20, Better.Lower));
        Assert.Equal(0.5, Statistics.Ratio(20, 10, Better.Lower));
    }

    [Fact]
    public void There_is_no_ratio_without_a_baseline_or_with_one_of_zero()
    {
        Assert.Null(Statistics.Ratio(20, null, Better.Higher));
        Assert.Null(Statistics.Ratio(20, 0, Better.Higher));
        Assert.Null(Statistics.Ratio(0, 0, Better.Lower));
    }
}
