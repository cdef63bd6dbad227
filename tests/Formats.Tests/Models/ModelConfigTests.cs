using System.Text;
using System.Text.Json;
using Weir.Formats.Bcl;
using Weir.Formats.Models;

namespace Weir.Formats.Tests.Models;

public sealed class ModelConfigTests
{
    private const string Good =
        """
        {"model_type":"llama","vocab_size":32,"hidden_size":64,"intermediate_size":160,"num_hidden_layers":2,
         "num_attention_heads":4,"num_key_value_heads":2,"max_position_embeddings":128,"rope_scaling":null,"extra":[]}
        """;

    [Fact]
    public void A_config_of_the_llama_family_is_read()
    {
        var config = Read(Good);
        config.RefuseUnsupported("here");
        Assert.Equal((64, 16, 10000.0, true), (config.HiddenSize, config.HeadSize, config.RopeTheta,
            config.TiedEmbeddings));
        Assert.Same(ModelArchitecture.Llama, config.Architecture);
        Assert.False(config.HasQueryKeyValueBias);
        Assert.Equal(4, Read(With("\"num_key_value_heads\":2,", "")).KeyValueHeadCount);
    }

    [Theory]
    [InlineData("\"vocab_size\":32", "\"vocab_size\":0", "out of range")]
    [InlineData("\"vocab_size\":32", "\"vocab_size\":2000000", "vocab_size")]
    [InlineData("\"num_hidden_layers\":2", "\"num_hidden_layers\":100000", "out of range")]
    [InlineData("\"hidden_size\":64", "\"hidden_size\":-64", "hidden_size")]
    [InlineData("\"max_position_embeddings\":128", "\"max_position_embeddings\":0", "max_position_embeddings")]
    [InlineData("\"num_attention_heads\":4", "\"num_attention_heads\":0", "num_attention_heads")]
    [InlineData("\"num_key_value_heads\":2", "\"num_key_value_heads\":3", "heads do not divide")]
    [InlineData("\"num_key_value_heads\":2", "\"num_key_value_heads\":0", "heads do not divide")]
    [InlineData("\"hidden_size\":64", "\"hidden_size\":60", "heads do not divide")] // a head of 15 has no pairs
    [InlineData("\"hidden_size\":64", "\"hidden_size\":66", "heads do not divide")]
    [InlineData("\"extra\":[]", "\"head_dim\":4096", "heads do not divide")]
    [InlineData("\"extra\":[]", "\"rms_norm_eps\":0", "rms_norm_eps")]
    [InlineData("\"extra\":[]", "\"rope_theta\":0.5", "rope_theta")]
    [InlineData("\"extra\":[]", "\"eos_token_id\":32", "eos_token_id")]
    [InlineData("\"extra\":[]", "\"bos_token_id\":[1,-1]", "bos_token_id")]
    [InlineData("\"extra\":[]", "\"sliding_window\":0", "sliding_window")]
    [InlineData("\"extra\":[]", "\"layer_types\":[\"full_attention\"]", "layer_types")]
    [InlineData("\"extra\":[]", "\"layer_types\":[\"full_attention\",\"linear\"]", "layer_types")]
    [InlineData("\"extra\":[]", "\"attn_logit_softcapping\":-1", "attn_logit_softcapping")]
    [InlineData("\"extra\":[]", "\"query_pre_attn_scalar\":0", "query_pre_attn_scalar")]
    [InlineData("\"extra\":[]", "\"model_type\":null", "null")]
    [InlineData("\"extra\":[]", "\"eos_token_id\":\"2\"", "not a model configuration")]
    [InlineData("\"vocab_size\":32,", "", "not a model configuration")]
    [InlineData("\"rope_scaling\":null", "\"rope_scaling\":\"linear\"", "not a model configuration")]
    [InlineData("\"rope_scaling\":null", "\"rope_scaling\":{\"type\":\"linear\"}", "factor is missing")]
    [InlineData("\"rope_scaling\":null", "\"rope_scaling\":{\"type\":\"linear\",\"factor\":0}", "factor 0")]
    [InlineData("\"rope_scaling\":null", "\"rope_scaling\":{\"rope_type\":\"llama3\",\"factor\":8}", "rope_scaling")]
    [InlineData("\"rope_scaling\":null", "\"rope_scaling\":{\"type\":\"mystery\"}", "'mystery'")]
    [InlineData("\"rope_scaling\":null", "\"rope_scaling\":{\"type\":\"su\",\"long_factor\":[1]}", "8 positive")]
    public void What_cannot_be_is_refused_by_name(string old, string changed, string says)
    {
        var error = Assert.Throws<UserErrorException>(() => Read(With(old, changed)));
        Assert.StartsWith("here", error.Message);
        Assert.Contains(says, error.Message);
    }

    [Theory]
    [InlineData("\"llama\"", "\"qwen2\"", "model_type")]
    [InlineData("\"extra\":[]", "\"attention_bias\":true", "biases")]
    [InlineData("\"extra\":[]", "\"mlp_bias\":true", "biases")]
    [InlineData("\"extra\":[]", "\"hidden_act\":\"gelu\"", "activations")]
    [InlineData("\"extra\":[]", "\"sliding_window\":64", "sliding_window")]
    [InlineData("\"rope_scaling\":null", "\"rope_scaling\":{\"type\":\"dynamic\",\"factor\":2}", "rope_scaling")]
    public void What_can_be_and_is_not_run_is_refused_by_name(string old, string changed, string says)
    {
        var error = Assert.Throws<UserErrorException>(() => Read(With(old, changed)).RefuseUnsupported("here"));
        Assert.StartsWith("here: ", error.Message);
        Assert.Contains(says, error.Message);
    }

