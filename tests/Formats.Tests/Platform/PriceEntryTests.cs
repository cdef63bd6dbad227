using System.Numerics;
using Weir.Formats.Platform;

namespace Weir.Formats.Tests.Platform;

public sealed class PriceEntryTests
{
    private static PriceEntry Price(long input, long cached, long output) => new("p", "CNY", input, cached, output);

    [Theory]
    [InlineData(1, 500_000, 0)] // 0.5 rounds to the even 0
    [InlineData(3, 500_000, 2)] // 1.5 rounds to the even 2
    [InlineData(5, 500_000, 2)] // 2.5 rounds to the even 2
    [InlineData(1, 500_001, 1)]
    [InlineData(1_000_000, 4_000_000, 4_000_000)]
    public void A_charge_is_rounded_half_to_even_once(long tokens, long price, long charge) =>
        Assert.Equal(charge, Price(0, 0, price).Charge(0, 0, tokens));

    [Fact]
    public void A_charge_agrees_with_exact_arithmetic_on_random_numbers()
    {
        var random = new Random(3);
        for (int i = 0; i < 20_000; i++)
        {
            long input = random.NextInt64(1L << 40), cached = random.NextInt64(input + 1),
                output = random.NextInt64(1L << 40);
            var price = Price(random.NextInt64(1L << 20), random.NextInt64(1L << 20), random.NextInt64(1L << 20));
            BigInteger sum = (BigInteger)(input - cached) * price.InputMicrosPerMillion
                + (BigInteger)cached * price.CachedInputMicrosPerMillion
                + (BigInteger)output * price.OutputMicrosPerMillion;
            var floor = BigInteger.DivRem(sum, 1_000_000, out var rest);
            var expected = rest * 2 > 1_000_000 || (rest * 2 == 1_000_000 && !floor.IsEven) ? floor + 1 : floor;
            Assert.Equal((long)expected, price.Charge(input, cached, output));
        }
    }

    [Fact]
    public void More_cached_than_input_tokens_is_a_programmers_error() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Price(1, 1, 1).Charge(1, 2, 0));
}
