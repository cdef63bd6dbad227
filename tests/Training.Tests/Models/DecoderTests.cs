using Weir.Formats.Models;
using Weir.Training.Batches;
using Weir.Training.Models;
using static TorchSharp.torch;

namespace Weir.Training.Tests.Models;

public sealed class DecoderTests
{
    private static readonly int[][] s_documents = [[3, 9, 8, 7, 6, 5], [1, 20, 21, 22],
        [2, 30, 32, 34, 36, 38, 4, 6, 8], [7, 7]];

    private static Batch Packed(int rows, int tokens, params int[][] documents)
    {
        var batch = new Batch(rows, tokens);
        foreach (var document in documents)
        {
            int row = Enumerable.Range(0, rows).First(r => batch.Free(r) >= document.Length - 1);
            batch.Add(row, document, 0, document.Length - 1, default, 1);
        }
        return batch;
    }

    private static (double Loss, Dictionary<string, float[]> Gradients) Learn(Decoder decoder, params Batch[] batches)
    {
        using var scope = NewDisposeScope();
        double loss = 0;
        foreach (var batch in batches)
        {
            var part = decoder.Loss(batch, 1);
            part.backward();
            loss += part.item<float>();
        }
        var gradients = decoder.Weights.All.ToDictionary(p => p.Key, p => DecoderWeights.Values(p.Value.grad!));
        foreach (var parameter in decoder.Weights.All.Values) parameter.grad = null;
        return (loss, gradients);
    }

    [Theory]
    [InlineData(4, 4)]
    [InlineData(4, 2)]
    [InlineData(4, 1)]
    public void The_packed_loss_and_gradient_equal_the_unpacked_ones(int heads, int kvHeads)
    {
        var decoder = ToyWorld.FreshDecoder(ToyWorld.Shape(heads, kvHeads, hidden: 40));
        var packed = Learn(decoder, Packed(2, 12, s_documents));
        var alone = Learn(decoder, [.. s_documents.Select(d => Packed(1, d.Length - 1, d))]);
        Assert.Equal(alone.Loss, packed.Loss, 1e-3);
        foreach (var (name, values) in alone.Gradients)
            for (int i = 0; i < values.Length; i++) Assert.Equal(values[i], packed.Gradients[name][i], 2e-4f);
    }

    [Fact]
    public void A_document_does_not_see_the_one_before_it_in_the_row()
    {
        var decoder = ToyWorld.FreshDecoder(ToyWorld.Shape());
        float[] LogitsBehind(int[] first)
        {
            using var scope = NewDisposeScope();
            using var off = no_grad();
            var logits = decoder.Logits(Packed(1, 12, first, s_documents[0]));
            return logits.narrow(0, first.Length - 1, 5).contiguous().data<float>().ToArray();
        }
        Assert.Equal(LogitsBehind([1, 2, 3, 4]), LogitsBehind([30, 20, 10, 4]));
        Assert.Equal(LogitsBehind([1, 2, 3, 4]), LogitsBehind([9, 9, 9, 9, 9, 9]));
    }

    [Fact]
    public void A_position_does_not_see_what_follows_it()
    {
        var decoder = ToyWorld.FreshDecoder(ToyWorld.Shape());
        var one = TrainingLogits.Compute(decoder, [5, 6, 7, 8, 9, 10]);
        var other = TrainingLogits.Compute(decoder, [5, 6, 7, 30, 20, 10]);
        for (int i = 0; i < 3; i++) Assert.Equal(one[i], other[i]);
        Assert.NotEqual(one[3], other[3]);
    }

    [Fact]
    public void Bf16_stays_close_to_float32()
    {
        var shape = ToyWorld.Shape();
        var exact = Learn(ToyWorld.FreshDecoder(shape), Packed(2, 12, s_documents));
        var rounded = Learn(ToyWorld.FreshDecoder(shape, ScalarType.BFloat16), Packed(2, 12, s_documents));
        Assert.Equal(exact.Loss, rounded.Loss, 0.02 * exact.Loss);
        foreach (var (name, values) in exact.Gradients)
        {
            double dot = values.Zip(rounded.Gradients[name], (a, b) => (double)a * b).Sum();
            double cosine =
                dot / Math.Sqrt(values.Sum(v => (double)v * v) * rounded.Gradients[name].Sum(v => (double)v * v));
            Assert.True(cosine > 0.99, $"{name}: {cosine}");
        }
    }

    [Fact]
    public void Logits_are_the_same_after_saving_and_loading()
    {
        using var world = new ToyWorld();
        foreach (var shape in (ModelConfig[])[ToyWorld.Shape(), ToyWorld.Shape(4, 4),
            ToyWorld.Shape(2, 1) with { HeadDimension = 8 }])
        {
            var decoder = ToyWorld.FreshDecoder(shape, seed: 5);
            ModelFolder.Save(decoder.Weights, world.PathOf("saved"), world.PathOf("tokenizer"));
            int[] ids = [1, 5, 9, 13, 17, 21, 25];
            Assert.Equal(TrainingLogits.Compute(decoder, ids), TrainingLogits.Compute(world.PathOf("saved"), ids));
        }
    }
}
