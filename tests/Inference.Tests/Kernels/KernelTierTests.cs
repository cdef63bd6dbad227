using Weir.Inference.Kernels;

namespace Weir.Inference.Tests.Kernels;

public sealed unsafe class KernelTierTests
{
    public static TheoryData<string, string> TiersAndLayouts()
    {
        var data = new TheoryData<string, string>();
        foreach (var tier in KernelTier.Available)
            foreach (var layout in WeightLayout.All) data.Add(tier.Name, layout.Name);
        return data;
    }

    [Theory]
    [MemberData(nameof(TiersAndLayouts))]
    public void Every_tier_gives_the_bits_of_the_scalar_definition(string tierName, string layoutName)
    {
        var tier = KernelTier.Available.Single(t => t.Name == tierName);
        var layout = WeightLayout.All.Single(l => l.Name == layoutName);
        using var team = new ThreadTeam(2);
        using var product = new LinearProduct(team, tier);
        int seed = 1;
        foreach (var (outputs, inputs) in new[] { (1, 32), (37, 96), (48, 72), (16, 256), (20, 512) })
        {
            if (layout.SpanBlocks == 8 && inputs % 256 != 0 || inputs == 72 && layout.Form < ActivationForm.Shorts)
                continue;
            var matrix = RandomMatrix.Create(layout, outputs, inputs, seed++);
            foreach (int rows in new[] { 1, 2, 3, 5, 8, 11, 12, 13, 16, 25, 40 })
            {
                var x = RandomMatrix.Floats(new Random(seed), rows * inputs);
                var y = new float[rows * matrix.PaddedOutputs];
                fixed (float* px = x, py = y) product.Multiply([matrix], px, inputs, rows, py);
                for (int r = 0; r < rows; r++)
                    for (int o = 0; o < outputs; o++)
                    {
                        var row = x.AsSpan(r * inputs, inputs);
                        float expected = layout.Form == ActivationForm.Floats ? FusedSum(matrix, o, row)
                            : ScalarProduct.Of(matrix, o, row);
                        Assert.Equal(expected, y[r * matrix.PaddedOutputs + o]);
                    }
            }
        }
    }

    [Theory]
    [MemberData(nameof(TiersAndLayouts))]
    public void Products_are_those_of_the_weights_within_the_rounding_of_activations(string tierName,
        string layoutName)
    {
        var layout = WeightLayout.All.Single(l => l.Name == layoutName);
        const int outputs = 32, inputs = 512, rows = 7;
        var matrix = RandomMatrix.Create(layout, outputs, inputs, 3);
        var x = RandomMatrix.Floats(new Random(4), rows * inputs);
        var y = new float[rows * outputs];
        using var team = new ThreadTeam(1);
        using var product = new LinearProduct(team, KernelTier.Available.Single(t => t.Name == tierName));
        fixed (float* px = x, py = y) product.Multiply([matrix], px, inputs, rows, py);
        var weights = matrix.ToRows();
        // Half a step of the largest of 32 activations, as a random walk over all inputs.
        double step = layout.Form switch
        {
            ActivationForm.Floats => 1e-7, ActivationForm.Shorts => 0.5 / 8191, _ => 0.5 / 127,
        };
        for (int r = 0; r < rows; r++)
            for (int o = 0; o < outputs; o++)
            {
                double expected = 0, squares = 0;
                for (int i = 0; i < inputs; i++)
                {
                    expected += (double)weights[o * inputs + i] * x[r * inputs + i];
                    squares += weights[o * inputs + i] * (double)weights[o * inputs + i];
                }
                Assert.Equal(expected, y[r * outputs + o], 8 * step * 5 * Math.Sqrt(squares) + 1e-6);
            }
    }

    [Fact]
    public void Matrices_of_one_product_stand_side_by_side_whatever_their_layouts()
    {
        PackedMatrix[] matrices =
        [
            RandomMatrix.Create(WeightLayout.Q50, 20, 256, 1), RandomMatrix.Create(WeightLayout.Q80, 3, 256, 2),
            RandomMatrix.Create(WeightLayout.Q4K, 40, 256, 3), RandomMatrix.Create(WeightLayout.Q6K, 16, 256, 4),
            RandomMatrix.Create(WeightLayout.Float32, 5, 256, 5), RandomMatrix.Create(WeightLayout.Q50, 7, 256, 6),
        ];
        const int rows = 14;
        int stride = LinearProduct.StrideOf(matrices), offset = 0;
        var x = RandomMatrix.Floats(new Random(9), rows * 256);
        var y = new float[rows * stride];
        using var team = new ThreadTeam(2);
        using var product = new LinearProduct(team);
        fixed (float* px = x, py = y) product.Multiply(matrices, px, 256, rows, py);
        foreach (var matrix in matrices)
        {
            var alone = new float[rows * matrix.PaddedOutputs];
            fixed (float* px = x, py = alone) product.Multiply([matrix], px, 256, rows, py);
            for (int r = 0; r < rows; r++)
                Assert.Equal(alone.AsSpan(r * matrix.PaddedOutputs, matrix.Outputs),
                    y.AsSpan(r * stride + offset, matrix.Outputs));
            offset += matrix.PaddedOutputs;
        }
    }

    private static float FusedSum(PackedMatrix matrix, int output, ReadOnlySpan<float> x)
    {
        var row = new float[matrix.Inputs];
        matrix.CopyRow(output, row);
        float sum = 0;
        for (int i = 0; i < x.Length; i++) sum = MathF.FusedMultiplyAdd(x[i], row[i], sum);
        return sum;
    }
}
