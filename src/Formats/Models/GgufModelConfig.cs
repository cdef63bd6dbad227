using Weir.Formats.Bcl;
using Weir.Formats.Gguf;

namespace Weir.Formats.Models;

/// <summary>The configuration in a GGUF file's metadata, as far as this version knows the family. Keys begin with the
/// family's name.</summary>
public static class GgufModelConfig
{
    private const int Gemma2LargeLayers = 46, Gemma2Window = 4096;
    private const double Gemma2AttentionSoftCap = 50, Gemma2FinalSoftCap = 30;

    /// <summary>Reads and validates (<see cref="ModelConfig.Validate"/>), and checks the vocabulary and every tensor's
    /// name and shape against it. <see cref="ModelConfig.HeadDimension"/> is always set.</summary>
    /// <exception cref="UserErrorException">The file is of another family, or contradicts itself.</exception>
    public static ModelConfig Read(GgufFile file)
    {
        var name = file.Get<string>("general.architecture");
        var family = ModelArchitecture.FindGguf(name) ?? throw new UserErrorException(
            $"{file.Path}: architecture '{name}' is not supported; this version knows "
            + $"{string.Join(", ", ModelArchitecture.All.Select(a => a.GgufName))}.");
        var config = new Reading(file, family).Config();
        config.Validate(file.Path);
        if (file.Metadata.ContainsKey(GgufVocabulary.TokensKey)) GgufVocabulary.Check(file, config.VocabularySize);
        ModelTensors.Check(config, file.Path, file.Tensors.Keys,
            tensor => file.Tensors.TryGetValue(tensor, out var found) ? [.. found.Shape.Reverse()] : null, gguf: true);
        return config;
    }

    /// <summary>Adds the same metadata to a file that is written. Scaling of Llama 3 becomes the tensor of divisors
    /// that llama.cpp reads.</summary>
    /// <exception cref="UserErrorException">The family, or its scaling of rotary embeddings, has no form in
    /// GGUF.</exception>
    public static void Write(GgufWriter writer, ModelConfig config, string name)
    {
        var family = config.Architecture ?? throw new UserErrorException(
            $"model_type '{config.ModelType}' has no form in GGUF that this version knows.");
        void Size(string key, int value) => writer.Add($"{family.GgufName}.{key}", (uint)value);
        void Number(string key, double? value)
        {
            if (value is { } number) writer.Add($"{family.GgufName}.{key}", (float)number);
        }

        writer.Add("general.architecture", family.GgufName);
        writer.Add("general.name", name);
        Size("context_length", config.ContextLength);
        Size("embedding_length", config.HiddenSize);
        Size("block_count", config.LayerCount);
        Size("feed_forward_length", config.IntermediateSize);
        Size("attention.head_count", config.HeadCount);
        Size("attention.head_count_kv", config.KeyValueHeadCount);
        Size("attention.key_length", config.HeadSize);
        Size("attention.value_length", config.HeadSize);
        Number("attention.layer_norm_rms_epsilon", config.NormEpsilon);
        Size("rope.dimension_count", config.HeadSize);
        Number("rope.freq_base", config.RopeTheta);
        Size("vocab_size", config.VocabularySize);
        WriteWindow(writer, config, family);
        if (family == ModelArchitecture.Gemma2 || config.QueryScalar is not null)
            Number("attention.scale", config.AttentionScale);
        Number("attn_logit_softcapping", config.AttentionSoftCap);
        Number("final_logit_softcapping", config.FinalSoftCap);
        if (config.RopeScaling is { } scaling) RopeMetadata.Write(writer, family.GgufName, scaling, config);
    }

    /// <summary>A file says how long the window is, and the family which layers slide.</summary>
    private static void WriteWindow(GgufWriter writer, ModelConfig config, ModelArchitecture family)
    {
        var usual = config with { LayerTypes = null, UsesSlidingWindow = null };
        var layers = Enumerable.Range(0, config.LayerCount);
        if (layers.All(layer => config.WindowOf(layer) is null) && family != ModelArchitecture.Gemma2) return;
        if (layers.Any(layer => config.WindowOf(layer) != usual.WindowOf(layer)))
            throw new UserErrorException("A sliding window in these layers has no form in GGUF.");
        writer.Add($"{family.GgufName}.attention.sliding_window", (uint)(config.SlidingWindow ?? 0));
    }

    private sealed class Reading(GgufFile file, ModelArchitecture family)
    {
        private bool IsGemma2 => family == ModelArchitecture.Gemma2;

