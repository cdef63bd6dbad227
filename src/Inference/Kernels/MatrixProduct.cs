using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Weir.Inference.Kernels;

/// <summary>Products with weights as models store them: row-major [outputs, inputs], float32.</summary>
internal static class MatrixProduct
{
    /// <summary>y_TO = x_TI · w_OI^T. Tiles of two tokens by four outputs share every load of x and w; one token or the
    /// last few outputs fall to <see cref="Dot"/>. The sum runs over lanes of Vector&lt;float&gt; and then over the
    /// remainder of I, so it may differ from the scalar sum in the last bits.</summary>
    public static void Multiply(ReadOnlySpan<float> x, int tokens, ReadOnlySpan<float> w, int outputs, int inputs,
        Span<float> y)
    {
        ref float x0 = ref MemoryMarshal.GetReference(x), w0 = ref MemoryMarshal.GetReference(w),
            y0 = ref MemoryMarshal.GetReference(y);
        if (x.Length < tokens * inputs || w.Length < outputs * inputs || y.Length < tokens * outputs)
            throw new ArgumentException("A buffer is smaller than its shape.");
        int t = 0;
        for (; t + 2 <= tokens; t += 2)
        {
            int o = 0;
            for (; o + 4 <= outputs; o += 4)
                Tile(ref Unsafe.Add(ref x0, t * inputs), ref Unsafe.Add(ref w0, o * inputs), inputs,
                    ref Unsafe.Add(ref y0, t * outputs + o), outputs);
            for (; o < outputs; o++)
                for (int r = t; r < t + 2; r++)
                    y[r * outputs + o] = Dot(x.Slice(r * inputs, inputs), w.Slice(o * inputs, inputs));
        }
        for (; t < tokens; t++)
        {
            int o = 0;
            for (; o + 4 <= outputs; o += 4)
                Column(ref Unsafe.Add(ref x0, t * inputs), ref Unsafe.Add(ref w0, o * inputs), inputs,
                    ref Unsafe.Add(ref y0, t * outputs + o));
            for (; o < outputs; o++)
                y[t * outputs + o] = Dot(x.Slice(t * inputs, inputs), w.Slice(o * inputs, inputs));
        }
    }

    public static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        int width = Vector<float>.Count, i = 0;
        Vector<float> sum0 = Vector<float>.Zero, sum1 = Vector<float>.Zero;
        for (; i + 2 * width <= a.Length; i += 2 * width)
        {
            sum0 += new Vector<float>(a[i..]) * new Vector<float>(b[i..]);
            sum1 += new Vector<float>(a[(i + width)..]) * new Vector<float>(b[(i + width)..]);
        }
        float sum = Vector.Sum(sum0 + sum1);
        for (; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }

    /// <summary>The scalar equivalent of <see cref="Multiply"/>, for its test.</summary>
    public static void MultiplyScalar(ReadOnlySpan<float> x, int tokens, ReadOnlySpan<float> w, int outputs,
        int inputs, Span<float> y)
    {
        for (int t = 0; t < tokens; t++)
            for (int o = 0; o < outputs; o++)
            {
                double sum = 0;
                for (int i = 0; i < inputs; i++) sum += (double)x[t * inputs + i] * w[o * inputs + i];
                y[t * outputs + o] = (float)sum;
            }
    }

    /// <summary>Two tokens by four outputs.</summary>
    private static void Tile(ref float x, ref float w, int inputs, ref float y, int outputs)
    {
        int width = Vector<float>.Count, i = 0;
        Vector<float> a0 = default, a1 = default, a2 = default, a3 = default, b0 = default, b1 = default, b2 = default,
            b3 = default;
        for (; i + width <= inputs; i += width)
        {
            var xa = Load(ref x, i);
            var xb = Load(ref x, inputs + i);
            var w0 = Load(ref w, i);
            var w1 = Load(ref w, inputs + i);
            var w2 = Load(ref w, 2 * inputs + i);
            var w3 = Load(ref w, 3 * inputs + i);
            a0 = Vector.FusedMultiplyAdd(xa, w0, a0);
            a1 = Vector.FusedMultiplyAdd(xa, w1, a1);
            a2 = Vector.FusedMultiplyAdd(xa, w2, a2);
            a3 = Vector.FusedMultiplyAdd(xa, w3, a3);
            b0 = Vector.FusedMultiplyAdd(xb, w0, b0);
            b1 = Vector.FusedMultiplyAdd(xb, w1, b1);
            b2 = Vector.FusedMultiplyAdd(xb, w2, b2);
            b3 = Vector.FusedMultiplyAdd(xb, w3, b3);
        }
        Span<float> a = [Vector.Sum(a0), Vector.Sum(a1), Vector.Sum(a2), Vector.Sum(a3)];
        Span<float> b = [Vector.Sum(b0), Vector.Sum(b1), Vector.Sum(b2), Vector.Sum(b3)];
        for (; i < inputs; i++)
            for (int o = 0; o < 4; o++)
            {
                a[o] += Unsafe.Add(ref x, i) * Unsafe.Add(ref w, o * inputs + i);
                b[o] += Unsafe.Add(ref x, inputs + i) * Unsafe.Add(ref w, o * inputs + i);
            }
        for (int o = 0; o < 4; o++)
        {
            Unsafe.Add(ref y, o) = a[o];
            Unsafe.Add(ref y, outputs + o) = b[o];
        }
    }

    /// <summary>One token by four outputs.</summary>
    private static void Column(ref float x, ref float w, int inputs, ref float y)
    {
        int width = Vector<float>.Count, i = 0;
        Vector<float> a0 = default, a1 = default, a2 = default, a3 = default;
        for (; i + width <= inputs; i += width)
        {
            var xa = Load(ref x, i);
            a0 = Vector.FusedMultiplyAdd(xa, Load(ref w, i), a0);
            a1 = Vector.FusedMultiplyAdd(xa, Load(ref w, inputs + i), a1);
            a2 = Vector.FusedMultiplyAdd(xa, Load(ref w, 2 * inputs + i), a2);
            a3 = Vector.FusedMultiplyAdd(xa, Load(ref w, 3 * inputs + i), a3);
        }
        Span<float> a = [Vector.Sum(a0), Vector.Sum(a1), Vector.Sum(a2), Vector.Sum(a3)];
        for (; i < inputs; i++)
            for (int o = 0; o < 4; o++) a[o] += Unsafe.Add(ref x, i) * Unsafe.Add(ref w, o * inputs + i);
        for (int o = 0; o < 4; o++) Unsafe.Add(ref y, o) = a[o];
    }

    private static Vector<float> Load(ref float origin, int offset) =>
        Vector.LoadUnsafe(ref Unsafe.Add(ref origin, offset));
}
