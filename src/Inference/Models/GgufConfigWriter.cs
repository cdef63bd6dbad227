using Weir.Formats.Bcl;
using Weir.Formats.Gguf;
using Weir.Formats.Models;
using Weir.Formats.Quantization;

namespace Weir.Inference.Models;

/// <summary>A configuration as GGUF metadata: what <see cref="GgufModelConfig"/> reads.</summary>
internal static class GgufConfigWriter
{
    /// <param name="writer">Receives the entries.</param>
    /// <param name="config">Of a family that GGUF knows.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="type">The type of most weights.</param>
    public static void Write(GgufWriter writer, ModelConfig config, string name, TensorType type)
    {
        var family = config.Architecture!.GgufName;
        void Add(string key, object value) => writer.Add($"{family}.{key}", value);
        writer.Add("general.architecture", family);
        writer.Add("general.name", name);
        writer.Add("general.file_type", FileType(type));
        Add("context_length", (uint)config.ContextLength);
        Add("embedding_length", (uint)config.HiddenSize);
        Add("block_count", (uint)config.LayerCount);
        Add("feed_forward_length", (uint)config.IntermediateSize);
        Add("attention.head_count", (uint)config.HeadCount);
        Add("attention.head_count_kv", (uint)config.KeyValueHeadCount);
        Add("attention.key_length", (uint)config.HeadSize);
        Add("attention.value_length", (uint)config.HeadSize);
        Add("attention.layer_norm_rms_epsilon", (float)config.NormEpsilon);
        Add("rope.dimension_count", (uint)config.HeadSize);
        Add("rope.freq_base", (float)config.RopeTheta);
        Add("vocab_size", (uint)config.VocabularySize);
        if (config.WindowOf(0) is { } window && window < config.ContextLength)
            Add("attention.sliding_window", (uint)window);
        if (config.AttentionSoftCap is { } attentionCap) Add("attn_logit_softcapping", (float)attentionCap);
        if (config.FinalSoftCap is { } finalCap) Add("final_logit_softcapping", (float)finalCap);
        if (config.RopeScaling is { } scaling) WriteScaling(Add, scaling, name);
    }

    private static void WriteScaling(Action<string, object> add, RopeScaling scaling, string name)
    {
        var kind = scaling.KindOf(name);
        if (kind is not (RopeScalingKind.Linear or RopeScalingKind.Yarn))
            throw new UserErrorException($"{name}: rope_scaling of type '{scaling.TypeName ?? scaling.OldTypeName}' "
                + "cannot be written as GGUF by this version. Serve the folder itself: weir engine --model FOLDER.");
        add("rope.scaling.type", kind == RopeScalingKind.Linear ? "linear" : "yarn");
        add("rope.scaling.factor", (float)scaling.Factor!.Value);
        if (scaling.OriginalContextLength is { } context) add("rope.scaling.original_context_length", (uint)context);
        if (scaling.AttentionFactor is { } attention) add("rope.scaling.attn_factor", (float)attention);
        if (scaling.BetaFast is { } fast) add("rope.scaling.yarn_beta_fast", (float)fast);
        if (scaling.BetaSlow is { } slow) add("rope.scaling.yarn_beta_slow", (float)slow);
    }

    /// <summary>Numbers of the format for the mixtures that are named after their main type.</summary>
    private static uint FileType(TensorType type) => type switch
    {
        TensorType.F32 => 0,
        TensorType.F16 => 1,
        TensorType.Q4_0 => 2,
        TensorType.Q8_0 => 7,
        TensorType.Q4_K => 15,
        TensorType.Q5_K => 17,
        TensorType.Q6_K => 18,
        TensorType.BF16 => 32,
        _ => 1,
    };
}
