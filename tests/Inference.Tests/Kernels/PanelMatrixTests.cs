using System.Runtime.InteropServices;
using Weir.Inference.Kernels;

namespace Weir.Inference.Tests.Kernels;

public sealed class PanelMatrixTests
{
    [Fact]
    public void Products_equal_the_scalar_definition_over_odd_sizes()
    {
        var random = new Random(1);
        foreach (int outputs in (int[])[1, 5, 15, 16, 17, 64, 70, 130])
            foreach (int inputs in (int[])[1, 2, 7, 16, 33, 100])
                foreach (int rows in (int[])[1, 2, 3, 4, 5, 8, 11, 16, 20])
                {
                    var weights = Values(random, outputs * inputs);
                    var x = Values(random, rows * (inputs + 3) + 2);
                    var matrix = PanelMatrix.FromRows(weights, outputs, inputs);
                    var y = new float[rows * matrix.Stride];
                    matrix.Multiply(x, 2, inputs + 3, rows, y, threads: 1);
                    for (int r = 0; r < rows; r++)
                        for (int o = 0; o < outputs; o++)
                        {
                            float sum = 0;
                            for (int i = 0; i < inputs; i++)
                                sum = MathF.FusedMultiplyAdd(x[2 + r * (inputs + 3) + i], weights[o * inputs + i], sum);
                            Assert.Equal(sum, y[r * matrix.Stride + o]);
                        }
                }
    }

    [Fact]
    public void Rows_come_out_as_they_went_in()
    {
        var weights = Values(new Random(2), 37 * 11);
        var matrix = PanelMatrix.FromRows(weights, 37, 11);
        Assert.Equal(weights, matrix.ToRows());
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.CopyRow(37, new float[11]));
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.CopyRow(-1, new float[11]));
    }

    [Fact]
    public void Buffers_that_are_too_small_are_refused()
    {
        var matrix = PanelMatrix.FromRows(new float[20 * 4], 20, 4);
        Assert.Throws<ArgumentException>(() => matrix.Multiply(new float[7], 0, 4, 2, new float[64], 1));
        Assert.Throws<ArgumentException>(() => matrix.Multiply(new float[8], 0, 4, 2, new float[40], 1));
    }

    [Fact]
    public void Narrow_and_wide_registers_give_the_same_bits()
    {
        var random = new Random(3);
        for (int round = 0; round < 50; round++)
        {
            float[] sums = Values(random, 16), w = Values(random, 16), narrow = new float[16], wide = new float[16];
            float x = (float)random.NextDouble();
            Lanes256.MultiplyAdd(Load<Lanes256>(sums), x, Load<Lanes256>(w)).Store(ref narrow[0]);
            Lanes512.MultiplyAdd(Load<Lanes512>(sums), x, Load<Lanes512>(w)).Store(ref wide[0]);
            Assert.Equal(narrow, wide);
        }

        static T Load<T>(float[] values) where T : struct, ILanes<T> =>
            T.Load(ref MemoryMarshal.GetArrayDataReference(values));
    }

    private static float[] Values(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() * 2 - 1))];
}
