using Weir.Formats.Bcl;
using Weir.Formats.Models;

namespace Weir.Formats.Tests.Models;

public sealed class ModelTensorsTests
{
    /// <summary>Model type, and of layer 1: a role, its name in safetensors and in GGUF.</summary>
    public static TheoryData<string, TensorRole, string, string> Names => new()
    {
        { "llama", TensorRole.Query, "model.layers.1.self_attn.q_proj.weight", "blk.1.attn_q.weight" },
        { "llama", TensorRole.Output, "model.layers.1.self_attn.o_proj.weight", "blk.1.attn_output.weight" },
        {
            "mistral", TensorRole.FeedForwardNorm, "model.layers.1.post_attention_layernorm.weight",
            "blk.1.ffn_norm.weight"
        },
        { "mistral", TensorRole.Down, "model.layers.1.mlp.down_proj.weight", "blk.1.ffn_down.weight" },
        { "qwen2", TensorRole.KeyBias, "model.layers.1.self_attn.k_proj.bias", "blk.1.attn_k.bias" },
        { "qwen3", TensorRole.QueryNorm, "model.layers.1.self_attn.q_norm.weight", "blk.1.attn_q_norm.weight" },
        { "qwen3", TensorRole.KeyNorm, "model.layers.1.self_attn.k_norm.weight", "blk.1.attn_k_norm.weight" },
        { "internlm2", TensorRole.Value, "model.layers.1.attention.wqkv.weight", "blk.1.attn_v.weight" },
        { "internlm2", TensorRole.Output, "model.layers.1.attention.wo.weight", "blk.1.attn_output.weight" },
        { "internlm2", TensorRole.Gate, "model.layers.1.feed_forward.w1.weight", "blk.1.ffn_gate.weight" },
        { "internlm2", TensorRole.Up, "model.layers.1.feed_forward.w3.weight", "blk.1.ffn_up.weight" },
        { "internlm2", TensorRole.Down, "model.layers.1.feed_forward.w2.weight", "blk.1.ffn_down.weight" },
        { "internlm2", TensorRole.InputNorm, "model.layers.1.attention_norm.weight", "blk.1.attn_norm.weight" },
        {
            "gemma2", TensorRole.PostAttentionNorm, "model.layers.1.post_attention_layernorm.weight",
            "blk.1.post_attention_norm.weight"
        },
        {
            "gemma2", TensorRole.FeedForwardNorm, "model.layers.1.pre_feedforward_layernorm.weight",
            "blk.1.ffn_norm.weight"
        },
        {
            "gemma2", TensorRole.PostFeedForwardNorm, "model.layers.1.post_feedforward_layernorm.weight",
            "blk.1.post_ffw_norm.weight"
        },
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void Tensors_are_named_as_the_families_name_them(string type, TensorRole role, string name, string gguf)
    {
        var tensor = ModelTensors.Of(Small(type)).Single(t => t.Role == role && t.Layer == 1);
        Assert.Equal((name, gguf), (tensor.HuggingFaceName, tensor.GgufName));
    }

    [Theory]
    [InlineData("llama", 9, 0)]
    [InlineData("qwen2", 12, 0)]
    [InlineData("qwen3", 11, 0)]
    [InlineData("internlm2", 9, 0)]
    [InlineData("gemma2", 11, 4)]
    public void Each_family_has_its_tensors(string type, int aLayer, int normsLessOne)
    {
        var tensors = ModelTensors.Of(Small(type));
        Assert.Equal(2 * aLayer + 2, tensors.Count);
        Assert.Equal(tensors.Count, tensors.Select(t => t.GgufName).Distinct().Count());
        Assert.Equal(normsLessOne, tensors.Count(t => t.HuggingFaceIsLessOne && t.Layer == 1));
        Assert.Equal(tensors.Count + 1, ModelTensors.Of(Small(type) with { TiedEmbeddings = false }).Count);
        Assert.All(tensors.Where(t => t.HuggingFaceIsLessOne), t => Assert.False(t.IsMatrix));
    }

    [Fact]
    public void Names_of_the_llama_family_are_those_of_the_list()
    {
        var names = ModelTensors.Of(Small("llama") with { TiedEmbeddings = false })
            .Select(t => t.HuggingFaceName).ToHashSet();
        string[] expected = [TensorNames.Embedding, TensorNames.FinalNorm, TensorNames.Head, TensorNames.InputNorm(1),
            TensorNames.Query(1), TensorNames.Key(1), TensorNames.Value(1), TensorNames.Output(1),
            TensorNames.PostNorm(1), TensorNames.Gate(1), TensorNames.Up(1), TensorNames.Down(1)];
        Assert.Superset(expected.ToHashSet(), names);
    }

    /// <summary>Two groups of two heads of size 4: rows q0 q1 k v of the first group, then of the second.</summary>
    [Fact]
    public void Packed_rows_of_internlm2_are_found()
    {
        var tensors = ModelTensors.Of(Small("internlm2")).Where(t => t.Layer == 1).ToDictionary(t => t.Role);
        var (query, key, value) = (tensors[TensorRole.Query], tensors[TensorRole.Key], tensors[TensorRole.Value]);
        Assert.Equal([32, 16], query.HuggingFaceShape);
        Assert.Equal([0, 7, 16, 23], ((long[])[0, 7, 8, 15]).Select(query.HuggingFaceRow));
        Assert.Equal([8, 11, 24, 27], ((long[])[0, 3, 4, 7]).Select(key.HuggingFaceRow));
        Assert.Equal([12, 15, 28, 31], ((long[])[0, 3, 4, 7]).Select(value.HuggingFaceRow));
        var all = ((ModelTensor[])[query, key, value])
            .SelectMany(t => Enumerable.Range(0, (int)t.Rows).Select(row => t.HuggingFaceRow(row)));
        Assert.Equal(Enumerable.Range(0, 32).Select(row => (long)row), all.Order());
    }

    [Theory]
    [InlineData("llama", true)]
    [InlineData("internlm2", true)]
    [InlineData("qwen2", false)]
    [InlineData("qwen3", false)]
    [InlineData("gemma2", false)]
    public void Rows_of_queries_and_keys_are_interleaved_where_gguf_does_so(string type, bool interleaved)
    {
        var tensors = ModelTensors.Of(Small(type)).Where(t => t.Layer == 0).ToDictionary(t => t.Role);
        long[] first = interleaved ? [0, 2, 1, 3, 4, 6, 5, 7] : [0, 1, 2, 3, 4, 5, 6, 7];
        foreach (var role in (TensorRole[])[TensorRole.Query, TensorRole.Key])
            Assert.Equal(first, Enumerable.Range(0, 8).Select(row => tensors[role].GgufRow(row)));
        Assert.Equal(5, tensors[TensorRole.Value].GgufRow(5));
        if (type == "qwen2") Assert.Equal(1, tensors[TensorRole.QueryBias].GgufRow(1));
    }

    [Fact]
    public void A_file_with_other_tensors_than_the_configuration_calls_for_is_refused()
    {
        var config = Small("qwen2");
        var shapes = ModelTensors.Of(config).ToDictionary(t => t.HuggingFaceName, t => t.Shape);
        void Check() => ModelTensors.Check(config, "here", shapes.Keys, shapes.GetValueOrDefault, gguf: false);
        string Refused() => Assert.Throws<UserErrorException>(Check).Message;

        Check();
        shapes["model.layers.0.self_attn.rotary_emb.inv_freq"] = [2];
        shapes[TensorNames.Head] = [8, 16]; // tied: a repetition
        Check();
        shapes["model.layers.0.self_attn.o_proj.bias"] = [16];
        Assert.Contains("'model.layers.0.self_attn.o_proj.bias' belongs to a kind", Refused());
        shapes.Remove("model.layers.0.self_attn.o_proj.bias");
        shapes[TensorNames.Gate(1)] = [16, 24];
        Assert.Contains("is 16 x 24, the configuration needs 24 x 16", Refused());
        shapes.Remove(TensorNames.Gate(1));
        Assert.Contains($"'{TensorNames.Gate(1)}' is missing", Refused());
    }

    private static ModelConfig Small(string type) => new()
    {
        ModelType = type, VocabularySize = 8, HiddenSize = 16, IntermediateSize = 24, LayerCount = 2, HeadCount = 4,
        KeyValueHeadCount = 2, ContextLength = 32,
    };
}
