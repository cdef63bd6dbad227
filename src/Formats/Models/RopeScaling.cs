using System.Text.Json.Serialization;
using Weir.Formats.Bcl;

namespace Weir.Formats.Models;

/// <summary>How rotary embeddings are stretched for contexts longer than the trained one.</summary>
public enum RopeScalingKind
{
    /// <summary>Not at all.</summary>
    Default,
    /// <summary>Positions divided by the factor.</summary>
    Linear,
    /// <summary>The base grows with the length of the text (NTK-aware).</summary>
    Dynamic,
    /// <summary>Llama 3.1: low frequencies divided by the factor, high ones kept, a ramp between.</summary>
    Llama3,
    /// <summary>YaRN (arXiv 2309.00071): as Llama 3 with a ramp over dimensions, and attention made sharper.</summary>
    Yarn,
    /// <summary>LongRoPE (arXiv 2402.13753): a factor for each pair of dimensions.</summary>
    LongRope,
}

/// <summary><c>rope_scaling</c> of a Hugging Face configuration, or <c>rope_parameters</c> of a newer one, with the
/// numbers as the file gives them; null where it gives none.</summary>
public sealed record RopeScaling
{
    private const int MaxFactors = 4096;

    [JsonPropertyName("rope_type")] public string? TypeName { get; init; }
    /// <summary>The older name of <see cref="TypeName"/>.</summary>
    [JsonPropertyName("type")] public string? OldTypeName { get; init; }
    [JsonPropertyName("factor")] public double? Factor { get; init; }
    /// <summary>Tokens of the context that the model was first trained with.</summary>
    [JsonPropertyName("original_max_position_embeddings")] public double? OriginalContextLength { get; init; }
    /// <summary>Llama 3: wavelengths above original context / this are divided by the factor.</summary>
    [JsonPropertyName("low_freq_factor")] public double? LowFrequencyFactor { get; init; }
    /// <summary>Llama 3: wavelengths below original context / this are kept.</summary>
    [JsonPropertyName("high_freq_factor")] public double? HighFrequencyFactor { get; init; }
    /// <summary>YaRN and LongRoPE: what cosine and sine are multiplied with.</summary>
    [JsonPropertyName("attention_factor")] public double? AttentionFactor { get; init; }
    /// <summary>YaRN: full turns within the original context from which on a dimension is kept; 32 by
    /// default.</summary>
    [JsonPropertyName("beta_fast")] public double? BetaFast { get; init; }
    /// <summary>YaRN: full turns below which a dimension is divided by the factor; 1 by default.</summary>
    [JsonPropertyName("beta_slow")] public double? BetaSlow { get; init; }
    [JsonPropertyName("mscale")] public double? AttentionScale { get; init; }
    [JsonPropertyName("mscale_all_dim")] public double? AttentionScaleAll { get; init; }
    /// <summary>LongRoPE: a divisor for each pair of dimensions, within the original context.</summary>
    [JsonPropertyName("short_factor")] public IReadOnlyList<double>? ShortFactors { get; init; }
    /// <summary>LongRoPE: the same beyond it.</summary>
    [JsonPropertyName("long_factor")] public IReadOnlyList<double>? LongFactors { get; init; }
    /// <summary>Only in <c>rope_parameters</c>: the base of the frequencies.</summary>
    [JsonPropertyName("rope_theta")] public double? Theta { get; init; }
    /// <summary>Only in <c>rope_parameters</c>: the share of a head's dimensions that turn.</summary>
    [JsonPropertyName("partial_rotary_factor")] public double? PartialRotaryFactor { get; init; }

    /// <exception cref="UserErrorException">The file names another.</exception>
    public RopeScalingKind KindOf(string where) => (TypeName ?? OldTypeName) switch
    {
        null or "default" => RopeScalingKind.Default,
        "linear" => RopeScalingKind.Linear,
        "dynamic" => RopeScalingKind.Dynamic,
        "llama3" => RopeScalingKind.Llama3,
        "yarn" => RopeScalingKind.Yarn,
        "longrope" or "su" => RopeScalingKind.LongRope,
        var other => throw new UserErrorException($"{where}: rope_scaling of type '{other}' is not known to this "
            + "version."),
    };

    /// <summary>Refuses numbers that are missing, out of range or contradict each other.</summary>
    public void Validate(string where, int headSize)
    {
        var kind = KindOf(where);
        UserErrorException Bad(string what) => new($"{where}: rope_scaling ({kind}): {what}.");
        void InRange(double? value, double least, double most, string name, bool needed = false)
        {
            if (value is null ? needed : !(value >= least && value <= most))
                throw Bad(value is null ? $"{name} is missing" : $"{name} {value} is not within {least} to {most}");
        }

        InRange(Factor, 0.001, 10_000, "factor", kind is not (RopeScalingKind.Default or RopeScalingKind.LongRope));
        InRange(OriginalContextLength, 1, 1 << 24, "original_max_position_embeddings", kind == RopeScalingKind.Llama3);
        InRange(LowFrequencyFactor, 0.001, 10_000, "low_freq_factor", kind == RopeScalingKind.Llama3);
        InRange(HighFrequencyFactor, 0.001, 10_000, "high_freq_factor", kind == RopeScalingKind.Llama3);
        InRange(AttentionFactor, 0, 1000, "attention_factor");
        InRange(BetaFast, 0.001, 100_000, "beta_fast");
        InRange(BetaSlow, 0.001, 100_000, "beta_slow");
        InRange(AttentionScale, 0, 1000, "mscale");
        InRange(AttentionScaleAll, 0, 1000, "mscale_all_dim");
        InRange(Theta, 1, 1e12, "rope_theta");
        if (PartialRotaryFactor is { } share and not 1)
            throw Bad($"only a part of the head's dimensions turns ({share}), which no supported architecture does");
        if (kind == RopeScalingKind.Llama3 && HighFrequencyFactor <= LowFrequencyFactor)
            throw Bad("high_freq_factor is not above low_freq_factor");
        if (kind != RopeScalingKind.LongRope) return;
        foreach (var factors in (IReadOnlyList<double>?[])[ShortFactors, LongFactors])
            if (factors is null || factors.Count != headSize / 2 || factors.Count > MaxFactors
                || factors.Any(f => !(f is > 0 and < 1e6)))
                throw Bad($"short_factor and long_factor are {headSize / 2} positive numbers each");
    }

    public bool Equals(RopeScaling? other) => other is not null && Numbers.SequenceEqual(other.Numbers)
        && (TypeName ?? OldTypeName) == (other.TypeName ?? other.OldTypeName);

    public override int GetHashCode() => HashCode.Combine(TypeName ?? OldTypeName, Factor, OriginalContextLength);

    private IEnumerable<double?> Numbers => [Factor, OriginalContextLength, LowFrequencyFactor, HighFrequencyFactor,
        AttentionFactor, BetaFast, BetaSlow, AttentionScale, AttentionScaleAll, Theta, PartialRotaryFactor,
        .. (ShortFactors ?? []).Select(f => (double?)f), null, .. (LongFactors ?? []).Select(f => (double?)f)];
}
