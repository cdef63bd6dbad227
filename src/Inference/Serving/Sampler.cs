using Weir.Inference.Kernels;

namespace Weir.Inference.Serving;

/// <summary>How a token is chosen. Temperature 0 is greedy; top-k 0 and top-p 1 leave everything in.</summary>
internal sealed record SamplingOptions(double Temperature = 1, double TopP = 1, int TopK = 0, long? Seed = null);

/// <summary>Draws tokens from logits. With a seed the draws of a sequence are reproducible whatever else the engine
/// does. For one sequence.</summary>
internal sealed class Sampler(SamplingOptions options)
{
    private readonly SplitMix64 _random = new(options.Seed ?? Random.Shared.NextInt64());
    private int[] _heap = [];

    /// <summary>The next token; <paramref name="logits"/> is used as scratch.</summary>
    public int Next(Span<float> logits)
    {
        if (options.Temperature <= 0) return Greedy(logits);
        Elementwise.Scale(logits, (float)(1 / Math.Max(options.Temperature, 1e-4)));
        Elementwise.Softmax(logits);
        return options.TopK <= 0 && options.TopP >= 1 ? DrawInOrder(logits) : DrawFromBest(logits);
    }

    /// <summary>The largest logit; the lowest id of equals.</summary>
    public static int Greedy(ReadOnlySpan<float> logits)
    {
        int best = logits.IndexOf(Elementwise.Largest(logits));
        return Math.Max(best, 0); // none is equal to the largest only where logits are not numbers
    }

    private int DrawInOrder(ReadOnlySpan<float> probabilities)
    {
        double left = _random.NextDouble();
        for (int i = 0; i < probabilities.Length; i++)
        {
            left -= probabilities[i];
            if (left < 0) return i;
        }
        return Greedy(probabilities); // rounding left a crumb beyond the last
    }

    // 1. Take tokens from a heap, likeliest first and lowest id of equals first, until top-k of them are there, or,
    //    without
    //    top-k, until they hold top-p of all.
    // 2. Of those keep the shortest head that holds top-p of their mass; at least one.
    // 3. Draw from what is kept, as if it were all.
    private int DrawFromBest(ReadOnlySpan<float> probabilities)
    {
        int most = options.TopK > 0 ? Math.Min(options.TopK, probabilities.Length) : probabilities.Length;
        MakeHeap(probabilities);
        // Taken tokens are put behind the shrinking heap: rank r stands at length - 1 - r.
        int taken = 0;
        double mass = 0;
        while (taken < most && (options.TopK > 0 || taken == 0 || mass < options.TopP))
            mass += probabilities[TakeBest(probabilities, taken++)];
        double wanted = options.TopK > 0 ? options.TopP * mass : options.TopP, kept = 0;
        int keep = 0;
        while (keep < taken && (keep == 0 || kept < wanted)) kept += probabilities[_heap[^(++keep)]];
        double left = _random.NextDouble() * kept;
        for (int rank = 1; rank <= keep; rank++)
        {
            left -= probabilities[_heap[^rank]];
            if (left < 0) return _heap[^rank];
        }
        return _heap[^1];
    }

    private void MakeHeap(ReadOnlySpan<float> probabilities)
    {
        if (_heap.Length != probabilities.Length) _heap = new int[probabilities.Length];
        for (int i = 0; i < _heap.Length; i++) _heap[i] = i;
        for (int i = _heap.Length / 2 - 1; i >= 0; i--) SiftDown(probabilities, i, _heap.Length);
    }

    private int TakeBest(ReadOnlySpan<float> probabilities, int taken)
    {
        int last = _heap.Length - taken - 1;
        (_heap[0], _heap[last]) = (_heap[last], _heap[0]);
        SiftDown(probabilities, 0, last);
        return _heap[last];
    }

    private void SiftDown(ReadOnlySpan<float> probabilities, int at, int length)
    {
        while (true)
        {
            int child = 2 * at + 1;
            if (child >= length) return;
            if (child + 1 < length && Before(probabilities, _heap[child + 1], _heap[child])) child++;
            if (!Before(probabilities, _heap[child], _heap[at])) return;
            (_heap[at], _heap[child]) = (_heap[child], _heap[at]);
            at = child;
        }
    }

    private static bool Before(ReadOnlySpan<float> probabilities, int a, int b) =>
        probabilities[a] > probabilities[b] || (probabilities[a] == probabilities[b] && a < b);
}

/// <summary>SplitMix64 (Steele, Lea, Flood 2014): any 64-bit seed gives a stream of its own.</summary>
internal sealed class SplitMix64(long seed)
{
    private ulong _state = unchecked((ulong)seed);

    /// <summary>At least 0 and below 1, in steps of 2^-53.</summary>
    public double NextDouble()
    {
        ulong z = unchecked(_state += 0x9E3779B97F4A7C15);
        z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9);
        z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EB);
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}
