using System.Diagnostics;
using Weir.Formats.Bcl;

namespace Weir.Formats.Fuzzing;

/// <summary>A reader of outside bytes that is to be attacked.</summary>
/// <param name="Name">What the command line calls it.</param>
/// <param name="Mutant">Makes an input: mostly a valid one with a few things changed, so that it gets deep.</param>
/// <param name="Try">Reads it; may throw nothing but <see cref="UserErrorException"/>.</param>
public sealed record FuzzTarget(string Name, Func<Random, byte[]> Mutant, Action<byte[]> Try)
{
    /// <summary>What a try may allocate: so much, and so many times its input.</summary>
    public long MostBytes { get; init; } = 2 << 20;

    public int MostBytesPerByte { get; init; } = 100;

    /// <summary>How long a try may take.</summary>
    public TimeSpan MostTime { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>What came of many tries.</summary>
/// <param name="Accepted">Inputs that were read.</param>
/// <param name="Refused">Inputs that ended in a <see cref="UserErrorException"/>.</param>
/// <param name="LargestBytes">The most that a try allocated.</param>
public sealed record FuzzResult(int Accepted, int Refused, long LargestBytes);

/// <summary>An input did more than a typed error.</summary>
public sealed class FuzzFailureException(FuzzTarget target, int seed, string what, Exception? inner)
    : Exception($"{target.Name}: the input of seed {seed} {what}.", inner);

public static class FuzzRun
{
    /// <summary>Tries the inputs of <paramref name="seed"/>, <paramref name="seed"/> + 1 and so on; each depends on its
    /// own seed alone, so that one can be tried again by itself.</summary>
    /// <exception cref="FuzzFailureException">An input did more than a <see cref="UserErrorException"/>, or took more
    /// time or memory than it may.</exception>
    public static FuzzResult Execute(FuzzTarget target, int iterations, int seed)
    {
        int accepted = 0, refused = 0;
        long largest = 0;
        for (int i = 0; i < iterations; i++)
        {
            int own = unchecked(seed + i);
            var input = target.Mutant(new Random(own));
            long before = GC.GetAllocatedBytesForCurrentThread(), start = Stopwatch.GetTimestamp();
            try
            {
                target.Try(input);
                accepted++;
            }
            catch (UserErrorException)
            {
                refused++;
            }
            catch (Exception e)
            {
                throw new FuzzFailureException(target, own, $"threw {e.GetType().Name}: {e.Message}", e);
            }
            var taken = Stopwatch.GetElapsedTime(start);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            largest = Math.Max(largest, allocated);
            if (allocated > target.MostBytes + (long)target.MostBytesPerByte * input.Length)
                throw new FuzzFailureException(target, own, $"of {input.Length} bytes took {allocated}", null);
            if (taken > target.MostTime)
                throw new FuzzFailureException(target, own, $"took {taken.TotalSeconds:F1} s", null);
        }
        return new FuzzResult(accepted, refused, largest);
    }
}
