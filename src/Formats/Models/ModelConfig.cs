using System.Text.Json.Serialization;
using Weir.Formats.Bcl;

namespace Weir.Formats.Models;

/// <summary><c>config.json</c> of a decoder in the Hugging Face layout: the families of
/// <see cref="ModelArchitecture"/>. Read one with <see cref="ModelConfigFile"/>, which brings older and newer spellings
/// to one form.</summary>
public sealed record ModelConfig
{
    private const int MaxVocabulary = 1 << 20, MaxHidden = 1 << 16, MaxIntermediate = 1 << 18, MaxLayers = 1024,
        MaxHeads = 1024, MaxHeadSize = 1024, MaxContext = 1 << 24;

    private int? _keyValueHeadCount;

    [JsonPropertyName("architectures")] public IReadOnlyList<string> Architectures { get; set; } = ["LlamaForCausalLM"];
    [JsonPropertyName("model_type")] public string ModelType { get; set; } = "llama";
    [JsonPropertyName("vocab_size")] public required int VocabularySize { get; init; }
    [JsonPropertyName("hidden_size")] public required int HiddenSize { get; init; }
    [JsonPropertyName("intermediate_size")] public required int IntermediateSize { get; init; }
    [JsonPropertyName("num_hidden_layers")] public required int LayerCount { get; init; }
    [JsonPropertyName("num_attention_heads")] public required int HeadCount { get; init; }

    /// <summary>As many as heads where the file does not say.</summary>
    [JsonPropertyName("num_key_value_heads")]
    public int KeyValueHeadCount { get => _keyValueHeadCount ?? HeadCount; set => _keyValueHeadCount = value; }

    [JsonPropertyName("head_dim")] public int? HeadDimension { get; init; }
    [JsonPropertyName("max_position_embeddings")] public required int ContextLength { get; init; }
    [JsonPropertyName("rms_norm_eps")] public double NormEpsilon { get; set; } = 1e-5;
    [JsonPropertyName("rope_theta")] public double RopeTheta { get; set; } = 10000.0;
    [JsonPropertyName("rope_scaling")] public RopeScaling? RopeScaling { get; init; }
    /// <summary>The newer place of <see cref="RopeTheta"/> and <see cref="RopeScaling"/>; null after reading.</summary>
    [JsonPropertyName("rope_parameters")] public RopeScaling? RopeParameters { get; init; }
    [JsonPropertyName("tie_word_embeddings")] public bool TiedEmbeddings { get; set; } = true;
    [JsonPropertyName("hidden_act")] public string Activation { get; set; } = "silu";
    /// <summary>What Gemma calls <see cref="Activation"/>; null after reading.</summary>
    [JsonPropertyName("hidden_activation")] public string? HiddenActivation { get; init; }
    [JsonPropertyName("attention_bias")] public bool AttentionBias { get; init; }
    [JsonPropertyName("mlp_bias")] public bool MlpBias { get; init; }
    /// <summary>What InternLM2 calls <see cref="AttentionBias"/>; false after reading.</summary>
    [JsonPropertyName("bias")] public bool Bias { get; init; }

    /// <summary>Tokens that a token sees, itself included, in the layers that slide; see
    /// <see cref="WindowOf"/>.</summary>
    [JsonPropertyName("sliding_window")] public int? SlidingWindow { get; init; }
    /// <summary>Qwen: false turns the window off.</summary>
    [JsonPropertyName("use_sliding_window")] public bool? UsesSlidingWindow { get; init; }
    /// <summary>Qwen: the first layer that slides.</summary>
    [JsonPropertyName("max_window_layers")] public int? MaxWindowLayers { get; init; }
    /// <summary><c>sliding_attention</c> or <c>full_attention</c> for each layer.</summary>
    [JsonPropertyName("layer_types")] public IReadOnlyList<string>? LayerTypes { get; init; }

    /// <summary>Gemma: scores are divided by the square root of this in place of the head's size.</summary>
    [JsonPropertyName("query_pre_attn_scalar")] public double? QueryScalar { get; init; }
    /// <summary>Gemma: scores are c · tanh(score / c).</summary>
    [JsonPropertyName("attn_logit_softcapping")] public double? AttentionSoftCap { get; init; }
    /// <summary>Gemma: logits are c · tanh(logit / c).</summary>
    [JsonPropertyName("final_logit_softcapping")] public double? FinalSoftCap { get; init; }

    [JsonPropertyName("bos_token_id")] public TokenIds? BosTokenIds { get; init; }
    [JsonPropertyName("eos_token_id")] public TokenIds? EosTokenIds { get; init; }
    [JsonPropertyName("torch_dtype")] public string DataType { get; set; } = "float32";

    /// <summary>The first of <see cref="BosTokenIds"/>.</summary>
    [JsonIgnore]
    public int? BosTokenId
    {
        get => BosTokenIds?.First;
        init => BosTokenIds = value is { } id ? new TokenIds(id) : null;
    }

    /// <summary>The first of <see cref="EosTokenIds"/>.</summary>
    [JsonIgnore]
    public int? EosTokenId
    {
        get => EosTokenIds?.First;
        init => EosTokenIds = value is { } id ? new TokenIds(id) : null;
    }

    /// <summary>Elements a head; <c>hidden_size / num_attention_heads</c> where the file does not say.</summary>
    [JsonIgnore] public int HeadSize => HeadDimension ?? HiddenSize / Math.Max(1, HeadCount);

