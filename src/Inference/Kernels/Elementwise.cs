using System.Numerics;

namespace Weir.Inference.Kernels;

/// <summary>The small operations between matrix products, each on one token's row.</summary>
internal static class Elementwise
{
    /// <summary>RMSNorm: y = x / sqrt(mean(x²) + ε) · weight.</summary>
    public static void RmsNorm(ReadOnlySpan<float> x, ReadOnlySpan<float> weight, float epsilon, Span<float> y)
    {
        float scale = 1 / MathF.Sqrt(MatrixProduct.Dot(x, x) / x.Length + epsilon);
        int width = Vector<float>.Count, i = 0;
        for (; i + width <= x.Length; i += width)
            (new Vector<float>(x[i..]) * scale * new Vector<float>(weight[i..])).CopyTo(y[i..]);
        for (; i < x.Length; i++) y[i] = x[i] * scale * weight[i];
    }

    public static void Add(Span<float> x, ReadOnlySpan<float> y)
    {
        int width = Vector<float>.Count, i = 0;
        for (; i + width <= x.Length; i += width) (new Vector<float>(x[i..]) + new Vector<float>(y[i..]))
            .CopyTo(x[i..]);
        for (; i < x.Length; i++) x[i] += y[i];
    }

    /// <summary>x += scale · y.</summary>
    public static void AddScaled(Span<float> x, ReadOnlySpan<float> y, float scale)
    {
        int width = Vector<float>.Count, i = 0;
        var factor = new Vector<float>(scale);
        for (; i + width <= x.Length; i += width)
            Vector.FusedMultiplyAdd(new Vector<float>(y[i..]), factor, new Vector<float>(x[i..])).CopyTo(x[i..]);
        for (; i < x.Length; i++) x[i] += scale * y[i];
    }

    /// <summary>SwiGLU: gate = silu(gate) · up, where silu(x) = x / (1 + e^-x).</summary>
    public static void SwiGlu(Span<float> gate, ReadOnlySpan<float> up)
    {
        int width = Vector<float>.Count, i = 0;
        for (; i + width <= gate.Length; i += width)
        {
            var x = new Vector<float>(gate[i..]);
            (x / (Vector<float>.One + Vector.Exp(-x)) * new Vector<float>(up[i..])).CopyTo(gate[i..]);
        }
        for (; i < gate.Length; i++) gate[i] = gate[i] / (1 + MathF.Exp(-gate[i])) * up[i];
    }

    /// <summary>x = e^(x - max) / sum, in place.</summary>
    public static void Softmax(Span<float> x)
    {
        float largest = float.NegativeInfinity, sum = 0;
        foreach (var value in x) largest = Math.Max(largest, value);
        int width = Vector<float>.Count, i = 0;
        var shift = new Vector<float>(largest);
        var sums = Vector<float>.Zero;
        for (; i + width <= x.Length; i += width)
        {
            var e = Vector.Exp(new Vector<float>(x[i..]) - shift);
            sums += e;
            e.CopyTo(x[i..]);
        }
        sum = Vector.Sum(sums);
        for (; i < x.Length; i++) sum += x[i] = MathF.Exp(x[i] - largest);
        float scale = 1 / sum;
        for (i = 0; i + width <= x.Length; i += width) (new Vector<float>(x[i..]) * scale).CopyTo(x[i..]);
        for (; i < x.Length; i++) x[i] *= scale;
    }

    /// <summary>log(sum(e^x)), in double.</summary>
    public static double LogSumExp(ReadOnlySpan<float> x)
    {
        float largest = float.NegativeInfinity;
        foreach (var value in x) largest = Math.Max(largest, value);
        double sum = 0;
        foreach (var value in x) sum += Math.Exp(value - largest);
        return largest + Math.Log(sum);
    }
}
