using Weir.Inference.Kernels;

namespace Weir.Inference.Tests.Kernels;

/// <summary>What every tier must compute, bit for bit, as plain loops over single weights.</summary>
internal static unsafe class ScalarProduct
{
    public static float Of(PackedMatrix matrix, int output, ReadOnlySpan<float> x)
    {
        var layout = matrix.Layout;
        int group = output / 16, lane = output % 16;
        bool halves = layout.Form == ActivationForm.BytesWithSums && !layout.HasMinimum;
        float sum = 0;
        Span<float> block = stackalloc float[32];
        Span<int> quants = stackalloc int[32];
        for (int b = 0; b < matrix.Blocks; b++)
        {
            block.Clear();
            int start = b * 32, count = Math.Clamp(x.Length - start, 0, 32);
            x.Slice(Math.Min(start, x.Length), count).CopyTo(block);
            float scale = Quantise(block, layout.Form == ActivationForm.Shorts ? 8191 : 127, quants);
            byte* tile = matrix.Quants(group) + (long)b * layout.QuantBytes;
            for (int half = 0; half < (halves ? 2 : 1); half++)
            {
                int products = 0, from = half * 16, until = halves ? from + 16 : 32;
                for (int i = from; i < until; i++)
                    products += (TileReader.Quant(layout, tile, lane, i) - layout.Zero) * quants[i];
                var (weightScale, _) = TileReader.Scale(matrix, group, b, lane, half);
                sum = MathF.FusedMultiplyAdd(products * scale, weightScale, sum);
            }
            if (!layout.HasMinimum) continue;
            int total = 0;
            foreach (int quant in quants) total += quant;
            sum = MathF.FusedMultiplyAdd(TileReader.Scale(matrix, group, b, lane, 0).Minimum, total * scale, sum);
        }
        return sum;
    }

    private static float Quantise(ReadOnlySpan<float> x, int most, Span<int> quants)
    {
        float largest = 0;
        foreach (float value in x) largest = MathF.Max(largest, MathF.Abs(value));
        float inverse = largest > 0 ? most / largest : 0;
        for (int i = 0; i < x.Length; i++) quants[i] = (int)MathF.Round(x[i] * inverse);
        return largest / most;
    }
}
