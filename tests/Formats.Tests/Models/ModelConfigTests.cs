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
        config.Validate("here");
        Assert.Equal((64, 16, 10000.0, true), (config.HiddenSize, config.HeadSize, config.RopeTheta,
            config.TiedEmbeddings));
    }

    [Theory]
    [InlineData("\"llama\"", "\"qwen2\"", "model_type")]
    [InlineData("\"vocab_size\":32", "\"vocab_size\":0", "out of range")]
    [InlineData("\"num_hidden_layers\":2", "\"num_hidden_layers\":100000", "out of range")]
    [InlineData("\"num_key_value_heads\":2", "\"num_key_value_heads\":3", "heads do not divide")]
    [InlineData("\"hidden_size\":64", "\"hidden_size\":60", "heads do not divide")] // a head of 15 has no pairs
    [InlineData("\"extra\":[]", "\"attention_bias\":true", "biases")]
    [InlineData("\"extra\":[]", "\"hidden_act\":\"gelu\"", "activations")]
    [InlineData("\"rope_scaling\":null", "\"rope_scaling\":{\"rope_type\":\"llama3\",\"factor\":8}", "rope_scaling")]
    public void What_this_version_cannot_run_is_refused_by_name(string old, string changed, string says)
    {
        var config = Read(Good.Replace(old, changed, StringComparison.Ordinal));
        var error = Assert.Throws<UserErrorException>(() =>
        {
            config.Validate("here");
            config.RefuseUnsupported("here");
        });
        Assert.StartsWith("here: ", error.Message);
        Assert.Contains(says, error.Message);
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        var config = Read(Good) with
        {
            HeadDimension = 24, RopeTheta = 500_000, TiedEmbeddings = false, EosTokenId = 7,
        };
        Assert.Equal(config with { RopeScaling = null }, Read(JsonSerializer.Serialize(config,
            ModelJson.Default.ModelConfig)) with { Architectures = config.Architectures });
    }

    private static ModelConfig Read(string json) => JsonSerializer.Deserialize(json, ModelJson.Default.ModelConfig)!;
}
