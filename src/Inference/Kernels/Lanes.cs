using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Weir.Inference.Kernels;

/// <summary>Sixteen float32 that are computed on at once: the width of a <see cref="PanelMatrix"/> panel on every
/// machine. A kernel is written once over this; lane by lane every form does the same operations in the same order, so
/// results are equal bit for bit wherever fused multiply-add exists.</summary>
internal interface ILanes<TSelf> where TSelf : struct, ILanes<TSelf>
{
    static abstract TSelf Load(ref float source);

    /// <summary>accumulator + x · w, lane by lane.</summary>
    static abstract TSelf MultiplyAdd(TSelf accumulator, float x, TSelf w);

    void Store(ref float target);
}

/// <summary>One 512-bit register.</summary>
internal readonly struct Lanes512(Vector512<float> all) : ILanes<Lanes512>
{
    private readonly Vector512<float> _all = all;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Load(ref float source) => new(Vector512.LoadUnsafe(ref source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 MultiplyAdd(Lanes512 accumulator, float x, Lanes512 w) =>
        new(Vector512.FusedMultiplyAdd(Vector512.Create(x), w._all, accumulator._all));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ref float target) => _all.StoreUnsafe(ref target);
}

/// <summary>Two 256-bit registers; the runtime makes four of 128 bits where there are no wider ones.</summary>
internal readonly struct Lanes256(Vector256<float> low, Vector256<float> high) : ILanes<Lanes256>
{
    private readonly Vector256<float> _low = low, _high = high;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Load(ref float source) =>
        new(Vector256.LoadUnsafe(ref source), Vector256.LoadUnsafe(ref source, 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 MultiplyAdd(Lanes256 accumulator, float x, Lanes256 w)
    {
        var factor = Vector256.Create(x);
        return new Lanes256(Vector256.FusedMultiplyAdd(factor, w._low, accumulator._low),
            Vector256.FusedMultiplyAdd(factor, w._high, accumulator._high));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ref float target)
    {
        _low.StoreUnsafe(ref target);
        _high.StoreUnsafe(ref target, 8);
    }
}
