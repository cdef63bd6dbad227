using Weir.Inference.Kernels;

namespace Weir.Inference.Tests.Kernels;

/// <summary>Matrices of every layout with random content, made the way files are read.</summary>
internal static class RandomMatrix
{
    public static PackedMatrix Create(WeightLayout layout, int outputs, int inputs, int seed)
    {
        var random = new Random(seed);
        if (layout.Form is ActivationForm.Floats or ActivationForm.Shorts)
            return PackedMatrix.FromRows(Floats(random, outputs * inputs), outputs, inputs, layout);
        var matrix = new PackedMatrix(layout, outputs, inputs,
            new NativeBuffer(PackedMatrix.BytesOf(layout, outputs, inputs)), 0);
        for (int g = 0; g < matrix.Groups; g++)
        {
            int rows = Math.Min(16, outputs - g * 16);
            BlockPacking.Pack(matrix, g, Blocks(random, layout, rows, inputs));
        }
        return matrix;
    }

    /// <summary>Rows of blocks as a file has them: any quants, small scales.</summary>
    public static byte[] Blocks(Random random, WeightLayout layout, int rows, int inputs)
    {
        var (bytes, elements) = BlockPacking.BlockOf(layout);
        var data = new byte[rows * (inputs / elements) * bytes];
        random.NextBytes(data);
        for (int at = 0; at < data.Length; at += bytes)
        {
            if (layout.Name == "Q6_K") Scale(at + 208);
            else Scale(at);
            if (layout.HasMinimum) Scale(at + 2);
        }
        return data;

        void Scale(int at) => BitConverter.TryWriteBytes(data.AsSpan(at), (Half)(0.001 + 0.01 * random.NextDouble()));
    }

    public static float[] Floats(Random random, int count)
    {
        var values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = (float)(random.NextDouble() * 2 - 1) * (random.Next(20) == 0 ? 8 : 1);
        return values;
    }
}
