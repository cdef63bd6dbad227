using TorchSharp;
using Weir.Training.Kernels;
using Weir.Training.Models;
using static TorchSharp.torch;

namespace Weir.Training.Tests.Kernels;

/// <summary>Each fused function against the same in libtorch's operations, forward and backward, at widths with and
/// without a remainder of the vector length.</summary>
public sealed class FusedOperationTests
{
    public FusedOperationTests()
    {
        LibtorchProcess.Prepare(2);
        manual_seed(3);
    }

    private static void Agree(Func<Tensor, Tensor> fused, Func<Tensor, Tensor> composed, ScalarType type,
        double tolerance, params long[] shape)
    {
        using var scope = NewDisposeScope();
        var x = randn(shape).to(type);
        Tensor Run(Func<Tensor, Tensor> of, out Tensor gradient)
        {
            var input = x.clone().requires_grad_(true);
            var y = of(input);
            var pull = arange(y.numel(), dtype: ScalarType.Float32).sin().view(y.shape);
            (y.to(ScalarType.Float32) * pull).sum().backward();
            gradient = input.grad!.to(ScalarType.Float32);
            return y.to(ScalarType.Float32);
        }
        var (actual, expected) = (Run(fused, out var actualGradient), Run(composed, out var expectedGradient));
        Assert.True((actual - expected).abs().max().item<float>() < tolerance, "value");
        Assert.True((actualGradient - expectedGradient).abs().max().item<float>() < tolerance, "gradient");
    }

    [Theory]
    [InlineData(ScalarType.Float32, 2e-5, 64)]
    [InlineData(ScalarType.Float32, 2e-5, 37)]
    [InlineData(ScalarType.Float32, 2e-5, 7)]
    [InlineData(ScalarType.BFloat16, 0.06, 37)]
    public void Rms_norm(ScalarType type, double tolerance, int width)
    {
        using var weight = rand(width) + 0.5;
        Agree(x => RmsNorm.Of(x, weight, 1e-5), x => RmsNorm.Composed(x, weight, 1e-5), type, tolerance, 50, width);
        using var scope = NewDisposeScope();
        Tensor WeightGradient(Func<Tensor, Tensor, double, Tensor> of)
        {
            manual_seed(8);
            var w = weight.clone().requires_grad_(true);
            of(randn(50, width), w, 1e-5).pow(2).sum().backward();
            return w.grad!;
        }
        Assert.True((WeightGradient(RmsNorm.Of) - WeightGradient(RmsNorm.Composed)).abs().max().item<float>() < 1e-3);
    }

    [Theory]
    [InlineData(ScalarType.Float32, 1e-5, 48)]
    [InlineData(ScalarType.Float32, 1e-5, 21)]
    [InlineData(ScalarType.BFloat16, 0.06, 21)]
    public void Swi_glu(ScalarType type, double tolerance, int width) =>
        Agree(SwiGlu.Of, SwiGlu.Composed, type, tolerance, 33, 2 * width);

    [Theory]
    [InlineData(ScalarType.Float32, 2e-5, 4, 4, 32)]
    [InlineData(ScalarType.Float32, 2e-5, 4, 2, 40)]
    [InlineData(ScalarType.Float32, 2e-5, 6, 1, 6)]
    [InlineData(ScalarType.BFloat16, 0.1, 4, 2, 40)]
    public void Attention_inside_documents(ScalarType type, double tolerance, int heads, int kvHeads, int size)
    {
        var shape = new AttentionShape(2, 40, heads, kvHeads, size);
        int[] starts =
            [.. Enumerable.Range(0, 80).Select(p => p < 40 ? (p < 1 ? 0 : p < 23 ? 1 : 23) : p - 40 < 37 ? 0 : p - 40)];
        var table = new RotaryTable(size, 10000, 40);
        AttentionPlan Plan() => new(shape, table, starts);
        Assert.False(Plan().IsDense);
        Agree(x => DocumentAttention.Of(x, Plan()), x => DocumentAttention.Composed(x, Plan()), type, tolerance, 80,
            shape.Width);
    }

    [Theory]
    [InlineData(ScalarType.Float32, 1e-5, 100)]
    [InlineData(ScalarType.Float32, 1e-5, 9)]
    [InlineData(ScalarType.BFloat16, 0.02, 100)]
    public void Linear_cross_entropy(ScalarType type, double tolerance, int vocabulary)
    {
        using var scope = NewDisposeScope();
        var master = (randn(vocabulary, 24) * 0.3).requires_grad_(true);
        var targets = randint(vocabulary, [60], dtype: ScalarType.Int64);
        var weights = rand(60);
        Tensor Composed(Tensor h) => (nn.functional.cross_entropy(h.to(ScalarType.Float32).mm(master.t()), targets,
            reduction: nn.Reduction.None) * weights).sum() * 0.1;
        Agree(h => LinearCrossEntropy.Of(h, master, master.to(type), targets, weights, 0.1), Composed, type,
            tolerance * 5, 60, 24);
        var fused = master.grad!.clone();
        master.grad = null;
        manual_seed(3);
        Agree(Composed, Composed, type, tolerance, 60, 24);
    }

    [Fact]
    public unsafe void Fast_exp_is_within_its_stated_error()
    {
        for (float x = -86.9f; x < 87.5f; x += 0.0137f)
        {
            float actual = FastExp.Exp(System.Runtime.Intrinsics.Vector512.Create(x))[0];
            Assert.InRange(actual / Math.Exp(x), 1 - 3e-7, 1 + 3e-7);
        }
        Assert.Equal(0, FastExp.Exp(System.Runtime.Intrinsics.Vector512.Create(float.NegativeInfinity))[3]);
    }

    [Fact]
    public void A_kernel_that_fails_throws_where_it_was_called_and_parts_run_once_each()
    {
        var counts = new int[1000];
        ThreadTeam.Run(counts.Length, i => Interlocked.Increment(ref counts[i]));
        Assert.All(counts, c => Assert.Equal(1, c));
        var error = Assert.Throws<InvalidOperationException>(() => ThreadTeam.Run(8, i =>
        {
            if (i == 5) throw new FormatException("five");
        }));
        Assert.IsType<FormatException>(error.InnerException);
    }
}
