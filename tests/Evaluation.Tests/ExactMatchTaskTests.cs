using Weir.Evaluation.ExactMatch;
using Weir.Formats.Datasets;
using Weir.Formats.Scorecards;

namespace Weir.Evaluation.Tests;

public sealed class ExactMatchTaskTests
{
    private static ChatRecord Item(string kind, string answer) =>
        new() { Kind = kind, Messages = [new ChatTurn("user", "q")], Answer = answer };

    [Fact]
    public void Accuracy_and_baseline_are_counted_by_kind()
    {
        var items = new[] { Item("add", "3"), Item("add", "3"), Item("add", "4"), Item("add", "5"), Item("copy", "a") };
        var (scores, wrong) = ExactMatchTask.Grade(items, ["3", " 3\n", "5", "5", "b"]);
        var add = scores.Single(s => s.Task == "add");
        Assert.Equal(75, add.Value);
        Assert.Equal(50, add.Baseline);
        Assert.Equal(4, add.Count);
        Assert.Equal(0, scores.Single(s => s.Task == "copy").Value);
        Assert.Equal(37.5, scores.Single(s => s.Task == Metrics.Macro).Value);
        Assert.Equal(2, wrong.Count);
    }

    [Fact]
    public void Harder_kinds_are_reported_apart_from_the_mean()
    {
        var (scores, _) = ExactMatchTask.Grade([Item("add", "3"), Item("hard-sum", "90")], ["3", "91"]);
        Assert.Equal(100, scores.Single(s => s.Task == Metrics.Macro).Value);
        Assert.Equal(0, scores.Single(s => s.Task == "hard-sum").Value);
    }

    [Fact]
    public void Case_and_inner_spaces_count()
    {
        var (scores, _) = ExactMatchTask.Grade([Item("a", "Good day"), Item("a", "good day")],
            ["Good  day", "Good day"]);
        Assert.Equal(0, scores[0].Value);
    }

    [Theory]
    [InlineData(0, 10, 0, 27.75)]
    [InlineData(10, 10, 72.25, 100)]
    [InlineData(82, 100, 73.3, 88.3)]
    public void The_interval_is_wilsons(int right, int count, double low, double high)
    {
        var (l, h) = ExactMatchTask.Wilson(right, count);
        Assert.Equal(low, l, 0.1);
        Assert.Equal(high, h, 0.1);
    }
}
