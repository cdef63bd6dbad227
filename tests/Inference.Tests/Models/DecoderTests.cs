using Weir.Formats.Models;
using Weir.Inference.Models;

namespace Weir.Inference.Tests.Models;

public sealed class DecoderTests
{
    /// <summary>Hidden, inner, layers, heads, KV heads, head size, tied.</summary>
    public static TheoryData<int, int, int, int, int, int?, bool> Shapes => new()
    {
        { 64, 160, 2, 4, 2, null, true },
        { 48, 100, 1, 6, 6, null, false }, // every head its own keys; rows that are no multiple of the lanes
        { 60, 37, 3, 6, 1, null, true }, // all heads share one; odd inner size
        { 42, 90, 2, 3, 3, 22, false }, // heads wider than hidden / heads
        { 128, 96, 1, 8, 4, 40, true },
        { 8, 6, 2, 2, 1, 2, true }, // smaller than one register
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Logits_agree_with_the_float64_definition(int hidden, int inner, int layers, int heads, int keyHeads,
        int? headSize, bool tied)
    {
        var config = RandomModel.SmallConfig with
        {
            HiddenSize = hidden, IntermediateSize = inner, LayerCount = layers, HeadCount = heads,
            KeyValueHeadCount = keyHeads, HeadDimension = headSize, TiedEmbeddings = tied,
            VocabularySize = RandomModel.SmallConfig.VocabularySize + 7,
        };
        var random = new RandomModel(config, seed: hidden + layers);
        var tokens = Tokens(config, 75, seed: 3);
        var expected = ReferenceDecoder.Forward(random, tokens);
        var found = Forward(random.Load(), tokens, chunk: 64);
        for (int t = 0; t < tokens.Length; t++)
            for (int v = 0; v < config.VocabularySize; v++) Assert.Equal(expected[t][v], found[t][v], 1e-3);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(13)]
    [InlineData(63)]
    public void How_a_prompt_is_cut_into_chunks_does_not_change_one_bit(int chunk)
    {
        var model = RandomModel.Small();
        var tokens = Tokens(model.Config, 100, seed: 4);
        var whole = Forward(model, tokens, chunk: 64);
        var cut = Forward(model, tokens, chunk);
        for (int t = 0; t < tokens.Length; t++) Assert.Equal(whole[t], cut[t]);
    }

    [Fact]
    public void More_threads_do_not_change_one_bit()
    {
        var config = RandomModel.SmallConfig with { HiddenSize = 256, IntermediateSize = 1024, LayerCount = 1 };
        var model = new RandomModel(config, seed: 9).Load();
        var tokens = Tokens(config, 64, seed: 5);
        var one = Forward(model, tokens, chunk: 64, threads: 1);
        var three = Forward(model, tokens, chunk: 64, threads: 3);
        for (int t = 0; t < tokens.Length; t++) Assert.Equal(one[t], three[t]);
    }

    [Fact]
    public void The_cache_refuses_more_than_the_context()
    {
        var model = new RandomModel(RandomModel.SmallConfig with { ContextLength = 20 }, seed: 1).Load();
        var cache = new KvCache(model.Config);
        var decoder = new Decoder(model);
        decoder.Forward(Tokens(model.Config, 20, seed: 6), cache);
        Assert.Equal(20, cache.Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => decoder.Forward([1], cache));
    }

    internal static int[] Tokens(ModelConfig config, int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(config.VocabularySize))];
    }

    internal static float[][] Forward(LoadedModel model, int[] tokens, int chunk, int threads = 1)
    {
        var decoder = new Decoder(model) { Threads = threads };
        var cache = new KvCache(model.Config);
        var logits = new List<float[]>();
        for (int at = 0; at < tokens.Length; at += chunk)
        {
            int count = Math.Min(chunk, tokens.Length - at);
            decoder.Forward(tokens.AsSpan(at, count), cache);
            for (int row = 0; row < count; row += Decoder.LogitRows)
                decoder.Logits(row, Math.Min(Decoder.LogitRows, count - row),
                    (_, values) => logits.Add(values.ToArray()));
        }
        return [.. logits];
    }
}
