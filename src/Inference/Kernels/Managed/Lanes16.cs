using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Weir.Inference.Kernels.Managed;

/// <summary>Sixteen 32-bit lanes, one an output, as integers or as floats, in registers of one width. A kernel is
/// written once over this; every form does the same operations in the same order.</summary>
internal interface ILanes16<TSelf> where TSelf : struct, ILanes16<TSelf>
{
    static abstract bool IsSupported { get; }

    static abstract unsafe TSelf Load(void* source);

    static abstract TSelf OfInteger(int value);

    static abstract TSelf OfFloat(float value);

    /// <summary>sum + the lane's four unsigned bytes · four signed bytes.</summary>
    static abstract TSelf DotBytes(TSelf sum, TSelf weights, int values);

    /// <summary>sum + the lane's two int16 · two int16.</summary>
    static abstract TSelf DotShorts(TSelf sum, TSelf weights, int values);

    static abstract TSelf ToFloats(TSelf integers);

    static abstract TSelf Multiply(TSelf a, TSelf b);

    /// <summary>a · b + sum, rounded once.</summary>
    static abstract TSelf MultiplyAdd(TSelf a, TSelf b, TSelf sum);

    unsafe void Store(void* target);
}

/// <summary>One register of 512 bits, with AVX-512 BW.</summary>
internal readonly unsafe struct Lanes16By512(Vector512<int> all) : ILanes16<Lanes16By512>
{
    private readonly Vector512<int> _all = all;

    public static bool IsSupported => Avx512BW.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16By512 Load(void* source) => new(Vector512.Load((int*)source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16By512 OfInteger(int value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16By512 OfFloat(float value) => new(Vector512.Create(value).AsInt32());

    // Bytes 0 and 2 of a lane, and bytes 1 and 3, as two pairs of int16: products of full bytes do not fit the one
    // instruction that multiplies bytes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16By512 DotBytes(Lanes16By512 sum, Lanes16By512 weights, int values)
    {
        var w = weights._all.AsInt16();
        var x = Vector512.Create(values).AsInt16();
        var even = Avx512BW.MultiplyAddAdjacent(w & Vector512.Create((short)255),
            Vector512.ShiftRightArithmetic(Vector512.ShiftLeft(x, 8), 8));
        var odd = Avx512BW.MultiplyAddAdjacent(Vector512.ShiftRightLogical(w, 8),
            Vector512.ShiftRightArithmetic(x, 8));
        return new Lanes16By512(sum._all + even + odd);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16By512 DotShorts(Lanes16By512 sum, Lanes16By512 weights, int values) => new(sum._all
        + Avx512BW.MultiplyAddAdjacent(weights._all.AsInt16(), Vector512.Create(values).AsInt16()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16By512 ToFloats(Lanes16By512 integers) =>
        new(Vector512.ConvertToSingle(integers._all).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16By512 Multiply(Lanes16By512 a, Lanes16By512 b) =>
        new((a._all.AsSingle() * b._all.AsSingle()).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16By512 MultiplyAdd(Lanes16By512 a, Lanes16By512 b, Lanes16By512 sum) =>
        new(Vector512.FusedMultiplyAdd(a._all.AsSingle(), b._all.AsSingle(), sum._all.AsSingle()).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(void* target) => _all.Store((int*)target);
}

/// <summary>Two registers of 256 bits, with AVX2 and FMA.</summary>
internal readonly unsafe struct Lanes16By256(Vector256<int> low, Vector256<int> high) : ILanes16<Lanes16By256>
{
    private readonly Vector256<int> _low = low, _high = high;

    public static bool IsSupported => Avx2.IsSupported && Fma.IsSupported;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16By256 Load(void* source) =>
        new(Vector256.Load((int*)source), Vector256.Load((int*)source + 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16By256 OfInteger(int value) => new(Vector256.Create(value), Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16By256 OfFloat(float value) => OfInteger(BitConverter.SingleToInt32Bits(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16By256 DotBytes(Lanes16By256 sum, Lanes16By256 weights, int values)
    {
        var x = Vector256.Create(values).AsInt16();
        var even = Vector256.ShiftRightArithmetic(Vector256.ShiftLeft(x, 8), 8);
        var odd = Vector256.ShiftRightArithmetic(x, 8);
        return new Lanes16By256(sum._low + Dot(weights._low.AsInt16(), even, odd),
            sum._high + Dot(weights._high.AsInt16(), even, odd));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16By256 DotShorts(Lanes16By256 sum, Lanes16By256 weights, int values)
    {
        var x = Vector256.Create(values).AsInt16();
        return new Lanes16By256(sum._low + Avx2.MultiplyAddAdjacent(weights._low.AsInt16(), x),
            sum._high + Avx2.MultiplyAddAdjacent(weights._high.AsInt16(), x));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16By256 ToFloats(Lanes16By256 integers) => new(
        Vector256.ConvertToSingle(integers._low).AsInt32(), Vector256.ConvertToSingle(integers._high).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16By256 Multiply(Lanes16By256 a, Lanes16By256 b) => new(
        (a._low.AsSingle() * b._low.AsSingle()).AsInt32(), (a._high.AsSingle() * b._high.AsSingle()).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16By256 MultiplyAdd(Lanes16By256 a, Lanes16By256 b, Lanes16By256 sum) => new(
        Vector256.FusedMultiplyAdd(a._low.AsSingle(), b._low.AsSingle(), sum._low.AsSingle()).AsInt32(),
        Vector256.FusedMultiplyAdd(a._high.AsSingle(), b._high.AsSingle(), sum._high.AsSingle()).AsInt32());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(void* target)
    {
        _low.Store((int*)target);
        _high.Store((int*)target + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Dot(Vector256<short> w, Vector256<short> even, Vector256<short> odd) =>
        Avx2.MultiplyAddAdjacent(w & Vector256.Create((short)255), even)
        + Avx2.MultiplyAddAdjacent(Vector256.ShiftRightLogical(w, 8), odd);
}

/// <summary>Four registers of 128 bits, of whatever machine.</summary>
internal unsafe struct Lanes16By128 : ILanes16<Lanes16By128>
{
    private Vector128<int> _0, _1, _2, _3;

    public static bool IsSupported => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16By128 Load(void* source)
    {
        int* p = (int*)source;
        return new Lanes16By128
        {
            _0 = Vector128.Load(p), _1 = Vector128.Load(p + 4), _2 = Vector128.Load(p + 8),
            _3 = Vector128.Load(p + 12),
        };
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16By128 OfInteger(int value)
    {
        var each = Vector128.Create(value);
        return new Lanes16By128 { _0 = each, _1 = each, _2 = each, _3 = each };
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16By128 OfFloat(float value) => OfInteger(BitConverter.SingleToInt32Bits(value));

    public static Lanes16By128 DotBytes(Lanes16By128 sum, Lanes16By128 weights, int values) => new()
    {
        _0 = sum._0 + Bytes(weights._0, values), _1 = sum._1 + Bytes(weights._1, values),
        _2 = sum._2 + Bytes(weights._2, values), _3 = sum._3 + Bytes(weights._3, values),
    };

    public static Lanes16By128 DotShorts(Lanes16By128 sum, Lanes16By128 weights, int values) => new()
    {
        _0 = sum._0 + Shorts(weights._0, values), _1 = sum._1 + Shorts(weights._1, values),
        _2 = sum._2 + Shorts(weights._2, values), _3 = sum._3 + Shorts(weights._3, values),
    };

    public static Lanes16By128 ToFloats(Lanes16By128 integers) => new()
    {
        _0 = Vector128.ConvertToSingle(integers._0).AsInt32(), _1 = Vector128.ConvertToSingle(integers._1).AsInt32(),
        _2 = Vector128.ConvertToSingle(integers._2).AsInt32(), _3 = Vector128.ConvertToSingle(integers._3).AsInt32(),
    };

    public static Lanes16By128 Multiply(Lanes16By128 a, Lanes16By128 b) => new()
    {
        _0 = (a._0.AsSingle() * b._0.AsSingle()).AsInt32(), _1 = (a._1.AsSingle() * b._1.AsSingle()).AsInt32(),
        _2 = (a._2.AsSingle() * b._2.AsSingle()).AsInt32(), _3 = (a._3.AsSingle() * b._3.AsSingle()).AsInt32(),
    };

    public static Lanes16By128 MultiplyAdd(Lanes16By128 a, Lanes16By128 b, Lanes16By128 sum) => new()
    {
        _0 = Fused(a._0, b._0, sum._0), _1 = Fused(a._1, b._1, sum._1), _2 = Fused(a._2, b._2, sum._2),
        _3 = Fused(a._3, b._3, sum._3),
    };

    public readonly void Store(void* target)
    {
        int* p = (int*)target;
        _0.Store(p);
        _1.Store(p + 4);
        _2.Store(p + 8);
        _3.Store(p + 12);
    }

    private static Vector128<int> Fused(Vector128<int> a, Vector128<int> b, Vector128<int> sum) =>
        Vector128.FusedMultiplyAdd(a.AsSingle(), b.AsSingle(), sum.AsSingle()).AsInt32();

    private static Vector128<int> Bytes(Vector128<int> w, int values)
    {
        var mask = Vector128.Create(255);
        return (w & mask) * Vector128.Create((int)(sbyte)values)
            + (w >>> 8 & mask) * Vector128.Create((int)(sbyte)(values >> 8))
            + (w >>> 16 & mask) * Vector128.Create((int)(sbyte)(values >> 16))
            + (w >>> 24) * Vector128.Create(values >> 24);
    }

    private static Vector128<int> Shorts(Vector128<int> w, int values) =>
        (w << 16 >> 16) * Vector128.Create((int)(short)values) + (w >> 16) * Vector128.Create(values >> 16);
}
