using System.Text;
using Weir.Text.Unicode;

namespace Weir.Text.Tests.Unicode;

public sealed class UnicodeRepairTests
{
    [Fact]
    public void What_a_glance_takes_for_normal_is_normal()
    {
        var plain = Enumerable.Range(0, 0x10000).Select(c => (char)c)
            .Where(c => UnicodeRepair.IsPlainlyNormal([c])).ToArray();
        Assert.InRange(plain.Length, 25_000, 40_000);
        Assert.DoesNotContain(plain, char.IsSurrogate);
        Assert.All(plain, c => Assert.True(c.ToString().IsNormalized(NormalizationForm.FormC), $"U+{(int)c:X4}"));
        // None may compose with the one before it, either.
        var random = new Random(71);
        for (var round = 0; round < 5000; round++)
        {
            var text = new string(random.GetItems(plain, 40));
            Assert.True(text.IsNormalized(NormalizationForm.FormC));
        }
    }

    [Fact]
    public void Whole_pairs_stay_and_lone_halves_are_replaced()
    {
        const string Whole = "a😀𠮷b";
        Assert.Same(Whole, UnicodeRepair.RepairSurrogates(Whole));
        Assert.Equal("\uFFFD\uFFFD😀\uFFFD", UnicodeRepair.RepairSurrogates("\uD83D\uD83D\uD83D\uDE00\uDE00"));
    }
}