    [Fact]
    public void Scaling_of_llama_3_1_is_read_with_its_numbers()
    {
        const string json = """
            {"factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":64,
             "rope_type":"llama3"}
            """;
        var scaling = Read(With("\"rope_scaling\":null", "\"rope_scaling\":" + json)).RopeScaling!;
        Assert.Equal(RopeScalingKind.Llama3, scaling.KindOf("here"));
        Assert.Equal((8.0, 1.0, 4.0, 64.0), (scaling.Factor, scaling.LowFrequencyFactor, scaling.HighFrequencyFactor,
            scaling.OriginalContextLength));
        // Newer configurations keep the base there too.
        var newer = Read(With("\"rope_scaling\":null", "\"rope_parameters\":" + json[..^1] + ",\"rope_theta\":5e5}"));
        Assert.Equal((500_000.0, scaling, null), (newer.RopeTheta, newer.RopeScaling, newer.RopeParameters));
        var none = Read(With("\"rope_scaling\":null",
            "\"rope_parameters\":{\"rope_type\":\"default\",\"rope_theta\":7}"));
        Assert.Equal((7.0, null), (none.RopeTheta, none.RopeScaling));
    }

    [Fact]
    public void Windows_follow_the_family_and_the_list_of_layers()
    {
        int?[] Windows(string changed) =>
            [.. Enumerable.Range(0, 2).Select(Read(With("\"extra\":[]", changed)).WindowOf)];
        Assert.Equal([null, null], Windows("\"sliding_window\":null"));
        Assert.Equal([8, 8], Windows("\"model_type\":\"mistral\",\"sliding_window\":8"));
        Assert.Equal([8, null], Windows("\"model_type\":\"gemma2\",\"sliding_window\":8"));
        Assert.Equal([null, null], Windows("\"model_type\":\"qwen2\",\"sliding_window\":8"));
        Assert.Equal([null, null],
            Windows("\"model_type\":\"qwen2\",\"sliding_window\":8,\"use_sliding_window\":false"));
        Assert.Equal([null, 8], Windows("""
            "model_type":"qwen2","sliding_window":8,"use_sliding_window":true,"max_window_layers":1
            """));
        Assert.Equal([null, 8], Windows("""
            "model_type":"qwen3","sliding_window":8,"layer_types":["full_attention","sliding_attention"]
            """));
    }

    [Fact]
    public void A_config_of_gemma_2_is_read()
    {
        var config = Read(With("\"extra\":[]", """
            "architectures":["Gemma2ForCausalLM"],"model_type":"gemma2","head_dim":32,"query_pre_attn_scalar":256,
            "attn_logit_softcapping":50.0,"final_logit_softcapping":30.0,"sliding_window":4096,"hidden_act":"gelu",
            "hidden_activation":"gelu_pytorch_tanh","bos_token_id":2,"eos_token_id":[1,7]
            """));
        Assert.Equal("gelu_pytorch_tanh", config.Activation);
        Assert.Equal((1.0 / 16, 50.0, 30.0), (config.AttentionScale, config.AttentionSoftCap, config.FinalSoftCap));
        Assert.Equal((2, 1), (config.BosTokenId, config.EosTokenId));
        Assert.Equal([1, 7], config.EosTokenIds!.Ids);
        Assert.True(config.Architecture is { HasPostNorms: true, NormsAreLessOne: true, ScalesEmbeddings: true });
    }

    [Theory]
    [InlineData("qwen2", "", true, false)]
    [InlineData("qwen3", "", false, false)]
    [InlineData("qwen3", ",\"attention_bias\":true", true, true)]
    [InlineData("internlm2", ",\"bias\":true", true, true)]
    [InlineData("internlm2", ",\"bias\":false", false, false)]
    [InlineData("llama", ",\"attention_bias\":true", true, true)]
    public void Biases_follow_the_family_and_its_switches(string type, string more, bool qkv, bool output)
    {
        var config = Read(With("\"extra\":[]", $"\"model_type\":\"{type}\"{more}"));
        Assert.Equal((qkv, output), (config.HasQueryKeyValueBias, config.HasOutputBias));
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        var config = Read(Good) with
        {
            HeadDimension = 24, RopeTheta = 500_000, TiedEmbeddings = false, EosTokenIds = new TokenIds(7, 8),
            RopeScaling = new RopeScaling { TypeName = "yarn", Factor = 4, OriginalContextLength = 32 },
        };
        var json = JsonSerializer.SerializeToUtf8Bytes(config, ModelJson.Default.ModelConfig);
        Assert.Equal(config, ModelConfigFile.Parse(json, "here") with { Architectures = config.Architectures });
        var one = JsonSerializer.Serialize(config with { EosTokenId = 3 }, ModelJson.Default.ModelConfig);
        Assert.Contains("\"eos_token_id\": 3", one);
    }

    private static string With(string old, string changed)
    {
        Assert.Contains(old, Good);
        return Good.Replace(old, changed, StringComparison.Ordinal);
    }

    private static ModelConfig Read(string json) => ModelConfigFile.Parse(Encoding.UTF8.GetBytes(json), "here");
}
