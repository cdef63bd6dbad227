using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

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
        int width = Vector512<float>.Count, i = 0;
        for (; i + width <= x.Length; i += width)
            (Vector512.Create(x[i..]) * scale * Vector512.Create(weight[i..])).CopyTo(y[i..]);
        for (; i < x.Length; i++) y[i] = x[i] * scale * weight[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(Span<float> x, ReadOnlySpan<float> y)
    {
        int width = Vector512<float>.Count, i = 0;
        for (; i + width <= x.Length; i += width)
            (Vector512.Create(x[i..]) + Vector512.Create(y[i..])).CopyTo(x[i..]);
        for (; i < x.Length; i++) x[i] += y[i];
    }

    /// <summary>SwiGLU: gate = silu(gate) · up, where silu(x) = x / (1 + e^-x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SwiGlu(Span<float> gate, ReadOnlySpan<float> up)
    {
        int width = Vector512<float>.Count, i = 0;
        for (; i + width <= gate.Length; i += width)
        {
            var x = Vector512.Create(gate[i..]);
            (x / (Vector512<float>.One + Vector512.Exp(-x)) * Vector512.Create(up[i..])).CopyTo(gate[i..]);
        }
        for (; i < gate.Length; i++) gate[i] = gate[i] / (1 + MathF.Exp(-gate[i])) * up[i];
    }

    /// <summary>As <see cref="SwiGlu"/> with the tanh form of GELU:
    /// gelu(x) = x · sigmoid(2 · sqrt(2 / π) · (x + 0.044715 · x³)).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void GeGlu(Span<float> gate, ReadOnlySpan<float> up)
    {
        const float outer = 1.5957691216f, inner = 0.044715f;
        int width = Vector512<float>.Count, i = 0;
        for (; i + width <= gate.Length; i += width)
        {
            var x = Vector512.Create(gate[i..]);
            var exponent = -outer * (x + inner * x * x * x);
            (x / (Vector512<float>.One + Vector512.Exp(exponent)) * Vector512.Create(up[i..])).CopyTo(gate[i..]);
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
        int width = Vector512<float>.Count, i = 0;
        var two = Vector512.Create(2f);
        for (; i + width <= x.Length; i += width)
        {
            var exponential = Vector512.Exp(Vector512.Create(x[i..]) * factor);
            (cap * (Vector512<float>.One - two / (exponential + Vector512<float>.One))).CopyTo(x[i..]);
        }
        for (; i < x.Length; i++) x[i] = cap * (1 - 2 / (MathF.Exp(x[i] * factor) + 1));
    }

    /// <summary>x = e^(x - max) / sum, in place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Softmax(Span<float> x)
    {
        float largest = Largest(x), sum = 0;
        int width = Vector512<float>.Count, i = 0;
        var shift = Vector512.Create(largest);
        var sums = Vector512<float>.Zero;
        for (; i + width <= x.Length; i += width)
        {
            var e = Vector512.Exp(Vector512.Create(x[i..]) - shift);
            sums += e;
            e.CopyTo(x[i..]);
        }
        sum = Vector512.Sum(sums);
        for (; i < x.Length; i++) sum += x[i] = MathF.Exp(x[i] - largest);
        float scale = 1 / sum;
        for (i = 0; i + width <= x.Length; i += width) (Vector512.Create(x[i..]) * scale).CopyTo(x[i..]);
        for (; i < x.Length; i++) x[i] *= scale;
    }

    /// <summary>The rotation of rotary embedding in the Hugging Face convention, in place: dimension i turns with
    /// dimension i + half. <paramref name="turns"/> holds the half's cosines, then its sines.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rotate(Span<float> head, ReadOnlySpan<float> turns)
    {
        int half = head.Length / 2, width = Vector512<float>.Count, i = 0;
        Span<float> first = head[..half], second = head[half..];
        ReadOnlySpan<float> cosines = turns[..half], sines = turns[half..];
        for (; i + width <= half; i += width)
        {
            Vector512<float> a = Vector512.Create<float>(first[i..]), b = Vector512.Create<float>(second[i..]);
            Vector512<float> cos = Vector512.Create(cosines[i..]), sin = Vector512.Create(sines[i..]);
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
        int width = Vector512<float>.Count, i = 0;
        for (; i + width <= x.Length; i += width) (Vector512.Create(x[i..]) * factor).CopyTo(x[i..]);
        for (; i < x.Length; i++) x[i] *= factor;
    }

    /// <summary>Negative infinity where there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Largest(ReadOnlySpan<float> x)
    {
        float largest = float.NegativeInfinity;
        int width = Vector512<float>.Count, i = 0;
        if (x.Length >= width)
        {
            var lanes = Vector512.Create(x);
            for (i = width; i + width <= x.Length; i += width) lanes = Vector512.Max(lanes, Vector512.Create(x[i..]));
            for (int lane = 0; lane < width; lane++) largest = Math.Max(largest, lanes[lane]);
        }
        for (; i < x.Length; i++) largest = Math.Max(largest, x[i]);
        return largest;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float SumOfSquares(ReadOnlySpan<float> x)
    {
        int width = Vector512<float>.Count, i = 0;
        var sums = Vector512<float>.Zero;
        for (; i + width <= x.Length; i += width)
        {
            var lanes = Vector512.Create(x[i..]);
            sums += lanes * lanes;
        }
        float sum = Vector512.Sum(sums);
        for (; i < x.Length; i++) sum += x[i] * x[i];
        return sum;
    }
}
