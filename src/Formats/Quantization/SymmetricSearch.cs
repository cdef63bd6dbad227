using System.Runtime.Intrinsics;

namespace Weir.Formats.Quantization;

/// <summary>Finds the scale s for which codes in low..high come nearest to given values: Σ w (s · code - x)² is least.
/// Lengths are multiples of 8, values lie in -1..1. Lanes are elements; there is no remainder.</summary>
internal static class SymmetricSearch
{
    private const int Lanes = 8, Steps = 9;
    private const float StepSize = 0.1f;

    /// <summary>1. The largest value goes near to either end of the range, at offsets of a tenth of a code. 2. For the
    /// codes that this gives, the best scale is Σwxc / Σwc², and it takes (Σwxc)² / Σwc² off the error. 3. From the
    /// best of them on, codes and scale are fitted to each other until neither moves. Zero for zeros.</summary>
    public static float Scale(ReadOnlySpan<float> values, ReadOnlySpan<float> weights, int low, int high)
    {
        float extreme = 0;
        foreach (var value in values) if (Math.Abs(value) > Math.Abs(extreme)) extreme = value;
        if (extreme == 0) return 0;
        float best = 0, scale = 0;
        foreach (int end in (ReadOnlySpan<int>)[low, high])
            for (int step = -Steps; step <= Steps; step++)
            {
                var (gain, fitted) = Fit(values, weights, (end + StepSize * step) / extreme, low, high);
                if (gain > best) (best, scale) = (gain, fitted);
            }
        for (int round = 0; round < 3 && scale != 0; round++)
        {
            var (gain, fitted) = Fit(values, weights, 1 / scale, low, high);
            if (gain <= best) break;
            (best, scale) = (gain, fitted);
        }
        return scale;
    }

    /// <summary>The nearest codes for a given scale.</summary>
    public static void Encode(ReadOnlySpan<float> values, float scale, int low, int high, Span<sbyte> codes)
    {
        float inverse = scale == 0 ? 0 : 1 / scale;
        for (int i = 0; i < values.Length; i++)
            codes[i] = (sbyte)Math.Clamp(MathF.Round(values[i] * inverse), low, high);
    }

    /// <summary>Σ w (s · code - x)² with the nearest codes for that scale.</summary>
    public static float Error(ReadOnlySpan<float> values, ReadOnlySpan<float> weights, float scale, int low, int high)
    {
        float inverse = scale == 0 ? 0 : 1 / scale;
        var (lowest, highest) = (Vector256.Create((float)low), Vector256.Create((float)high));
        var sum = Vector256<float>.Zero;
        for (int i = 0; i < values.Length; i += Lanes)
        {
            var value = Vector256.Create(values[i..]);
            var code = Vector256.ClampNative(Vector256.Round(value * inverse), lowest, highest);
            var error = code * scale - value;
            sum += Vector256.Create(weights[i..]) * error * error;
        }
        return Vector256.Sum(sum);
    }

    private static (float Gain, float Scale) Fit(ReadOnlySpan<float> values, ReadOnlySpan<float> weights,
        float inverse, int low, int high)
    {
        var (lowest, highest) = (Vector256.Create((float)low), Vector256.Create((float)high));
        Vector256<float> products = Vector256<float>.Zero, squares = Vector256<float>.Zero;
        for (int i = 0; i < values.Length; i += Lanes)
        {
            var value = Vector256.Create(values[i..]);
            var code = Vector256.ClampNative(Vector256.Round(value * inverse), lowest, highest);
            var weighted = Vector256.Create(weights[i..]) * code;
            products += weighted * value;
            squares += weighted * code;
        }
        float product = Vector256.Sum(products), square = Vector256.Sum(squares);
        return square > 0 ? (product * product / square, product / square) : (0, 0);
    }
}
