using Weir.Formats.Bcl;
using Weir.Formats.Fuzzing;

namespace Weir.Formats.Tests.Fuzzing;

public sealed class FuzzRunTests
{
    private const int Iterations = 20_000;

    public static TheoryData<string> Names => [.. FormatsFuzzTargets.All.Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Mutants_never_do_more_than_a_user_error(string name)
    {
        var target = FormatsFuzzTargets.All.Single(t => t.Name == name);
        var result = FuzzRun.Execute(target, Iterations, seed: 1);
        // Mutants reach beyond the first check, and they do damage.
        Assert.InRange(result.Accepted, Iterations / 20, Iterations * 19 / 20);
        Assert.Equal(Iterations, result.Accepted + result.Refused);
    }

    [Fact]
    public void The_same_seed_makes_the_same_mutant()
    {
        foreach (var target in FormatsFuzzTargets.All)
            Assert.Equal(target.Mutant(new Random(77)), target.Mutant(new Random(77)));
    }

    [Fact]
    public void A_reader_that_throws_is_reported_with_the_seed()
    {
        var target = new FuzzTarget("bad", random => [(byte)random.Next(2)], bytes =>
        {
            if (bytes[0] == 1) throw new UserErrorException("refused");
            bytes[bytes.Length] = 0;
        });
        int first = Enumerable.Range(10, 100).First(seed => target.Mutant(new Random(seed))[0] == 0);
        var failure = Assert.Throws<FuzzFailureException>(() => FuzzRun.Execute(target, 100, seed: 10));
        Assert.Contains($"seed {first} threw IndexOutOfRangeException", failure.Message);
    }

    [Fact]
    public void A_reader_that_takes_more_memory_than_its_input_deserves_is_reported()
    {
        var target = new FuzzTarget("large", _ => new byte[100], _ => GC.KeepAlive(new byte[5 << 20]));
        Assert.Contains("bytes took", Assert.Throws<FuzzFailureException>(() =>
            FuzzRun.Execute(target, 1, seed: 1)).Message);
        Assert.Equal(1, FuzzRun.Execute(target with { MostBytes = 6 << 20 }, 1, seed: 1).Accepted);
    }

    [Fact]
    public void A_reader_that_takes_too_long_is_reported()
    {
        var target = new FuzzTarget("slow", _ => [], _ => Thread.Sleep(5)) { MostTime = TimeSpan.FromMilliseconds(1) };
        Assert.Contains("took", Assert.Throws<FuzzFailureException>(() => FuzzRun.Execute(target, 1, seed: 1)).Message);
    }
}
