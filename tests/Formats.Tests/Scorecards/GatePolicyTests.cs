using Weir.Formats.Platform;
using Weir.Formats.Scorecards;

namespace Weir.Formats.Tests.Scorecards;

public sealed class GatePolicyTests
{
    private static Scorecard Card(params Score[] scores) =>
        new() { ModelVersion = "m", ConfigDigest = "c", Time = default, Scores = scores };

    private static Score Accuracy(string task, double value) =>
        new() { Task = task, Metric = Metrics.ExactMatch, Unit = "%", Value = value, Count = 200 };

    private static readonly GatePolicy Policy = new()
    {
        Name = "p", Thresholds = [new GateThreshold("refuse", Metrics.ExactMatch, AtLeast: 70),
            new GateThreshold("macro", Metrics.ExactMatch, AtLeast: 50)],
    };

    [Fact]
    public void A_model_that_meets_every_threshold_passes() =>
        Assert.Equal(GateVerdict.Passed, Policy.Judge(Card(Accuracy("refuse", 70), Accuracy("macro", 51))).State);

    [Fact]
    public void One_miss_fails_and_is_named()
    {
        var verdict = Policy.Judge(Card(Accuracy("refuse", 69.9), Accuracy("macro", 51)));
        Assert.Equal(GateVerdict.Failed, verdict.State);
        Assert.False(verdict.Serves);
        Assert.Contains("refuse", verdict.Why);
        Assert.DoesNotContain("macro", verdict.Why);
    }

    [Fact]
    public void What_was_not_measured_fails() =>
        Assert.Contains("was not measured", Policy.Judge(Card(Accuracy("refuse", 99))).Why);
}
