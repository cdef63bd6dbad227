using Weir.Data.Synthesis.Grammar;
using Weir.Data.Synthesis.Items;
using Weir.Formats.Bcl;

namespace Weir.Data.Tests.Synthesis;

public sealed class StarterMixTests
{
    [Fact]
    public void The_named_kinds_change_and_the_others_stay()
    {
        var weights = StarterMix.Parse(" add = 40 , hard-sum=2,copy=0", StarterSplit.HeldOut).Weights;
        Assert.Equal(40, weights["add"]);
        Assert.Equal(2, weights["hard-sum"]);
        Assert.Equal(1, weights["facts"]);
        Assert.False(weights.ContainsKey("copy"));
        Assert.False(weights.ContainsKey("hard-percent"));
    }

    [Fact]
    public void All_sets_the_twelve_kinds() =>
        Assert.Equal("add=1,table=2", string.Join(',', StarterMix.Parse("all=0,table=2,add=1", StarterSplit.Train)
            .Weights.OrderBy(w => w.Value).Select(w => $"{w.Key}={w.Value}")));

    [Theory]
    [InlineData("adding=1", "'adding'")]
    [InlineData("add", "'add'")]
    [InlineData("=3", "'=3'")]
    [InlineData("add=-1", "whole number")]
    [InlineData("add=1.5", "whole number")]
    [InlineData("add=99999999", "whole number")]
    [InlineData("all=0", "every weight is 0")]
    public void What_is_wrong_with_a_mix_is_said(string mix, string says)
    {
        var error = Assert.Throws<UserErrorException>(() => StarterMix.Parse(mix, StarterSplit.Train));
        Assert.Equal(ExitCodes.WrongUsage, error.ExitCode);
        Assert.Contains("--mix", error.Message);
        Assert.Contains(says, error.Message);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100)]
    [InlineData(1_000_001)]
    public void Shares_add_up_to_the_items(int items)
    {
        var mix = StarterMix.Parse("add=999983,hard-sum=7", StarterSplit.Train);
        Assert.Equal(items, mix.Allot(items, SplitMix.For(1, "test")).Length);
    }
}
