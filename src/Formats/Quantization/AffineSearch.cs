using System.Runtime.Intrinsics;

namespace Weir.Formats.Quantization;

/// <summary>Finds scale s and minimum m, both at least 0, for which codes in 0..highest come nearest to given values:
/// Σ w (s · code - m - x)² is least. Lengths are multiples of 8, values lie in -1..1. Lanes are elements; there is no
/// remainder.</summary>
internal static class AffineSearch
{
    private const int Lanes = 8, Steps = 10;
    private const float StepSize = 0.1f;

    /// <summary>Sums over a part, c the code: Σw, Σwx, Σwx², Σwc, Σwc², Σwcx.</summary>
    private readonly record struct Sums(double W, double X, double XX, double C, double CC, double CX)
    {
        public (float Scale, float Minimum, double Error) Solve()
        {
            double determinant = W * CC - C * C, scale, minimum;
            if (determinant > 1e-9 * W * CC)
                (scale, minimum) = ((W * CX - X * C) / determinant, (X * -CC + C * CX) / determinant);
            else (scale, minimum) = (0, W > 0 ? -X / W : 0);
            if (minimum < 0) (scale, minimum) = (CC > 0 ? CX / CC : 0, 0);
            if (scale < 0) (scale, minimum) = (0, W > 0 ? Math.Max(0, -X / W) : 0);
            double error = XX + scale * scale * CC + minimum * minimum * W - 2 * scale * minimum * C
                - 2 * scale * CX + 2 * minimum * X;
            return ((float)scale, (float)minimum, error);
        }
    }

    /// <summary>1. The values' range, stretched to zero, is laid over the codes, by up to one code more or less. 2. For
    /// the codes that this gives, the best scale and minimum solve two linear equations. 3. From the best of them on,
    /// codes and the two are fitted to each other until neither moves.</summary>
    public static (float Scale, float Minimum) Fit(ReadOnlySpan<float> values, ReadOnlySpan<float> weights, int highest)
    {
        float low = 0, high = float.MinValue;
        foreach (var value in values) (low, high) = (Math.Min(low, value), Math.Max(high, value));
        if (high <= low) return (0, -low);
        var fixedSums = ValueSums(values, weights);
        var best = (Scale: 0f, Minimum: -low, Error: double.MaxValue);
        for (int step = -Steps; step <= Steps; step++)
        {
            float inverse = (highest + StepSize * step) / (high - low);
            var found = CodeSums(values, weights, inverse, -low, highest, fixedSums).Solve();
            if (found.Error < best.Error) best = found;
        }
        for (int round = 0; round < 4 && best.Scale > 0; round++)
        {
            var found = CodeSums(values, weights, 1 / best.Scale, best.Minimum, highest, fixedSums).Solve();
            if (found.Error >= best.Error) break;
            best = found;
        }
        return (best.Scale, best.Minimum);
    }

    /// <summary>The nearest codes for given scale and minimum.</summary>
    public static void Encode(ReadOnlySpan<float> values, float scale, float minimum, int highest, Span<byte> codes)
    {
        float inverse = scale == 0 ? 0 : 1 / scale;
        for (int i = 0; i < values.Length; i++)
            codes[i] = (byte)Math.Clamp(MathF.Round((values[i] + minimum) * inverse), 0, highest);
    }

    /// <summary>Σ w (s · code - m - x)² with the nearest codes.</summary>
    public static float Error(ReadOnlySpan<float> values, ReadOnlySpan<float> weights, float scale, float minimum,
        int highest)
    {
        float inverse = scale == 0 ? 0 : 1 / scale;
        var (most, offset) = (Vector256.Create((float)highest), Vector256.Create(minimum));
        var sum = Vector256<float>.Zero;
        for (int i = 0; i < values.Length; i += Lanes)
        {
            var shifted = Vector256.Create(values[i..]) + offset;
            var code = Vector256.ClampNative(Vector256.Round(shifted * inverse), Vector256<float>.Zero, most);
            var error = code * scale - shifted;
            sum += Vector256.Create(weights[i..]) * error * error;
        }
        return Vector256.Sum(sum);
    }

    private static Sums ValueSums(ReadOnlySpan<float> values, ReadOnlySpan<float> weights)
    {
        Vector256<float> w = default, x = default, xx = default;
        for (int i = 0; i < values.Length; i += Lanes)
        {
            var (value, weight) = (Vector256.Create(values[i..]), Vector256.Create(weights[i..]));
            w += weight;
            x += weight * value;
            xx += weight * value * value;
        }
        return new Sums(Vector256.Sum(w), Vector256.Sum(x), Vector256.Sum(xx), 0, 0, 0);
    }

    private static Sums CodeSums(ReadOnlySpan<float> values, ReadOnlySpan<float> weights, float inverse, float minimum,
        int highest, Sums known)
    {
        var (most, offset) = (Vector256.Create((float)highest), Vector256.Create(minimum));
        Vector256<float> c = default, cc = default, cx = default;
        for (int i = 0; i < values.Length; i += Lanes)
        {
            var value = Vector256.Create(values[i..]);
            var code = Vector256.ClampNative(Vector256.Round((value + offset) * inverse), Vector256<float>.Zero, most);
            var weighted = Vector256.Create(weights[i..]) * code;
            c += weighted;
            cc += weighted * code;
            cx += weighted * value;
        }
        return known with { C = Vector256.Sum(c), CC = Vector256.Sum(cc), CX = Vector256.Sum(cx) };
    }
}
