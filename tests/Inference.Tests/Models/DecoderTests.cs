using Weir.Formats.Bcl;
using Weir.Formats.Gguf;
using Weir.Inference.Kernels;
using Weir.Inference.Models;

namespace Weir.Inference.Tests.Models;

public sealed class DecoderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("weir-inference-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static int[] Tokens(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(RandomModel.Tokenizer.VocabularySize))];
    }

    private static float[] Logits(LoadedModel model, int[] tokens, params int[] chunks)
    {
        var decoder = new Decoder(model);
        var cache = new KvCache(model.Config);
        var all = new List<float>();
        int at = 0;
        foreach (var chunk in chunks)
        {
            var rows = new float[chunk * model.Config.VocabularySize];
            decoder.Forward(tokens.AsSpan(at, chunk), cache, rows);
            all.AddRange(rows);
            at += chunk;
        }
        return [.. all];
    }

    [Theory]
    [InlineData(48, 4, 2, 2, 80, true)]
    [InlineData(40, 5, 1, 3, 72, true)]
    [InlineData(36, 3, 3, 1, 33, false)] // odd sizes: remainders of every vector loop
    [InlineData(64, 8, 4, 2, 96, false)]
    public void Logits_agree_with_a_reference_in_double(int hidden, int heads, int kvHeads, int layers, int inner,
        bool tied)
    {
        var model = RandomModel.Create(hidden, hidden, heads, kvHeads, layers, inner, tied: tied);
        var tokens = Tokens(17, 5);
        var expected = RandomModel.Reference(model, tokens);
        var found = Logits(model, tokens, 17);
        for (int t = 0; t < tokens.Length; t++)
            for (int v = 0; v < model.Config.VocabularySize; v++)
                Assert.Equal(expected[t][v], found[t * model.Config.VocabularySize + v], 1e-3);
    }

    [Fact]
    public void Chunks_and_single_tokens_give_the_logits_of_one_pass()
    {
        var model = RandomModel.Create(3);
        var tokens = Tokens(21, 6);
        var whole = Logits(model, tokens, 21);
        foreach (var parts in (int[][])[[7, 14], [20, 1], [.. Enumerable.Repeat(1, 21)]])
        {
            var found = Logits(model, tokens, parts);
            for (int i = 0; i < whole.Length; i++) Assert.Equal(whole[i], found[i], 1e-3f);
        }
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 7, 5)]
    [InlineData(2, 8, 16)]
    [InlineData(5, 13, 37)]
    [InlineData(64, 33, 100)]
    public void Products_equal_their_scalar_reference(int tokens, int outputs, int inputs)
    {
        var random = new Random(tokens * 31 + outputs);
        float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() * 2 - 1))];
        float[] x = Values(tokens * inputs), w = Values(outputs * inputs), y = new float[tokens * outputs],
            z = new float[tokens * outputs];
        MatrixProduct.Multiply(x, tokens, w, outputs, inputs, y);
        MatrixProduct.MultiplyScalar(x, tokens, w, outputs, inputs, z);
        for (int i = 0; i < y.Length; i++) Assert.Equal(z[i], y[i], 1e-4f);
    }

    [Theory]
    [InlineData("f32", 1e-6)]
    [InlineData("f16", 0.05)]
    [InlineData("q8_0", 0.5)]
    public void A_model_written_as_gguf_comes_back_with_the_same_tokens_and_logits(string type, double tolerance)
    {
        var model = RandomModel.Create(9, hidden: 64, heads: 4, kvHeads: 2, inner: 96);
        var path = Path.Combine(_folder, "m.gguf");
        GgufModel.Save(model, "m", path, type switch { "f32" => GgufType.F32, "f16" => GgufType.F16, _ =>
            GgufType.Q8 });
        var loaded = LoadedModel.Load(path);
        Assert.Equal(model.Tokenizer.Encode("小熊 Cafe 48!"), loaded.Tokenizer.Encode("小熊 Cafe 48!"));
        Assert.Equal(model.Config.KeyValueHeadCount, loaded.Config.KeyValueHeadCount);
        Assert.Contains(1, loaded.EndTokens);
        var tokens = Tokens(9, 2);
        float[] one = Logits(model, tokens, 9), two = Logits(loaded, tokens, 9);
        for (int i = 0; i < one.Length; i++) Assert.Equal(one[i], two[i],
            (float)tolerance * Math.Max(1, Math.Abs(one[i])));
    }

    [Fact]
    public void Rows_that_do_not_divide_into_blocks_are_written_as_f16_and_named()
    {
        var model = RandomModel.Create(9, hidden: 40, heads: 5, kvHeads: 5, inner: 72);
        var path = Path.Combine(_folder, "m.gguf");
        Assert.Contains("token_embd.weight", GgufModel.Save(model, "m", path, GgufType.Q8));
        Assert.Equal(model.Config.HiddenSize, LoadedModel.Load(path).Config.HiddenSize);
    }

    [Fact]
    public void A_damaged_gguf_is_refused_with_a_message_whatever_was_damaged()
    {
        var path = Path.Combine(_folder, "m.gguf");
        GgufModel.Save(RandomModel.Create(1, hidden: 16, heads: 2, kvHeads: 1, inner: 16, layers: 1), "m", path,
            GgufType.F32);
        var bytes = File.ReadAllBytes(path);
        var random = new Random(4);
        for (int i = 0; i < 400; i++)
        {
            var mutated = (byte[])bytes.Clone();
            // Mostly in the header, where lengths, counts and types are.
            for (int k = 0; k < 1 + i % 4; k++) mutated[random.Next(i % 3 == 0 ? bytes.Length : 2000)] =
                (byte)random.Next(256);
            if (i % 5 == 0) mutated = mutated[..random.Next(bytes.Length)];
            File.WriteAllBytes(path, mutated);
            try
            {
                LoadedModel.Load(path);
            }
            catch (UserErrorException)
            {
                // a message for the user is the allowed end
            }
        }
    }

    [Fact]
    public void A_missing_model_says_what_to_give() =>
        Assert.Contains("model folder", Assert.Throws<UserErrorException>(() =>
        LoadedModel.Load(Path.Combine(_folder, "none"))).Message);
}
