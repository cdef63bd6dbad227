using System.Diagnostics;
using Weir.Training.Configuration;

namespace Weir.Training.Runs;

/// <summary>How much of the budget is gone: by steps, or by wall time over all attempts of a run.</summary>
internal sealed class BudgetClock(Budget budget, TimeProvider time, double secondsBefore, long stepsBefore)
{
    private readonly long _start = time.GetTimestamp();

    public double Seconds => secondsBefore + SecondsHere;
    private double SecondsHere => time.GetElapsedTime(_start).TotalSeconds;

    /// <summary>0..1. A run of steps follows its steps alone, so that it is the same however fast it goes.</summary>
    public double Fraction(long step) =>
        Math.Min(1, budget.Steps is { } steps ? (double)step / steps : Seconds / (budget.Minutes!.Value * 60));

    public bool IsOver(long step) => Fraction(step) >= 1;

    public double EtaSeconds(long step)
    {
        if (budget.Steps is not { } steps) return Math.Max(0, budget.Minutes!.Value * 60 - Seconds);
        Debug.Assert(step >= stepsBefore);
        return step == stepsBefore ? 0 : SecondsHere / (step - stepsBefore) * (steps - step);
    }
}
