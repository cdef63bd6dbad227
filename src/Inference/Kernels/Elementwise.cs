using System.Numerics;
using System.Runtime.CompilerServices;

namespace Weir.Inference.Kernels;

/// <summary>The small operations between matrix products, each on one token's row. Vector lanes first, then the
/// remainder by the scalar form of the same formula. Compiled at once at the highest tier, since an engine is judged by
/// its first answers too.</summary>
internal static class Elementwise
{
    /// <summary>RMSNorm: y = x / sqrt(mean(x²) + ε) · weight.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void RmsNorm(ReadOnlySpan<float> x, ReadOnlySpan<float> weight, float epsilon, Span<float> y)
    {
        float scale = 1 / MathF.Sqrt(SumOfSquares(x) / x.Length + epsilon);
        int width = Vector<float>.Count, i = 0;
        for (; i + width <= x.Length; i += width)
            (new Vector<float>(x[i..]) * scale * new Vector<float>(weight[i..])).CopyTo(y[i..]);
        for (; i < x.Length; i++) y[i] = x[i] * scale * weight[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(Span<float> x, ReadOnlySpan<float> y)
    {
        int width = Vector<float>.Count, i = 0;
        for (; i + width <= x.Length; i += width)
            (new Vector<float>(x[i..]) + new Vector<float>(y[i..])).CopyTo(x[i..]);
        for (; i < x.Length; i++) x[i] += y[i];
    }

    /// <summary>SwiGLU: gate = silu(gate) · up, where silu(x) = x / (1 + e^-x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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

    /// <summary>As <see cref="SwiGlu"/> with the tanh form of GELU:
    /// gelu(x) = x · sigmoid(2 · sqrt(2 / π) · (x + 0.044715 · x³)).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void GeGlu(Span<float> gate, ReadOnlySpan<float> up)
    {
        const float outer = 1.5957691216f, inner = 0.044715f;
        int width = Vector<float>.Count, i = 0;
        for (; i + width <= gate.Length; i += width)
        {
            var x = new Vector<float>(gate[i..]);
            var exponent = -outer * (x + inner * x * x * x);
            (x / (Vector<float>.One + Vector.Exp(exponent)) * new Vector<float>(up[i..])).CopyTo(gate[i..]);
        }
        for (; i < gate.Length; i++)
        {
            float x = gate[i];
            gate[i] = x / (1 + MathF.Exp(-outer * (x + inner * x * x * x))) * up[i];
        }
    }

    /// <summary>x = cap · tanh(x / cap), in place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SoftCap(Span<float> x, float cap)
    {
        // tanh(y) = 1 - 2 / (e^2y + 1)
        float factor = 2 / cap;
        int width = Vector<float>.Count, i = 0;
        var two = new Vector<float>(2);
        for (; i + width <= x.Length; i += width)
            (cap * (Vector<float>.One - two / (Vector.Exp(new Vector<float>(x[i..]) * factor) + Vector<float>.One)))
                .CopyTo(x[i..]);
        for (; i < x.Length; i++) x[i] = cap * (1 - 2 / (MathF.Exp(x[i] * factor) + 1));
    }

    /// <summary>x = e^(x - max) / sum, in place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Softmax(Span<float> x)
    {
        float largest = Largest(x), sum = 0;
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

    /// <summary>The rotation of rotary embedding in the Hugging Face convention, in place: dimension i turns with
    /// dimension i + half. <paramref name="turns"/> holds the half's cosines, then its sines.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rotate(Span<float> head, ReadOnlySpan<float> turns)
    {
        int half = head.Length / 2, width = Vector<float>.Count, i = 0;
        Span<float> first = head[..half], second = head[half..];
        ReadOnlySpan<float> cosines = turns[..half], sines = turns[half..];
        for (; i + width <= half; i += width)
        {
            Vector<float> a = new(first[i..]), b = new(second[i..]), cos = new(cosines[i..]), sin = new(sines[i..]);
            (a * cos - b * sin).CopyTo(first[i..]);
            (b * cos + a * sin).CopyTo(second[i..]);
        }
        for (; i < half; i++)
        {
            float a = first[i], b = second[i];
            first[i] = a * cosines[i] - b * sines[i];
            second[i] = b * cosines[i] + a * sines[i];
        }
    }

    /// <summary>x = x · factor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scale(Span<float> x, float factor)
    {
        int width = Vector<float>.Count, i = 0;
        for (; i + width <= x.Length; i += width) (new Vector<float>(x[i..]) * factor).CopyTo(x[i..]);
        for (; i < x.Length; i++) x[i] *= factor;
    }

    /// <summary>log(sum(e^x)), in double.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double LogSumExp(ReadOnlySpan<float> x)
    {
        float largest = Largest(x);
        double sum = 0;
        foreach (var value in x) sum += Math.Exp(value - largest);
        return largest + Math.Log(sum);
    }

    /// <summary>Negative infinity where there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Largest(ReadOnlySpan<float> x)
    {
        float largest = float.NegativeInfinity;
        int width = Vector<float>.Count, i = 0;
        if (x.Length >= width)
        {
            var lanes = new Vector<float>(x);
            for (i = width; i + width <= x.Length; i += width) lanes = Vector.Max(lanes, new Vector<float>(x[i..]));
            for (int lane = 0; lane < width; lane++) largest = Math.Max(largest, lanes[lane]);
        }
        for (; i < x.Length; i++) largest = Math.Max(largest, x[i]);
        return largest;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float SumOfSquares(ReadOnlySpan<float> x)
    {
        int width = Vector<float>.Count, i = 0;
        var sums = Vector<float>.Zero;
        for (; i + width <= x.Length; i += width)
        {
            var lanes = new Vector<float>(x[i..]);
            sums += lanes * lanes;
        }
        float sum = Vector.Sum(sums);
        for (; i < x.Length; i++) sum += x[i] * x[i];
        return sum;
    }
}