    /// <summary>Null where the family is not known to this version.</summary>
    [JsonIgnore] public ModelArchitecture? Architecture => ModelArchitecture.Find(ModelType);

    /// <summary>What attention scores are multiplied with.</summary>
    [JsonIgnore] public double AttentionScale => 1 / Math.Sqrt(QueryScalar ?? HeadSize);

    /// <summary>Query, key and value have a bias.</summary>
    [JsonIgnore] public bool HasQueryKeyValueBias => AttentionBias || Bias || Architecture?.AlwaysHasQkvBias == true;

    /// <summary>The attention's output has a bias.</summary>
    [JsonIgnore]
    public bool HasOutputBias => (AttentionBias || Bias) && Architecture?.AlwaysHasQkvBias != true;

    /// <summary>How many tokens, itself included, a token of that layer sees; null where it sees all before
    /// it.</summary>
    public int? WindowOf(int layer)
    {
        if (SlidingWindow is null || UsesSlidingWindow == false) return null;
        bool slides = LayerTypes is { } types ? types[layer] == "sliding_attention"
            : (Architecture?.Sliding ?? SlidingLayers.All) switch
            {
                SlidingLayers.Even => layer % 2 == 0,
                SlidingLayers.FromMaxWindowLayers => UsesSlidingWindow == true && layer >= (MaxWindowLayers ?? 0),
                SlidingLayers.None => false,
                _ => true,
            };
        return slides ? SlidingWindow : null;
    }

    /// <summary>Throws where the numbers cannot describe a model: what is impossible or out of sane bounds. What can be
    /// described and not be run is for <see cref="RefuseUnsupported"/>.</summary>
    public void Validate(string where)
    {
        UserErrorException Bad(string what) => new($"{where}: {what}.");
        void InRange(double value, double least, double most, string name)
        {
            if (!(value >= least && value <= most))
                throw Bad($"{name} is missing or out of range ({value}; {least} to {most})");
        }

        InRange(VocabularySize, 1, MaxVocabulary, "vocab_size");
        InRange(HiddenSize, 1, MaxHidden, "hidden_size");
        InRange(IntermediateSize, 1, MaxIntermediate, "intermediate_size");
        InRange(LayerCount, 1, MaxLayers, "num_hidden_layers");
        InRange(HeadCount, 1, MaxHeads, "num_attention_heads");
        InRange(ContextLength, 1, MaxContext, "max_position_embeddings");
        if (KeyValueHeadCount < 1 || HeadCount % KeyValueHeadCount != 0 || HeadSize < 2 || HeadSize % 2 != 0
            || HeadSize > MaxHeadSize || (HeadDimension is null && HiddenSize % HeadCount != 0))
            throw Bad($"heads do not divide (heads {HeadCount}, KV heads {KeyValueHeadCount}, hidden_size "
                + $"{HiddenSize}, head_dim {HeadSize})");
        InRange(NormEpsilon, 1e-12, 0.1, "rms_norm_eps");
        InRange(RopeTheta, 1, 1e12, "rope_theta");
        InRange(QueryScalar ?? 1, 1e-3, 1e6, "query_pre_attn_scalar");
        InRange(AttentionSoftCap ?? 1, 1e-3, 1e6, "attn_logit_softcapping");
        InRange(FinalSoftCap ?? 1, 1e-3, 1e6, "final_logit_softcapping");
        InRange(SlidingWindow ?? 1, 1, int.MaxValue, "sliding_window");
        InRange(MaxWindowLayers ?? 0, 0, int.MaxValue, "max_window_layers");
        RopeScaling?.Validate(where, HeadSize);
        RopeParameters?.Validate(where, HeadSize);
        if (LayerTypes is { } types && (types.Count != LayerCount
            || types.Any(t => t is not ("sliding_attention" or "full_attention"))))
            throw Bad("layer_types is not 'sliding_attention' or 'full_attention' for each layer");
        void InVocabulary(TokenIds? ids, string name)
        {
            if (ids is not null && ids.Ids.Any(id => id < 0 || id >= VocabularySize))
                throw Bad($"{name} is outside of the vocabulary of {VocabularySize}");
        }
        InVocabulary(BosTokenIds, "bos_token_id");
        InVocabulary(EosTokenIds, "eos_token_id");
    }

    /// <summary>Throws where the model is of a kind that this version can describe and not run. Read without it, such
    /// a model would answer, and wrongly.</summary>
    public void RefuseUnsupported(string where)
    {
        if (ModelType != "llama")
            throw new UserErrorException($"{where}: model_type '{ModelType}' is not supported; this version runs "
                + "'llama'.");
        if (AttentionBias || MlpBias || Bias || (HiddenActivation ?? Activation) != "silu")
            throw new UserErrorException($"{where}: biases and activations other than silu are not supported.");
        if ((RopeScaling ?? RopeParameters) is { } scaling && scaling.KindOf(where) != RopeScalingKind.Default)
            throw new UserErrorException($"{where}: rope_scaling is not supported by this version.");
        if (Enumerable.Range(0, LayerCount).Any(layer => WindowOf(layer) < ContextLength))
            throw new UserErrorException($"{where}: sliding_window is not supported by this version.");
    }
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, WriteIndented = true)]
[JsonSerializable(typeof(ModelConfig))]
public sealed partial class ModelJson : JsonSerializerContext;
