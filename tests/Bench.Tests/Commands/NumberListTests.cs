using Weir.Bench.Commands;
using Weir.Formats.Bcl;

namespace Weir.Bench.Tests.Commands;

public sealed class NumberListTests
{
    [Theory]
    [InlineData("1", new[] { 1 })]
    [InlineData("1,2", new[] { 1, 2 })]
    [InlineData(" 16 , 4 ", new[] { 16, 4 })]
    public void Numbers_stand_with_commas_between(string text, int[] expected) =>
        Assert.Equal(expected, NumberList.Parse("--threads", text, 16));

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("17")]
    [InlineData("1,,2")]
    [InlineData("1,1")]
    [InlineData("-1")]
    [InlineData("two")]
    [InlineData("99999999999")]
    public void Anything_else_is_wrong_usage(string text)
    {
        var error = Assert.Throws<UserErrorException>(() => NumberList.Parse("--threads", text, 16));
        Assert.Equal(ExitCodes.WrongUsage, error.ExitCode);
        Assert.Contains("--threads", error.Message);
    }
}
