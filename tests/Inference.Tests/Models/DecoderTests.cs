using Weir.Formats.Models;
using Weir.Inference.Batching;
using Weir.Inference.Decoding;
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

    /// <summary>Family, and what sets a model of it apart.</summary>
    public static TheoryData<string> Families => [.. Family.All.Keys];

    [Theory]
    [MemberData(nameof(Families))]
    public void Every_family_agrees_with_its_float64_definition(string name)
    {
        var random = new RandomModel(Family.All[name], seed: 31);
        var tokens = Tokens(random.Config, 90, seed: 8);
        var expected = ReferenceDecoder.Forward(random, tokens);
        var found = Forward(random.Load(), tokens, chunk: 64);
        for (int t = 0; t < tokens.Length; t++)
            for (int v = 0; v < random.Config.VocabularySize; v++)
                Assert.Equal(expected[t][v], found[t][v], 1e-3);
    }

    [Theory]
    [InlineData(nameof(KvType.F16), 0.005)]
    [InlineData(nameof(KvType.Q8), 0.05)]
    public void A_smaller_cache_moves_the_logits_a_little(string type, double most)
    {
        var model = RandomModel.Small();
        var tokens = Tokens(model.Config, 80, seed: 4);
        var exact = Forward(model, tokens, chunk: 64);
        var found = Forward(model, tokens, chunk: 7, type: Enum.Parse<KvType>(type));
        double squares = 0, errors = 0;
        for (int t = 0; t < tokens.Length; t++)
            for (int v = 0; v < exact[t].Length; v++)
            {
                squares += exact[t][v] * exact[t][v];
                errors += Math.Pow(exact[t][v] - found[t][v], 2);
            }
        Assert.InRange(Math.Sqrt(errors / squares), 1e-6, most);
    }

    [Fact]
    public void Sequences_of_one_batch_do_not_touch_each_other()
    {
        var model = RandomModel.Small();
        int[][] prompts = [Tokens(model.Config, 37, 1), Tokens(model.Config, 5, 2), Tokens(model.Config, 16, 3)];
        using var runner = ModelRun.Runner(model, batch: 64, positions: 256, type: KvType.F32);
        int[][] blocks = [[7, 2, 9], [4], [5]];
        int[] all = [.. prompts.SelectMany(p => p)];
        runner.Forward(all,
        [
            new BatchSegment(0, 37, 0, blocks[0], 37), new BatchSegment(37, 5, 0, blocks[1], 1),
            new BatchSegment(42, 16, 0, blocks[2], 0, WantsHidden: true),
        ]);
        var together = Enumerable.Range(0, 38).Select(r => runner.Logits(r).ToArray()).ToArray();
        var first = Forward(model, prompts[0], 64);
        for (int t = 0; t < 37; t++) Assert.Equal(first[t], together[t]);
        Assert.Equal(Forward(model, prompts[1], 64)[4], together[37]);
        Assert.Equal(model.Config.HiddenSize, runner.Hidden(57).Length);
        Assert.Throws<ArgumentException>(() => { _ = runner.Hidden(0); });

        runner.CopyBlock(4, 11);
        runner.Forward([3], [new BatchSegment(0, 1, 5, [11], 1)]);
        Assert.Equal(Forward(model, [.. prompts[1], 3], 64)[5], runner.Logits(0).ToArray());
    }

    [Fact]
    public void A_batch_that_does_not_fit_is_refused()
    {
        var model = new RandomModel(RandomModel.SmallConfig with { ContextLength = 20 }, seed: 1).Load();
        using var runner = ModelRun.Runner(model, batch: 32, positions: 20);
        void Refused(int[] tokens, params BatchSegment[] segments) =>
            Assert.ThrowsAny<ArgumentException>(() => runner.Forward(tokens, segments));
        Refused([1], new BatchSegment(0, 1, 20, [0, 1], 1)); // beyond the context
        Refused([1], new BatchSegment(0, 1, 16, [0], 1)); // beyond its blocks
        Refused([1], new BatchSegment(0, 1, 0, [2], 1)); // no such block
        Refused([1], new BatchSegment(0, 1, 0, [0], 2)); // more logits than tokens
        Refused([1, 2], new BatchSegment(0, 1, 0, [0], 1)); // a token of nobody
        Refused([model.Config.VocabularySize], new BatchSegment(0, 1, 0, [0], 1)); // no such token
        Refused(new int[33], new BatchSegment(0, 33, 0, [0, 1, 1], 1)); // larger than a batch
    }

    internal static int[] Tokens(ModelConfig config, int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(config.VocabularySize))];
    }

    internal static float[][] Forward(LoadedModel model, int[] tokens, int chunk, int threads = 1,
        KvType type = KvType.F32) => ModelRun.Forward(model, tokens, chunk, threads, type);
}