using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Weir.Training.Kernels;

/// <summary>How a kernel reads and writes the elements of a tensor; it always computes in float32. A kernel is written
/// once over this and compiled for each type.</summary>
internal unsafe interface IElement
{
    /// <summary>Bytes an element.</summary>
    static abstract int Size { get; }
    /// <summary>16 elements from element <paramref name="index"/> on; unaligned.</summary>
    static abstract Vector512<float> Load(byte* data, nint index);
    static abstract void Store(byte* data, nint index, Vector512<float> value);
    static abstract float Get(byte* data, nint index);
    static abstract void Set(byte* data, nint index, float value);
}

internal readonly unsafe struct Float32 : IElement
{
    public static int Size => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(byte* data, nint index) => Vector512.Load((float*)data + index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(byte* data, nint index, Vector512<float> value) => value.Store((float*)data + index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Get(byte* data, nint index) => ((float*)data)[index];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Set(byte* data, nint index, float value) => ((float*)data)[index] = value;
}

/// <summary>The upper half of a float32; written rounded to nearest even, as libtorch does.</summary>
internal readonly unsafe struct BFloat16 : IElement
{
    public static int Size => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(byte* data, nint index)
    {
        var halves = Vector256.Load((ushort*)data + index);
        if (Avx512F.IsSupported) return (Avx512F.ConvertToVector512UInt32(halves) << 16).AsSingle();
        var (low, high) = Vector256.Widen(halves);
        return (Vector512.Create(low, high) << 16).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(byte* data, nint index, Vector512<float> value)
    {
        var bits = value.AsUInt32();
        bits = (bits + Vector512.Create(0x7fffu) + ((bits >> 16) & Vector512.Create(1u))) >> 16;
        var halves = Avx512F.IsSupported ? Avx512F.ConvertToVector256UInt16(bits)
            : Vector256.Narrow(bits.GetLower(), bits.GetUpper());
        halves.Store((ushort*)data + index);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Get(byte* data, nint index) =>
        BitConverter.UInt32BitsToSingle((uint)((ushort*)data)[index] << 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Set(byte* data, nint index, float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        ((ushort*)data)[index] = (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    }
}

internal static class FastExp
{
    /// <summary>
    /// e^x for x at most 88, with a relative error below 3e-7; below -87 the result is 0. x = n ln 2 + r with |r| at
    /// most ln 2 / 2, a polynomial of degree 6 for e^r (coefficients of Cephes expf, Moshier 1992), then n goes into
    /// the exponent.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x)
    {
        var tiny = Vector512.LessThan(x, Vector512.Create(-87f));
        x = Vector512.MinNative(Vector512.MaxNative(x, Vector512.Create(-87f)), Vector512.Create(88f));
        var n = Vector512.Floor(Vector512.FusedMultiplyAdd(x, Vector512.Create(1.44269504f), Vector512.Create(0.5f)));
        var r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-0.693359375f), x);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(2.12194440e-4f), r);
        var p = Vector512.Create(1.9875691500e-4f);
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.3981999507e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(8.3334519073e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(4.1665795894e-2f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.6666665459e-1f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(0.5f));
        p = Vector512.FusedMultiplyAdd(p, r * r, r + Vector512<float>.One);
        var power = ((Vector512.ConvertToInt32Native(n) + Vector512.Create(127)) << 23).AsSingle();
        return Vector512.AndNot(p * power, tiny);
    }
}
