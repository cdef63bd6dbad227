using Weir.Bench.Engines;
using Weir.Formats.Bcl;
using Weir.Formats.Gguf;
using Weir.Formats.Quantization;

namespace Weir.Bench.Tests.Engines;

public sealed class ModelFileTests
{
    [Theory]
    [InlineData("/a/qwen2.5-0.5b-Q8_0.gguf", "other", 1L, "qwen2.5-0.5b", "Q8_0")]
    [InlineData("llama3.2-1b.q4_k_m.gguf", null, null, "llama3.2-1b", "Q4_K_M")]
    [InlineData("town-F16.gguf", null, null, "town", "F16")]
    [InlineData("town-IQ4_XS.gguf", null, null, "town", "IQ4_XS")]
    [InlineData("model.gguf", "Town  chat 1", 15L, "Town-chat-1", "Q4_K_M")]
    [InlineData("model.gguf", " ", 32L, "model", "BF16")]
    [InlineData("model.gguf", "town", 999L, "town", "mixed")]
    [InlineData("model.gguf", "town", null, "town", "mixed")]
    public void Rows_name_a_model_as_its_file_does_or_else_as_its_metadata(string path, string? name, long? type,
        string expectedName, string expectedQuant) =>
        Assert.Equal((expectedName, expectedQuant), ModelFile.NameOf(path, name, type));

    [Theory]
    [InlineData(true, 64 + 640 + 320)]
    [InlineData(false, 64 + 640)]
    public void A_token_reads_all_weights_but_an_embedding_table_of_its_own(bool isTied, long expected)
    {
        var model = Read(isTied, keyLength: null);
        Assert.Equal((expected, "m F32"), (model.WeightBytes, model.Label));
    }

    [Theory]
    [InlineData(null, 3 * 2 * (4 + 4) * 2)] // 16 wide over 4 heads
    [InlineData(10, 3 * 2 * (10 + 4) * 2)]
    public void A_position_of_the_cache_holds_keys_and_values_of_every_layer(int? keyLength, long expected)
    {
        var model = Read(isTied: false, keyLength);
        Assert.Equal(expected, model.CacheBytes);
        Assert.Equal(model.WeightBytes + (100 * expected), model.BytesPerToken(100));
    }

    [Fact]
    public void A_file_that_is_no_model_is_refused()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "no model");
            Assert.Throws<UserErrorException>(() => ModelFile.Open(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static ModelFile Read(bool isTied, int? keyLength)
    {
        var writer = new GgufWriter();
        writer.Add("general.architecture", "llama");
        writer.Add("llama.block_count", 3u);
        writer.Add("llama.embedding_length", 16u);
        writer.Add("llama.attention.head_count", 4u);
        writer.Add("llama.attention.head_count_kv", 2u);
        if (keyLength is { } length) writer.Add("llama.attention.key_length", (uint)length);
        writer.AddTensor("output_norm.weight", TensorType.F32, [16], new float[16]);
        if (isTied) writer.AddTensor("blk.0.ffn_up.weight", TensorType.F32, [16, 10], new float[160]);
        else writer.AddTensor("output.weight", TensorType.F32, [16, 10], new float[160]);
        writer.AddTensor("token_embd.weight", TensorType.F32, [16, 5], new float[80]);
        var folder = Directory.CreateTempSubdirectory("weir-bench-test-");
        try
        {
            var path = Path.Combine(folder.FullName, "m-F32.gguf");
            writer.Save(path);
            return ModelFile.Open(path);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
