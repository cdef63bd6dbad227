using Weir.Training.Configuration;

namespace Weir.Training.Optimisers;

/// <summary>Warm-up, constant, linear decay over the last share of the budget; as a factor of the peak rates.</summary>
internal static class LearningRate
{
    /// <param name="step">Steps done before this one.</param>
    /// <param name="fraction">Share of the budget gone by, 0..1.</param>
    public static double Factor(OptimiserSettings settings, long step, double fraction)
    {
        double rise = settings.Warmup == 0 ? 1 : Math.Min(1, (step + 1.0) / settings.Warmup);
        double left = 1 - fraction;
        double fall = left >= settings.DecayShare ? 1 : Math.Max(settings.FloorShare, left / settings.DecayShare);
        return rise * fall;
    }
}
