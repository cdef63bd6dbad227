using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Weir.Inference.Kernels;

/// <summary>Conversions between float16 (or bfloat16) and float32 by lanes; the runtime's own go one by one.</summary>
internal static class HalfFloats
{
    private const float TwoTo112 = 5.192296858534828e33f;

    /// <summary>Exact for every float16 but infinities and NaN, which become numbers of 2^16 and more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Widen(Vector256<ushort> halves)
    {
        var (low, high) = Vector256.Widen(halves);
        var bits = Vector512.Create(low, high);
        // Shifting exponent and fraction into place leaves an exponent that is 112 too small; a product puts it right
        // for subnormal numbers too.
        var magnitude = ((bits & Vector512.Create(0x7fffu)) << 13).AsSingle() * Vector512.Create(TwoTo112);
        return (magnitude.AsUInt32() | (bits & Vector512.Create(0x8000u)) << 16).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ToSingles(ReadOnlySpan<Half> from, Span<float> to)
    {
        int i = 0;
        ref ushort source = ref Unsafe.As<Half, ushort>(ref MemoryMarshal.GetReference(from));
        ref float target = ref MemoryMarshal.GetReference(to[..from.Length]);
        for (; i + 16 <= from.Length; i += 16)
            Widen(Vector256.LoadUnsafe(ref source, (nuint)i)).StoreUnsafe(ref target, (nuint)i);
        for (; i < from.Length; i++) to[i] = (float)from[i];
    }

    /// <summary>Rounded to nearest, ties to even, exactly as the conversion of <see cref="Half"/>, for finite numbers
    /// below 65520 in magnitude; larger ones become infinities.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ushort> Narrow(Vector512<float> values)
    {
        var bits = values.AsUInt32();
        var sign = bits & Vector512.Create(0x80000000u);
        var magnitude = bits ^ sign;
        // Normal numbers: round the fraction to ten bits by integer arithmetic, then move the exponent.
        var odd = magnitude >>> 13 & Vector512.Create(1u);
        var normal = (magnitude + Vector512.Create(0xfffu) + odd >>> 13) - Vector512.Create(112u << 10);
        // Subnormal ones: adding 0.5 lets the float unit round at 2^-24.
        var shifted = magnitude.AsSingle() + Vector512.Create(0.5f);
        var subnormal = shifted.AsUInt32() - Vector512.Create(0x3f000000u);
        var small = Vector512.LessThan(magnitude, Vector512.Create(113u << 23));
        var large = Vector512.GreaterThanOrEqual(magnitude, Vector512.Create(0x477ff000u));
        var half = Vector512.ConditionalSelect(large, Vector512.Create(0x7c00u),
            Vector512.ConditionalSelect(small, subnormal, normal)) | sign >>> 16;
        return Vector256.Narrow(half.GetLower(), half.GetUpper());
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void BrainToSingles(ReadOnlySpan<ushort> from, Span<float> to)
    {
        int i = 0;
        ref ushort source = ref MemoryMarshal.GetReference(from);
        ref float target = ref MemoryMarshal.GetReference(to[..from.Length]);
        for (; i + 16 <= from.Length; i += 16)
        {
            var (low, high) = Vector256.Widen(Vector256.LoadUnsafe(ref source, (nuint)i));
            (Vector512.Create(low, high) << 16).AsSingle().StoreUnsafe(ref target, (nuint)i);
        }
        for (; i < from.Length; i++) to[i] = BitConverter.UInt32BitsToSingle((uint)from[i] << 16);
    }
}
