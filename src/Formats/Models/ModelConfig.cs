using System.Text.Json;
using System.Text.Json.Serialization;
using Weir.Formats.Bcl;

namespace Weir.Formats.Models;

/// <summary><c>config.json</c> of a Llama-architecture decoder in the Hugging Face layout.</summary>
public sealed record ModelConfig
{
    [JsonPropertyName("architectures")] public IReadOnlyList<string> Architectures { get; set; } = ["LlamaForCausalLM"];
    [JsonPropertyName("model_type")] public string ModelType { get; set; } = "llama";
    [JsonPropertyName("vocab_size")] public required int VocabularySize { get; init; }
    [JsonPropertyName("hidden_size")] public required int HiddenSize { get; init; }
    [JsonPropertyName("intermediate_size")] public required int IntermediateSize { get; init; }
    [JsonPropertyName("num_hidden_layers")] public required int LayerCount { get; init; }
    [JsonPropertyName("num_attention_heads")] public required int HeadCount { get; init; }
    [JsonPropertyName("num_key_value_heads")] public required int KeyValueHeadCount { get; init; }
    [JsonPropertyName("head_dim")] public int? HeadDimension { get; init; }
    [JsonPropertyName("max_position_embeddings")] public required int ContextLength { get; init; }
    [JsonPropertyName("rms_norm_eps")] public double NormEpsilon { get; set; } = 1e-5;
    [JsonPropertyName("rope_theta")] public double RopeTheta { get; set; } = 10000.0;
    [JsonPropertyName("rope_scaling")] public JsonElement? RopeScaling { get; init; }
    [JsonPropertyName("tie_word_embeddings")] public bool TiedEmbeddings { get; set; } = true;
    [JsonPropertyName("hidden_act")] public string Activation { get; set; } = "silu";
    [JsonPropertyName("attention_bias")] public bool AttentionBias { get; init; }
    [JsonPropertyName("mlp_bias")] public bool MlpBias { get; init; }
    [JsonPropertyName("bos_token_id")] public int? BosTokenId { get; init; }
    [JsonPropertyName("eos_token_id")] public int? EosTokenId { get; init; }
    [JsonPropertyName("torch_dtype")] public string DataType { get; set; } = "float32";

    /// <summary>Elements a head; <c>hidden_size / num_attention_heads</c> where the file does not say.</summary>
    [JsonIgnore] public int HeadSize => HeadDimension ?? HiddenSize / HeadCount;

    /// <summary>Throws where the numbers cannot describe a model that this version runs.</summary>
    public void Validate(string where)
    {
        if (ModelType != "llama")
            throw new UserErrorException($"{where}: model_type '{ModelType}' is not supported; this version runs "
                + $"'llama'.");
        if (VocabularySize is < 1 or > 1 << 20 || HiddenSize is < 1 or > 1 << 16 || IntermediateSize is < 1 or > 1 << 18
            || LayerCount is < 1 or > 1024 || HeadCount is < 1 or > 1024 || ContextLength is < 1 or > 1 << 24)
            throw new UserErrorException($"{where}: a size is missing or out of range.");
        if (KeyValueHeadCount < 1 || HeadCount % KeyValueHeadCount != 0 || HeadSize < 2 || HeadSize % 2 != 0
            || HeadSize > 1024)
            throw new UserErrorException($"{where}: heads do not divide (heads {HeadCount}, KV heads "
                + $"{KeyValueHeadCount}).");
        if (AttentionBias || MlpBias || Activation != "silu")
            throw new UserErrorException($"{where}: biases and activations other than silu are not supported.");
        // Read without it, such a model would answer, and wrongly.
        if (RopeScaling is { ValueKind: not JsonValueKind.Null })
            throw new UserErrorException($"{where}: rope_scaling is not supported by this version.");
    }
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, WriteIndented = true)]
[JsonSerializable(typeof(ModelConfig))]
public sealed partial class ModelJson : JsonSerializerContext;

/// <summary>Tensor names of the Llama family, single for all who read or write weights. Matrices are [out,
/// in].</summary>
public static class TensorNames
{
    public const string Embedding = "model.embed_tokens.weight", FinalNorm = "model.norm.weight",
        Head = "lm_head.weight";

    public static string InputNorm(int layer) => $"model.layers.{layer}.input_layernorm.weight";
    public static string Query(int layer) => $"model.layers.{layer}.self_attn.q_proj.weight";
    public static string Key(int layer) => $"model.layers.{layer}.self_attn.k_proj.weight";
    public static string Value(int layer) => $"model.layers.{layer}.self_attn.v_proj.weight";
    public static string Output(int layer) => $"model.layers.{layer}.self_attn.o_proj.weight";
    public static string PostNorm(int layer) => $"model.layers.{layer}.post_attention_layernorm.weight";
    public static string Gate(int layer) => $"model.layers.{layer}.mlp.gate_proj.weight";
    public static string Up(int layer) => $"model.layers.{layer}.mlp.up_proj.weight";
    public static string Down(int layer) => $"model.layers.{layer}.mlp.down_proj.weight";
}
