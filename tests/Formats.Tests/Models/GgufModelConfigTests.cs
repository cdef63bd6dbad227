using Weir.Formats.Bcl;
using Weir.Formats.Gguf;
using Weir.Formats.Models;
using Weir.Formats.Quantization;

namespace Weir.Formats.Tests.Models;

public sealed class GgufModelConfigTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("weir-config-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("llama")]
    [InlineData("qwen2")]
    [InlineData("qwen3")]
    [InlineData("internlm2")]
    [InlineData("gemma2")]
    public void A_model_of_each_family_is_read(string type)
    {
        var config = Read(type);
        Assert.Equal((type, 8, 16, 24, 2, 4, 2, 4, 32), (config.ModelType, config.VocabularySize, config.HiddenSize,
            config.IntermediateSize, config.LayerCount, config.HeadCount, config.KeyValueHeadCount, config.HeadSize,
            config.ContextLength));
        Assert.Equal((1e-6f, 500_000.0, true), ((float)config.NormEpsilon, config.RopeTheta, config.TiedEmbeddings));
        Assert.Equal((4, 5), (config.BosTokenId, config.EosTokenId));
        Assert.Equal(type == "qwen2", config.HasQueryKeyValueBias);
        Assert.Equal(type == "gemma2" ? "gelu_pytorch_tanh" : "silu", config.Activation);
        Assert.Equal(type == "gemma2" ? (50.0, 30.0, 4096) : (null, null, null),
            (config.AttentionSoftCap, config.FinalSoftCap, config.SlidingWindow));
    }

    [Fact]
    public void The_largest_gemma_2_scales_by_hidden_size_over_heads()
    {
        Assert.Equal(1 / Math.Sqrt(8), Read("gemma2", Small("gemma2") with { HeadDimension = 8 }).AttentionScale);
        Assert.Equal(1 / Math.Sqrt(4), Read("gemma2",
            Small("gemma2") with { HeadDimension = 8, LayerCount = 46 }).AttentionScale);
    }

    [Fact]
    public void Scaled_rotary_embeddings_are_read_with_their_numbers()
    {
        var yarn = Read("qwen2", change: writer =>
        {
            writer.Add("qwen2.rope.scaling.type", "yarn");
            writer.Add("qwen2.rope.scaling.factor", 4f);
            writer.Add("qwen2.rope.scaling.original_context_length", 8u);
        }).RopeScaling!;
        Assert.Equal((RopeScalingKind.Yarn, 4.0, 8.0), (yarn.KindOf(""), yarn.Factor, yarn.OriginalContextLength));
        var linear = Read("llama", change: writer => writer.Add("llama.rope.scale_linear", 2f)).RopeScaling!;
        Assert.Equal((RopeScalingKind.Linear, 2.0), (linear.KindOf(""), linear.Factor));
        Assert.Null(Read("llama", change: writer => writer.Add("llama.rope.scaling.type", "none")).RopeScaling);
        // Llama 3.1: llama.cpp keeps what each pair of dimensions is divided by.
        var divided = Read("llama", change: writer =>
            writer.AddTensor("rope_freqs.weight", TensorType.F32, [2], [1, 8])).RopeScaling!;
        Assert.Equal(RopeScalingKind.LongRope, divided.KindOf(""));
        Assert.Equal([1, 8], divided.LongFactors!);
        Assert.Equal(divided.ShortFactors, divided.LongFactors);
        Assert.Equal(1, divided.AttentionFactor);
    }

    [Fact]
    public void Sizes_given_for_each_layer_may_be_all_the_same()
    {
        Assert.Equal(2, Read("llama", change: w => w.Add("llama.attention.head_count_kv", new[] { 2, 2 }))
            .KeyValueHeadCount);
        Assert.Contains("differs between layers",
            Refused(w => w.Add("llama.attention.head_count_kv", new[] { 2, 4 })));
    }

    /// <summary>What is wrong, key and value.</summary>
    public static TheoryData<string, string, object> Impossible => new()
    {
        { "'mamba'", "general.architecture", "mamba" },
        { "'llama.block_count' is out of range", "block_count", -1 },
        { "num_hidden_layers", "block_count", 100_000u },
        { "num_hidden_layers", "block_count", 0u },
        { "no integer 'llama.block_count'", "block_count", "2" },
        { "heads do not divide", "attention.head_count_kv", 3u },
        { "heads do not divide", "attention.head_count_kv", 0u },
        { "num_attention_heads", "attention.head_count", 100_000u },
        { "part of the head", "attention.key_length", 6u },
        { "part of the head", "rope.dimension_count", 2u },
        { "part of the head", "attention.value_length", 2u },
        { "max_position_embeddings", "context_length", 0u },
        { "max_position_embeddings", "context_length", int.MaxValue },
        { "rms_norm_eps", "attention.layer_norm_rms_epsilon", 5f },
        { "out of range", "attention.layer_norm_rms_epsilon", float.NaN },
        { "out of range", "rope.freq_base", float.PositiveInfinity },
        { "rope_theta", "rope.freq_base", 0f },
        { "'token_embd.weight' is 8 x 16, the configuration needs 8 x 32", "embedding_length", 32u },
        { "'blk.0.ffn_gate.weight' is 24 x 16, the configuration needs 32 x 16", "feed_forward_length", 32u },
        { "'blk.2.attn_norm.weight' is missing", "block_count", 3u },
        { "'blk.1.attn_norm.weight' belongs to a kind", "block_count", 1u },
        { "mixtures of experts", "expert_count", 8u },
        { "'bogus'", "rope.scaling.type", "bogus" },
        { "factor is missing", "rope.scaling.type", "yarn" },
    };

    [Theory]
    [MemberData(nameof(Impossible))]
    public void Numbers_that_cannot_be_are_refused(string says, string key, object value) =>
        Assert.Contains(says, Refused(w => w.Add(key.Contains("general.", StringComparison.Ordinal) ? key
            : "llama." + key, value)));

    /// <summary>What is wrong, key and value.</summary>
    public static TheoryData<string, string, object> Contradictions => new()
    {
        { "6 tokens, and 'tokenizer.ggml.scores' has 2", "scores", new[] { 1f, 2f } },
        { "6 tokens, and 'tokenizer.ggml.token_type' has 3", "token_type", new[] { 1, 1, 1 } },
        { "no list of numbers", "token_type", new[] { "1", "1", "1", "1", "1", "1" } },
        { "9 tokens and 8 embeddings", "tokens", "a b c d e f g h i".Split(' ') },
        { "0 tokens", "tokens", Array.Empty<string>() },
        { "'tokenizer.ggml.tokens'", "tokens", 5u },
        { "bos_token_id is outside", "bos_token_id", 8u },
        { "its eos token 4294967295 is outside", "eos_token_id", uint.MaxValue },
        { "its eos token -1 is outside", "eos_token_id", -1 },
        { "'tokenizer.ggml.padding_token_id' is outside", "padding_token_id", 100u },
        { "'tokenizer.ggml.unknown_token_id' is outside", "unknown_token_id", "x" },
        { "'ab' is not a pair", "merges", new[] { "ab" } },
        { "'a ' is not a pair", "merges", new[] { "a " } },
        { "no list of texts", "merges", new[] { 1 } },
    };

    [Theory]
    [MemberData(nameof(Contradictions))]
    public void Vocabularies_that_contradict_themselves_are_refused(string says, string key, object value) =>
        Assert.Contains(says, Refused(w => w.Add("tokenizer.ggml." + key, value)));

    [Fact]
    public void A_tensor_that_the_family_does_not_have_is_refused() =>
        Assert.Contains("'blk.0.attn_q_norm.weight' belongs to a kind",
            Refused(w => w.AddTensor("blk.0.attn_q_norm.weight", TensorType.F32, [4], new float[4])));

    private string Refused(Action<GgufWriter> change) =>
        Assert.Throws<UserErrorException>(() => Read("llama", change: change)).Message;

    /// <summary>Writes a model with zeros for weights, <paramref name="change"/> first, and reads its
    /// configuration.</summary>
    private ModelConfig Read(string type, ModelConfig? config = null, Action<GgufWriter>? change = null)
    {
        config ??= Small(type);
        var writer = new GgufWriter();
        change?.Invoke(writer);
        void Add(string key, object value)
        {
            if (!writer.Has(key)) writer.Add(key, value);
        }
        Add("general.architecture", type);
        Add($"{type}.context_length", 32u);
        Add($"{type}.embedding_length", 16u);
        Add($"{type}.block_count", (uint)config.LayerCount);
        Add($"{type}.feed_forward_length", 24u);
        Add($"{type}.attention.head_count", 4u);
        Add($"{type}.attention.head_count_kv", 2u);
        Add($"{type}.attention.layer_norm_rms_epsilon", 1e-6f);
        Add($"{type}.rope.freq_base", 500_000f);
        if (config.HeadDimension is { } size)
        {
            Add($"{type}.attention.key_length", (uint)size);
            Add($"{type}.attention.value_length", (uint)size);
        }
        Add("tokenizer.ggml.tokens", new[] { "a", "b", "ab", "c", "<s>", "</s>" });
        Add("tokenizer.ggml.token_type", new[] { 1, 1, 1, 1, 3, 3 });
        Add("tokenizer.ggml.scores", new float[6]);
        Add("tokenizer.ggml.merges", new[] { "a b" });
        Add("tokenizer.ggml.bos_token_id", 4u);
        Add("tokenizer.ggml.eos_token_id", 5u);
        foreach (var tensor in ModelTensors.Of(config))
            writer.AddTensor(tensor.GgufName, TensorType.F16, [.. tensor.Shape.Reverse()],
                new float[tensor.Shape.Aggregate(1L, (a, b) => a * b)]);
        var path = Path.Combine(_folder, "model.gguf");
        writer.Save(path);
        using var file = GgufFile.Open(path);
        return GgufModelConfig.Read(file);
    }

    private static ModelConfig Small(string type) => new()
    {
        ModelType = type, VocabularySize = 8, HiddenSize = 16, IntermediateSize = 24, LayerCount = 2, HeadCount = 4,
        KeyValueHeadCount = 2, ContextLength = 32,
    };
}
