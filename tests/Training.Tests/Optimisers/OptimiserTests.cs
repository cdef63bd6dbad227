using Weir.Training.Configuration;
using Weir.Training.Models;
using Weir.Training.Optimisers;
using static TorchSharp.torch;

namespace Weir.Training.Tests.Optimisers;

public sealed class OptimiserTests
{
    [Fact]
    public void The_rate_rises_stays_and_falls()
    {
        var settings = new OptimiserSettings { Warmup = 10, DecayShare = 0.5, FloorShare = 0.1 };
        Assert.Equal(0.1, LearningRate.Factor(settings, 0, 0), 12);
        Assert.Equal(1, LearningRate.Factor(settings, 9, 0.1));
        Assert.Equal(1, LearningRate.Factor(settings, 50, 0.5));
        Assert.Equal(0.5, LearningRate.Factor(settings, 75, 0.75), 12);
        Assert.Equal(0.1, LearningRate.Factor(settings, 100, 1));
    }

    [Theory]
    [InlineData(4, 4)]
    [InlineData(4, 2)]
    public void Muon_moves_each_matrix_by_a_nearly_orthogonal_step(int heads, int kvHeads)
    {
        using var scope = NewDisposeScope();
        using var weights = DecoderWeights.Random(ToyWorld.Shape(heads, kvHeads), 1, CPU);
        using var optimiser = new DecoderOptimiser(weights,
            new OptimiserSettings { WeightDecay = 0, MuonRate = 0.1, Clip = 0 });
        var before = weights.Qkv_LRC.detach().clone();
        manual_seed(4);
        foreach (var parameter in weights.All.Values) parameter.grad = randn(parameter.shape);
        optimiser.Step(1);
        var moved = (before - weights.Qkv_LRC.detach()) / 0.1;
        foreach (var (from, rows) in ((int, int)[])[(0, heads * 8), (heads * 8, kvHeads * 8),
            ((heads + kvHeads) * 8, kvHeads * 8)])
        {
            var values = linalg.svdvals(moved.narrow(0, 1, 1).squeeze(0).narrow(0, from, rows));
            Assert.InRange(values.max().item<float>(), 0.7f, 1.35f);
            Assert.InRange(values.min().item<float>(), 0.3f, 1.2f);
        }
    }

    [Fact]
    public void Clipping_bounds_the_gradient_of_all_parameters_together()
    {
        using var scope = NewDisposeScope();
        using var weights = DecoderWeights.Random(ToyWorld.Shape(), 1, CPU);
        using var optimiser = new DecoderOptimiser(weights,
            new OptimiserSettings { Matrix = MatrixOptimisers.AdamW, Beta1 = 0, Clip = 1 });
        foreach (var parameter in weights.All.Values) parameter.grad = ones_like(parameter);
        double norm = optimiser.Step(1);
        Assert.Equal(Math.Sqrt(weights.Count), norm, 1e-3 * norm);
        // With beta1 = 0 the first moment is the clipped gradient itself.
        Assert.Equal(1 / norm, optimiser.State["embedding.first"].max().item<float>(), 1e-5);
    }
}
