using System.Numerics;
using System.Runtime.CompilerServices;

namespace Weir.Inference.Sampling;

/// <summary>Passes over a row of logits, as long as a vocabulary. Vector lanes first, then the remainder by the scalar
/// form of the same formula.</summary>
internal static class LogitMath
{
    /// <summary>Floats whose sum is kept beside them, so that a draw need not walk through all.</summary>
    public const int SumBlock = 1024;

    /// <summary>Negative infinity where there is none; what is no number does not count.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Largest(ReadOnlySpan<float> x)
    {
        float largest = float.NegativeInfinity;
        int width = Vector<float>.Count, i = 0;
        if (x.Length >= width)
        {
            var lanes = new Vector<float>(float.NegativeInfinity);
            for (; i + width <= x.Length; i += width) lanes = Vector.MaxNumber(lanes, new Vector<float>(x[i..]));
            for (int lane = 0; lane < width; lane++) largest = float.MaxNumber(largest, lanes[lane]);
        }
        for (; i < x.Length; i++) largest = float.MaxNumber(largest, x[i]);
        return largest;
    }

    /// <summary>weights = e^((x - largest) · scale), the sum of each <see cref="SumBlock"/> of them in
    /// <paramref name="sums"/>; returns the sum of all.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Exponentials(ReadOnlySpan<float> x, float largest, float scale, Span<float> weights,
        Span<float> sums)
    {
        int width = Vector<float>.Count;
        var shift = new Vector<float>(largest);
        double total = 0;
        for (int start = 0; start < x.Length; start += SumBlock)
        {
            int end = Math.Min(x.Length, start + SumBlock), i = start;
            var lanes = Vector<float>.Zero;
            for (; i + width <= end; i += width)
            {
                var e = Vector.Exp((new Vector<float>(x[i..]) - shift) * scale);
                lanes += e;
                e.CopyTo(weights[i..]);
            }
            float sum = Vector.Sum(lanes);
            for (; i < end; i++) sum += weights[i] = MathF.Exp((x[i] - largest) * scale);
            sums[start / SumBlock] = sum;
            total += sum;
        }
        return total;
    }

    /// <summary>log(sum(e^x)).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double LogSumExp(ReadOnlySpan<float> x)
    {
        float largest = Largest(x);
        if (!float.IsFinite(largest)) return largest;
        int width = Vector<float>.Count;
        var shift = new Vector<float>(largest);
        double sum = 0;
        for (int start = 0; start < x.Length; start += SumBlock)
        {
            int end = Math.Min(x.Length, start + SumBlock), i = start;
            var lanes = Vector<float>.Zero;
            for (; i + width <= end; i += width) lanes += Vector.Exp(new Vector<float>(x[i..]) - shift);
            sum += Vector.Sum(lanes);
            for (; i < end; i++) sum += MathF.Exp(x[i] - largest);
        }
        return largest + Math.Log(sum);
    }

    /// <summary>The places of all values of at least <paramref name="least"/>, in order; returns how many.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Gather(ReadOnlySpan<float> x, float least, Span<int> places)
    {
        int width = Vector<float>.Count, i = 0, count = 0;
        var bound = new Vector<float>(least);
        for (; i + width <= x.Length; i += width)
        {
            if (!Vector.GreaterThanOrEqualAny(new Vector<float>(x[i..]), bound)) continue;
            for (int j = i; j < i + width; j++)
                if (x[j] >= least) places[count++] = j;
        }
        for (; i < x.Length; i++)
            if (x[i] >= least) places[count++] = i;
        return count;
    }

    /// <summary>The places of the <paramref name="places"/>.Length largest values, in no order; of equals the lowest.
    /// What is no number comes after all numbers. Returns how many there are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int SelectLargest(ReadOnlySpan<float> x, Span<int> places)
    {
        int most = Math.Min(places.Length, x.Length);
        if (most == 0) return 0;
        // A heap with the worst on top; a later value must be larger to come in.
        for (int i = 0; i < most; i++) places[i] = i;
        for (int i = most / 2 - 1; i >= 0; i--) SiftDown(x, places[..most], i);
        int width = Vector<float>.Count, at = most;
        while (at < x.Length)
        {
            float worst = x[places[0]];
            if (at + width <= x.Length && !float.IsNaN(worst)
                && !Vector.GreaterThanAny(new Vector<float>(x[at..]), new Vector<float>(worst)))
            {
                at += width;
                continue;
            }
            int end = Math.Min(x.Length, at + width);
            for (; at < end; at++)
            {
                if (!IsBefore(x, at, places[0])) continue;
                places[0] = at;
                SiftDown(x, places[..most], 0);
            }
        }
        return most;
    }

    /// <summary>Larger first, then lower place; no number last.</summary>
    public static bool IsBefore(ReadOnlySpan<float> x, int a, int b)
    {
        float left = x[a], right = x[b];
        if (left > right) return true;
        if (left < right) return false;
        bool leftIsNumber = !float.IsNaN(left), rightIsNumber = !float.IsNaN(right);
        return leftIsNumber == rightIsNumber ? a < b : leftIsNumber;
    }

    private static void SiftDown(ReadOnlySpan<float> x, Span<int> heap, int at)
    {
        while (true)
        {
            int child = 2 * at + 1;
            if (child >= heap.Length) return;
            if (child + 1 < heap.Length && IsBefore(x, heap[child], heap[child + 1])) child++;
            if (!IsBefore(x, heap[at], heap[child])) return;
            (heap[at], heap[child]) = (heap[child], heap[at]);
            at = child;
        }
    }
}
