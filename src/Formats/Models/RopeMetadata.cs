using Weir.Formats.Bcl;
using Weir.Formats.Gguf;
using Weir.Formats.Quantization;

namespace Weir.Formats.Models;

/// <summary>Scaling of rotary embeddings in GGUF.</summary>
internal static class RopeMetadata
{
    public static void Write(GgufWriter writer, string family, RopeScaling scaling, ModelConfig config)
    {
        const string where = "the model";
        var kind = scaling.KindOf(where);
        void Number(string key, double? value)
        {
            if (value is { } number) writer.Add($"{family}.rope.scaling.{key}", (float)number);
        }

        if (kind == RopeScalingKind.Default) return;
        if (kind == RopeScalingKind.Dynamic)
            throw new UserErrorException("rope_scaling of type 'dynamic' has no form in GGUF.");
        if (kind == RopeScalingKind.Llama3)
        {
            float[] divisors = [.. Llama3Divisors(scaling, config).Select(d => (float)d)];
            writer.AddTensor("rope_freqs.weight", TensorType.F32, [divisors.Length], divisors);
            return;
        }
        writer.Add($"{family}.rope.scaling.type",
            kind switch { RopeScalingKind.Linear => "linear", RopeScalingKind.Yarn => "yarn", _ => "longrope" });
        Number("factor", scaling.Factor);
        if (scaling.OriginalContextLength is { } original)
            writer.Add($"{family}.rope.scaling.original_context_length", (uint)original);
        Number("attn_factor", scaling.AttentionFactor);
        Number("yarn_beta_fast", scaling.BetaFast);
        Number("yarn_beta_slow", scaling.BetaSlow);
        foreach (var (name, factors) in ((string, IReadOnlyList<double>?)[])[("short", scaling.ShortFactors),
            ("long", scaling.LongFactors)])
            if (factors is not null)
                writer.AddTensor($"rope_factors_{name}.weight", TensorType.F32, [factors.Count],
                    [.. factors.Select(f => (float)f)]);
    }

    /// <summary>What each pair's frequency is divided by: 1 for waves shorter than original context / high factor, the
    /// whole factor for those longer than original context / low factor, in between 1 / ((1 - t) / factor + t) with t
    /// from 0 to 1 (transformers, modeling_rope_utils).</summary>
    public static IEnumerable<double> Llama3Divisors(RopeScaling scaling, ModelConfig config)
    {
        double factor = scaling.Factor!.Value, low = scaling.LowFrequencyFactor!.Value;
        double high = scaling.HighFrequencyFactor!.Value, context = scaling.OriginalContextLength!.Value;
        for (int pair = 0; pair < config.HeadSize / 2; pair++)
        {
            double wave = 2 * Math.PI * Math.Pow(config.RopeTheta, 2.0 * pair / config.HeadSize);
            double part = Math.Clamp((context / wave - low) / (high - low), 0, 1);
            yield return 1 / ((1 - part) / factor + part);
        }
    }
}
