using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Weir.Inference.Kernels;

/// <summary>
/// The one product under everything: y_R16 = x_RI · w_I16, R rows against one panel of sixteen outputs. Output lanes
/// stand side by side in a register, so there are no horizontal sums, and each output is one chain of fused
/// multiply-adds over I in order: the result does not depend on how rows are tiled. The scalar equivalent of an output
/// is <c>for i: sum = fma(x[i], w[i], sum)</c>.
/// </summary>
internal static class PanelKernel
{
    public const int Width = 16;

    /// <summary>y[r · yStride + lane] = sum over i of x[r · xStride + i] · w[i · wStride + lane], for all rows and
    /// lanes. The caller has checked the bounds.</summary>
    /// <param name="x">The first row.</param>
    /// <param name="xStride">Floats from one row of x to the next.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="w">The panel.</param>
    /// <param name="wStride">Floats from one input's sixteen weights to the next's.</param>
    /// <param name="inputs">Inputs of a row.</param>
    /// <param name="y">The first row of results.</param>
    /// <param name="yStride">Floats from one row of y to the next.</param>
    /// <param name="goesOn">Whether the sums begin with what stands in y, as if these inputs followed those
    /// before.</param>
    public static void Multiply(ref float x, int xStride, int rows, ref float w, int wStride, int inputs,
        ref float y, int yStride, bool goesOn = false)
    {
        if (!goesOn)
            for (int r = 0; r < rows; r++)
                MemoryMarshal.CreateSpan(ref Unsafe.Add(ref y, (nint)r * yStride), Width).Clear();
        if (Vector512.IsHardwareAccelerated)
            Rows<Lanes512>(ref x, xStride, rows, ref w, wStride, inputs, ref y, yStride, 8);
        else Rows<Lanes256>(ref x, xStride, rows, ref w, wStride, inputs, ref y, yStride, 4);
    }

    /// <summary>One row against <paramref name="panels"/> panels that follow each other at
    /// <paramref name="panelStride"/>; four at a time, so that four chains hide each other's latency.</summary>
    public static void MultiplyRow(ref float x, ref float w, int panels, int panelStride, int wStride, int inputs,
        ref float y)
    {
        if (Vector512.IsHardwareAccelerated)
            Row<Lanes512>(ref x, ref w, panels, panelStride, wStride, inputs, ref y);
        else Row<Lanes256>(ref x, ref w, panels, panelStride, wStride, inputs, ref y);
    }

