using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Weir.Inference.Kernels;

/// <summary>Fills groups of float layouts from float32 rows.</summary>
internal static unsafe class FloatPacking
{
    /// <summary>The largest integer of <see cref="WeightLayout.Int16"/>: 32 products of two such fit into 31
    /// bits.</summary>
    public const int MaxShort = 8191;

    /// <summary>Fills a group.</summary>
    /// <param name="matrix">Of layout F32 or Int16.</param>
    /// <param name="group">Which group.</param>
    /// <param name="rows">Sixteen rows of the matrix' inputs; zeros beyond the outputs.</param>
    /// <exception cref="InvalidDataException">A weight is not a finite number.</exception>
    public static void Pack(PackedMatrix matrix, int group, ReadOnlySpan<float> rows)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(rows.Length, WeightLayout.GroupOutputs * matrix.Inputs);
        bool shorts = matrix.Layout.Form == ActivationForm.Shorts;
        if (!shorts && matrix.Layout.Form != ActivationForm.Floats) throw new ArgumentException("Not a float layout.");
        Span<float> block = stackalloc float[WeightLayout.BlockInputs];
        for (int lane = 0; lane < WeightLayout.GroupOutputs; lane++)
        {
            var row = rows.Slice(lane * matrix.Inputs, matrix.Inputs);
            for (int b = 0; b < matrix.Blocks; b++)
            {
                int start = b * WeightLayout.BlockInputs;
                int count = Math.Min(WeightLayout.BlockInputs, row.Length - start);
                block[count..].Clear();
                row.Slice(start, count).CopyTo(block);
                if (shorts) PackShorts(matrix, group, b, lane, block);
                else PackFloats(matrix, group, b, lane, block);
            }
        }
    }

    private static void PackFloats(PackedMatrix matrix, int group, int block, int lane, ReadOnlySpan<float> weights)
    {
        float* tile = (float*)(matrix.Quants(group) + (long)block * matrix.Layout.QuantBytes);
        for (int i = 0; i < weights.Length; i++)
        {
            if (!float.IsFinite(weights[i])) throw NotFinite();
            tile[i * WeightLayout.GroupOutputs + lane] = weights[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackShorts(PackedMatrix matrix, int group, int block, int lane, ReadOnlySpan<float> weights)
    {
        var low = Vector512.Create(weights);
        var high = Vector512.Create(weights[16..]);
        var both = Vector512.Max(Vector512.Abs(low), Vector512.Abs(high));
        var half = Vector256.Max(both.GetLower(), both.GetUpper());
        var quarter = Vector128.Max(half.GetLower(), half.GetUpper());
        float largest = MathF.Max(MathF.Max(quarter[0], quarter[1]), MathF.Max(quarter[2], quarter[3]));
        if (!(largest <= float.MaxValue)) throw NotFinite(); // the largest of NaN and anything is NaN
        // The bfloat16 that is not smaller, so that no quant is above the largest.
        uint scaleBits = BitConverter.SingleToUInt32Bits(largest / MaxShort) + 0xffff >> 16;
        float scale = BitConverter.UInt32BitsToSingle(scaleBits << 16), inverse = scale > 0 ? 1 / scale : 0;
        if (!float.IsFinite(inverse)) (scaleBits, inverse) = (0, 0); // as good as zero
        var shorts = Vector512.Narrow(Vector512.ConvertToInt32(Vector512.Round(low * inverse)),
            Vector512.ConvertToInt32(Vector512.Round(high * inverse))).AsUInt32();
        uint* tile = (uint*)(matrix.Quants(group) + (long)block * matrix.Layout.QuantBytes) + lane;
        uint* pairs = stackalloc uint[16];
        shorts.Store(pairs);
        for (int pair = 0; pair < 16; pair++) tile[pair * 16] = pairs[pair];
        ((ushort*)(matrix.Scales(group) + (long)block * matrix.Layout.SpanScaleBytes))[lane] = (ushort)scaleBits;
    }

    private static InvalidDataException NotFinite() => new("a weight is not a finite number");
}
