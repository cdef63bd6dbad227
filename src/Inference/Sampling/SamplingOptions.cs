namespace Weir.Inference.Sampling;

/// <summary>How a token is chosen. Temperature 0 is greedy; top-k 0, top-p 1 and min-p 0 leave everything in.</summary>
internal sealed record SamplingOptions(double Temperature = 1, double TopP = 1, int TopK = 0, long? Seed = null)
{
    /// <summary>Tokens less likely than this part of the likeliest are left out.</summary>
    public double MinP { get; init; }

    /// <summary>Logits of tokens that prompt or answer has are divided (or, below 0, multiplied) by this; 1 is
    /// off.</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Taken off the logit of each token that the answer has.</summary>
    public double PresencePenalty { get; init; }

    /// <summary>Taken off the logit of a token for each time that the answer has it.</summary>
    public double FrequencyPenalty { get; init; }

    /// <summary>Added to logits, by token; OpenAI's range is -100 to 100.</summary>
    public IReadOnlyDictionary<int, float>? LogitBias { get; init; }

    public bool HasPenalties => RepetitionPenalty != 1 || PresencePenalty != 0 || FrequencyPenalty != 0;
}

/// <summary>Random numbers that depend on seed and place alone, so that a sequence draws the same whatever else runs,
/// and after a preemption too.</summary>
internal static class SeededDraw
{
    /// <summary>At least 0 and below 1, in steps of 2^-53. SplitMix64 (Steele, Lea, Flood 2014), jumped to the
    /// place.</summary>
    public static double At(long seed, int place)
    {
        ulong state = Mix(unchecked((ulong)seed + 0x9E3779B97F4A7C15));
        ulong z = Mix(unchecked(state + (ulong)(place + 1) * 0x9E3779B97F4A7C15));
        return (z >> 11) * (1.0 / (1UL << 53));
    }

    private static ulong Mix(ulong z)
    {
        z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9);
        z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EB);
        return z ^ (z >> 31);
    }
}
