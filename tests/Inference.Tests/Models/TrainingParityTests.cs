using Weir.Formats.Gguf;
using Weir.Formats.Quantization;
using Weir.Inference.Models;
using Weir.Training;

namespace Weir.Inference.Tests.Models;

/// <summary>The training module and the engine read the same files and mean the same model by them. The tolerance is
/// absolute, on logits with a deviation of a few units; both compute in float32, with sums in a different
/// order.</summary>
public sealed class TrainingParityTests : IDisposable
{
    private const double Tolerance = 1e-3;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Hidden, inner, layers, heads, KV heads, head size, tied, RoPE base.</summary>
    public static TheoryData<int, int, int, int, int, int?, bool, double> Shapes => new()
    {
        { 64, 160, 2, 4, 2, null, true, 10_000 },
        { 48, 100, 3, 6, 6, null, true, 500_000 },
        { 60, 36, 1, 6, 1, null, true, 10_000 },
        { 160, 448, 4, 5, 5, null, true, 10_000 }, // the quick start's
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Training_and_engine_give_the_same_logits(int hidden, int inner, int layers, int heads, int keyHeads,
        int? headSize, bool tied, double theta)
    {
        var config = RandomModel.SmallConfig with
        {
            HiddenSize = hidden, IntermediateSize = inner, LayerCount = layers, HeadCount = heads,
            KeyValueHeadCount = keyHeads, HeadDimension = headSize, TiedEmbeddings = tied, RopeTheta = theta,
        };
        var random = new RandomModel(config, seed: hidden);
        random.WriteFolder(_folder.Path);
        var model = LoadedModel.Load(_folder.Path);
        int[] tokens = model.Tokenizer.Encode("The miller opens the gate. 河水流过小镇。价格是25元。😀\n\n  14:05 x");
        var trained = TrainingLogits.Compute(_folder.Path, tokens);
        Check(trained, DecoderTests.Forward(model, tokens, chunk: 16));

        var path = _folder.File("model.gguf");
        random.WriteGguf(path, TensorType.F32);
        var gguf = LoadedModel.Load(path);
        Assert.Equal(tokens, gguf.Tokenizer.Encode(model.Tokenizer.Decode(tokens)));
        Check(trained, DecoderTests.Forward(gguf, tokens, chunk: 64));
    }

    private static void Check(float[][] expected, float[][] found)
    {
        Assert.Equal(expected.Length, found.Length);
        Assert.True(expected[^1].Max() - expected[^1].Min() > 1, "the logits hardly differ: nothing would be shown");
        for (int t = 0; t < expected.Length; t++)
            for (int v = 0; v < expected[t].Length; v++) Assert.Equal(expected[t][v], found[t][v], Tolerance);
    }
}
