using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Weir.Inference.Kernels;

namespace Weir.Inference.Decoding;

/// <summary>Bytes of a Q8 cache back to float32.</summary>
internal static unsafe class Q8Tiles
{
    /// <summary>Sixteen positions of one dimension, each with a scale of its own.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scale(sbyte* quants, Half* scales, float* into) =>
        (ToSingles(quants) * HalfFloats.Widen(Vector256.Load((ushort*)scales))).Store(into);

    /// <summary>32 dimensions of one position with one scale.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scale(sbyte* quants, float scale, float* into)
    {
        (ToSingles(quants) * Vector512.Create(scale)).Store(into);
        (ToSingles(quants + 16) * Vector512.Create(scale)).Store(into + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> ToSingles(sbyte* quants)
    {
        var (low, high) = Vector128.Widen(Vector128.Load(quants));
        var (a, b) = Vector128.Widen(low);
        var (c, d) = Vector128.Widen(high);
        return Vector512.ConvertToSingle(Vector512.Create(Vector256.Create(a, b), Vector256.Create(c, d)));
    }
}