        public ModelConfig Config()
        {
            if (!file.Tensors.TryGetValue("token_embd.weight", out var embedding) || embedding.Shape.Count != 2)
                throw Bad("the token embedding is missing");
            if (Size("expert_count", 0) != 0) throw Bad("mixtures of experts are not supported");
            int heads = Math.Max(1, Size("attention.head_count")), hidden = Size("embedding_length");
            int headSize = Size("attention.key_length", hidden / heads), layers = Size("block_count");
            if (Size("rope.dimension_count", headSize) != headSize
                || Size("attention.value_length", hidden / heads) != headSize)
                throw Bad("rotary embedding of a part of the head, or values of another size than keys, are not "
                    + "supported");
            return new ModelConfig
            {
                ModelType = family.ModelTypes[0], Architectures = [],
                VocabularySize = (int)Math.Min(embedding.Shape[1], int.MaxValue), HiddenSize = hidden,
                LayerCount = layers, IntermediateSize = Size("feed_forward_length"), HeadCount = heads,
                KeyValueHeadCount = Size("attention.head_count_kv", heads), HeadDimension = headSize,
                ContextLength = Size("context_length"),
                NormEpsilon = Number("attention.layer_norm_rms_epsilon") ?? 1e-5,
                RopeTheta = Number("rope.freq_base") ?? 10000, RopeScaling = Scaling(),
                TiedEmbeddings = !file.Tensors.ContainsKey("output.weight"), Activation = family.Activation,
                AttentionBias = !family.AlwaysHasQkvBias && file.Tensors.ContainsKey("blk.0.attn_q.bias"),
                SlidingWindow = Size("attention.sliding_window", IsGemma2 ? Gemma2Window : 0) is > 0 and var window
                    ? window : null,
                QueryScalar = QueryScalar(hidden, heads, headSize, layers),
                AttentionSoftCap = SoftCap("attn_logit_softcapping", Gemma2AttentionSoftCap),
                FinalSoftCap = SoftCap("final_logit_softcapping", Gemma2FinalSoftCap),
                BosTokenId = TokenId("bos"), EosTokenId = TokenId("eos"),
            };
        }

        /// <summary>Gemma 2's files do not say: it is the head's size, but hidden size / heads in the largest
        /// one.</summary>
        private double? QueryScalar(int hidden, int heads, int headSize, int layers) =>
            Number("attention.scale") is > 0 and var scale ? 1 / (scale * scale)
            : !IsGemma2 ? null
            : layers == Gemma2LargeLayers ? (double)hidden / heads : headSize;

        private double? SoftCap(string name, double ofGemma2) =>
            Number(name) is { } cap ? (cap > 0 ? cap : null) : IsGemma2 ? ofGemma2 : null;

        private RopeScaling? Scaling()
        {
            var factor = Number("rope.scaling.factor") ?? Number("rope.scale_linear");
            if (factor is 0 or 1) factor = null;
            var kind = file.Metadata.GetValueOrDefault(Key("rope.scaling.type")) as string ?? "linear";
            if (kind == "none" || (kind == "linear" && factor is null))
            {
                // Llama 3 as llama.cpp keeps it: the divisors that follow from its numbers, the same for any length.
                return Factors("rope_freqs.weight") is not { } divisors ? null : new RopeScaling
                {
                    TypeName = "longrope", ShortFactors = divisors, LongFactors = divisors, AttentionFactor = 1,
                };
            }
            return new RopeScaling
            {
                TypeName = kind, Factor = factor,
                OriginalContextLength = Number("rope.scaling.original_context_length"),
                AttentionFactor = Number("rope.scaling.attn_factor") ?? Number("rope.scaling.yarn_attn_factor"),
                BetaFast = Number("rope.scaling.yarn_beta_fast"), BetaSlow = Number("rope.scaling.yarn_beta_slow"),
                ShortFactors = Factors("rope_factors_short.weight"), LongFactors = Factors("rope_factors_long.weight"),
            };
        }

        private IReadOnlyList<double>? Factors(string tensor) =>
            !file.Tensors.TryGetValue(tensor, out var found) ? null
            : found.ElementCount <= 4096 ? [.. file.ReadFloat32(tensor).Select(f => (double)f)]
            : throw Bad($"the tensor '{tensor}' has more elements than a head has dimensions");

        private int? TokenId(string which) => file.TryGetInteger($"tokenizer.ggml.{which}_token_id") switch
        {
            null => null,
            >= 0 and <= int.MaxValue and var id => (int)id,
            var id => throw Bad($"its {which} token {id} is outside of the vocabulary"),
        };

        /// <summary>A whole number, or one for each layer where all are the same.</summary>
        private int Size(string name, int? otherwise = null)
        {
            var key = Key(name);
            long? found = file.Metadata.GetValueOrDefault(key) switch
            {
                null when otherwise is { } value => value,
                long[] { Length: > 0 } each when each.All(e => e == each[0]) => each[0],
                ulong[] { Length: > 0 } each when each.All(e => e == each[0]) => (long)Math.Min(each[0], long.MaxValue),
                long[] or ulong[] => throw Bad($"'{key}' differs between layers, which is not supported"),
                _ => file.GetInteger(key),
            };
            return found is >= 0 and <= int.MaxValue ? (int)found : throw Bad($"'{key}' is out of range");
        }

        private double? Number(string name)
        {
            var key = Key(name);
            if (!file.Metadata.ContainsKey(key)) return null;
            return file.TryGetNumber(key) is >= 0 and < 1e12 and var found ? found
                : throw Bad($"'{key}' is out of range");
        }

        private string Key(string name) => $"{family.GgufName}.{name}";

        private UserErrorException Bad(string what) => new($"{file.Path}: {what}.");
    }
}
