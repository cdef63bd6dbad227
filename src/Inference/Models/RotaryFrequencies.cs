using Weir.Formats.Bcl;
using Weir.Formats.Models;

namespace Weir.Inference.Models;

/// <summary>How far each pair of dimensions of a head turns from one position to the next, and what queries and keys
/// are multiplied with beside the turn (YaRN, LongRoPE).</summary>
internal sealed record RotaryFrequencies(double[] Radians, double Magnitude)
{
    private const double BetaFast = 32, BetaSlow = 1;

    /// <exception cref="UserErrorException">The scaling is of a kind that this version does not run.</exception>
    public static RotaryFrequencies Of(ModelConfig config, string where)
    {
        int half = config.HeadSize / 2;
        // Pair i turns by position · theta^(-2i / size).
        double[] plain = [.. Enumerable.Range(0, half)
            .Select(i => Math.Pow(config.RopeTheta, -2.0 * i / config.HeadSize))];
        if (config.RopeScaling is not { } scaling) return new RotaryFrequencies(plain, 1);
        double factor = scaling.Factor ?? 1;
        return scaling.KindOf(where) switch
        {
            RopeScalingKind.Default => new RotaryFrequencies(plain, 1),
            RopeScalingKind.Linear => new RotaryFrequencies([.. plain.Select(f => f / factor)], 1),
            RopeScalingKind.Llama3 => new RotaryFrequencies([.. plain.Select(f => Llama3(f, scaling))], 1),
            RopeScalingKind.Yarn => Yarn(config, scaling, plain),
            RopeScalingKind.LongRope => LongRope(config, scaling, plain),
            _ => throw new UserErrorException($"{where}: rotary embedding of type '{scaling.TypeName}' changes with "
                + "the length of the text, which this version does not run. Remove rope_scaling from config.json to "
                + "run the model within its original context."),
        };
    }

    /// <summary>Short wavelengths stay, long ones are stretched, with a linear ramp between.</summary>
    private static double Llama3(double frequency, RopeScaling scaling)
    {
        double wavelength = 2 * Math.PI / frequency, context = scaling.OriginalContextLength!.Value;
        double low = scaling.LowFrequencyFactor!.Value, high = scaling.HighFrequencyFactor!.Value;
        double share = Math.Clamp((context / wavelength - low) / (high - low), 0, 1);
        return (1 - share) * frequency / scaling.Factor!.Value + share * frequency;
    }

    /// <summary>YaRN (arXiv 2309.00071), section 3.4: pairs that turn often within the original context stay, those
    /// that hardly turn are stretched.</summary>
    private static RotaryFrequencies Yarn(ModelConfig config, RopeScaling scaling, double[] plain)
    {
        double factor = scaling.Factor!.Value, context = scaling.OriginalContextLength ?? config.ContextLength;
        double PairOf(double turns) => config.HeadSize * Math.Log(context / (turns * 2 * Math.PI))
            / (2 * Math.Log(config.RopeTheta));
        double first = Math.Max(0, Math.Floor(PairOf(scaling.BetaFast ?? BetaFast)));
        double last = Math.Min(config.HeadSize - 1, Math.Ceiling(PairOf(scaling.BetaSlow ?? BetaSlow)));
        if (last - first < 0.001) last = first + 0.001;
        double Scaled(double frequency, int pair)
        {
            double kept = 1 - Math.Clamp((pair - first) / (last - first), 0, 1);
            return frequency / factor * (1 - kept) + frequency * kept;
        }

        double Sharpened(double scale) => factor <= 1 ? 1 : 0.1 * scale * Math.Log(factor) + 1;
        double magnitude = scaling.AttentionFactor
            ?? (scaling is { AttentionScale: { } scale, AttentionScaleAll: { } all and > 0 }
                ? Sharpened(scale) / Sharpened(all) : Sharpened(1));
        return new RotaryFrequencies([.. plain.Select(Scaled)], magnitude);
    }

    /// <summary>LongRoPE (arXiv 2402.13753): a divisor for each pair. Which of the two sets is decided by the context
    /// that is served, so that all positions of the cache agree.</summary>
    private static RotaryFrequencies LongRope(ModelConfig config, RopeScaling scaling, double[] plain)
    {
        double original = scaling.OriginalContextLength ?? config.ContextLength;
        bool isLong = config.ContextLength > original;
        var divisors = (isLong ? scaling.LongFactors : scaling.ShortFactors)!;
        double stretch = scaling.Factor ?? config.ContextLength / original;
        double magnitude = scaling.AttentionFactor
            ?? (stretch <= 1 ? 1 : Math.Sqrt(1 + Math.Log(stretch) / Math.Log(original)));
        return new RotaryFrequencies([.. plain.Select((f, i) => f / divisors[i])], magnitude);
    }
}