    private static void Rows<T>(ref float x, int xStride, int rows, ref float w, int wStride, int inputs,
        ref float y, int yStride, int tile) where T : struct, ILanes<T>
    {
        int r = 0;
        if (tile == 8)
            for (; r + 8 <= rows; r += 8)
                Eight<T>(ref Unsafe.Add(ref x, r * xStride), xStride, ref w, wStride, inputs,
                    ref Unsafe.Add(ref y, r * yStride), yStride);
        for (; r + 4 <= rows; r += 4)
            Four<T>(ref Unsafe.Add(ref x, r * xStride), xStride, ref w, wStride, inputs,
                ref Unsafe.Add(ref y, r * yStride), yStride);
        for (; r < rows; r++)
            One<T>(ref Unsafe.Add(ref x, r * xStride), ref w, wStride, inputs, ref Unsafe.Add(ref y, r * yStride),
                T.Load(ref Unsafe.Add(ref y, r * yStride)));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Eight<T>(ref float x, int xStride, ref float w, int wStride, int inputs,
        ref float y, int yStride) where T : struct, ILanes<T>
    {
        T s0 = T.Load(ref y), s1 = T.Load(ref Unsafe.Add(ref y, yStride));
        T s2 = T.Load(ref Unsafe.Add(ref y, 2 * yStride)), s3 = T.Load(ref Unsafe.Add(ref y, 3 * yStride));
        T s4 = T.Load(ref Unsafe.Add(ref y, 4 * yStride)), s5 = T.Load(ref Unsafe.Add(ref y, 5 * yStride));
        T s6 = T.Load(ref Unsafe.Add(ref y, 6 * yStride)), s7 = T.Load(ref Unsafe.Add(ref y, 7 * yStride));
        ref float x0 = ref x;
        ref float x1 = ref Unsafe.Add(ref x, xStride);
        ref float x2 = ref Unsafe.Add(ref x1, xStride);
        ref float x3 = ref Unsafe.Add(ref x2, xStride);
        ref float x4 = ref Unsafe.Add(ref x3, xStride);
        ref float x5 = ref Unsafe.Add(ref x4, xStride);
        ref float x6 = ref Unsafe.Add(ref x5, xStride);
        ref float x7 = ref Unsafe.Add(ref x6, xStride);
        for (nint i = 0; i < inputs; i++)
        {
            var panel = T.Load(ref w);
            s0 = T.MultiplyAdd(s0, Unsafe.Add(ref x0, i), panel);
            s1 = T.MultiplyAdd(s1, Unsafe.Add(ref x1, i), panel);
            s2 = T.MultiplyAdd(s2, Unsafe.Add(ref x2, i), panel);
            s3 = T.MultiplyAdd(s3, Unsafe.Add(ref x3, i), panel);
            s4 = T.MultiplyAdd(s4, Unsafe.Add(ref x4, i), panel);
            s5 = T.MultiplyAdd(s5, Unsafe.Add(ref x5, i), panel);
            s6 = T.MultiplyAdd(s6, Unsafe.Add(ref x6, i), panel);
            s7 = T.MultiplyAdd(s7, Unsafe.Add(ref x7, i), panel);
            w = ref Unsafe.Add(ref w, wStride);
        }
        s0.Store(ref y);
        s1.Store(ref y = ref Unsafe.Add(ref y, yStride));
        s2.Store(ref y = ref Unsafe.Add(ref y, yStride));
        s3.Store(ref y = ref Unsafe.Add(ref y, yStride));
        s4.Store(ref y = ref Unsafe.Add(ref y, yStride));
        s5.Store(ref y = ref Unsafe.Add(ref y, yStride));
        s6.Store(ref y = ref Unsafe.Add(ref y, yStride));
        s7.Store(ref Unsafe.Add(ref y, yStride));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Four<T>(ref float x, int xStride, ref float w, int wStride, int inputs,
        ref float y, int yStride) where T : struct, ILanes<T>
    {
        T s0 = T.Load(ref y), s1 = T.Load(ref Unsafe.Add(ref y, yStride));
        T s2 = T.Load(ref Unsafe.Add(ref y, 2 * yStride)), s3 = T.Load(ref Unsafe.Add(ref y, 3 * yStride));
        ref float x1 = ref Unsafe.Add(ref x, xStride);
        ref float x2 = ref Unsafe.Add(ref x1, xStride);
        ref float x3 = ref Unsafe.Add(ref x2, xStride);
        for (nint i = 0; i < inputs; i++)
        {
            var panel = T.Load(ref w);
            s0 = T.MultiplyAdd(s0, Unsafe.Add(ref x, i), panel);
            s1 = T.MultiplyAdd(s1, Unsafe.Add(ref x1, i), panel);
            s2 = T.MultiplyAdd(s2, Unsafe.Add(ref x2, i), panel);
            s3 = T.MultiplyAdd(s3, Unsafe.Add(ref x3, i), panel);
            w = ref Unsafe.Add(ref w, wStride);
        }
        s0.Store(ref y);
        s1.Store(ref y = ref Unsafe.Add(ref y, yStride));
        s2.Store(ref y = ref Unsafe.Add(ref y, yStride));
        s3.Store(ref Unsafe.Add(ref y, yStride));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One<T>(ref float x, ref float w, int wStride, int inputs, ref float y, T sum)
        where T : struct, ILanes<T>
    {
        for (nint i = 0; i < inputs; i++)
        {
            sum = T.MultiplyAdd(sum, Unsafe.Add(ref x, i), T.Load(ref w));
            w = ref Unsafe.Add(ref w, wStride);
        }
        sum.Store(ref y);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row<T>(ref float x, ref float w, int panels, int panelStride, int wStride, int inputs,
        ref float y) where T : struct, ILanes<T>
    {
        int p = 0;
        for (; p + 4 <= panels; p += 4)
        {
            T s0 = default, s1 = default, s2 = default, s3 = default;
            ref float w0 = ref Unsafe.Add(ref w, (nint)p * panelStride);
            ref float w1 = ref Unsafe.Add(ref w0, panelStride);
            ref float w2 = ref Unsafe.Add(ref w1, panelStride);
            ref float w3 = ref Unsafe.Add(ref w2, panelStride);
            nint at = 0;
            for (nint i = 0; i < inputs; i++, at += wStride)
            {
                float factor = Unsafe.Add(ref x, i);
                s0 = T.MultiplyAdd(s0, factor, T.Load(ref Unsafe.Add(ref w0, at)));
                s1 = T.MultiplyAdd(s1, factor, T.Load(ref Unsafe.Add(ref w1, at)));
                s2 = T.MultiplyAdd(s2, factor, T.Load(ref Unsafe.Add(ref w2, at)));
                s3 = T.MultiplyAdd(s3, factor, T.Load(ref Unsafe.Add(ref w3, at)));
            }
            ref float target = ref Unsafe.Add(ref y, p * Width);
            s0.Store(ref target);
            s1.Store(ref Unsafe.Add(ref target, Width));
            s2.Store(ref Unsafe.Add(ref target, 2 * Width));
            s3.Store(ref Unsafe.Add(ref target, 3 * Width));
        }
        for (; p < panels; p++)
            One<T>(ref x, ref Unsafe.Add(ref w, (nint)p * panelStride), wStride, inputs,
                ref Unsafe.Add(ref y, p * Width), default);
    }
}
