using Weir.Inference.Kernels;

namespace Weir.Inference.Serving;

/// <summary>How a token is chosen. Temperature 0 is greedy; top-k 0 and top-p 1 leave everything in.</summary>
public sealed record SamplingOptions(double Temperature = 1, double TopP = 1, int TopK = 0, long? Seed = null);

/// <summary>Draws tokens from logits. With a seed the draws of a sequence are reproducible whatever else the engine
/// does.</summary>
internal sealed class Sampler(SamplingOptions options)
{
    private readonly Random _random = options.Seed is { } seed ? new Random(unchecked((int)(seed ^ seed >> 32)))
        : new Random();
    private int[] _order = [];

    /// <summary>The next token; <paramref name="logits"/> is used as scratch.</summary>
    public int Next(Span<float> logits)
    {
        if (options.Temperature <= 0) return Greedy(logits);
        float inverse = (float)(1 / options.Temperature);
        for (int i = 0; i < logits.Length; i++) logits[i] *= inverse;
        Elementwise.Softmax(logits);
        if (options.TopK <= 0 && options.TopP >= 1) return DrawInOrder(logits);
        return DrawFromBest(logits);
    }

    /// <summary>The largest logit; the lowest id of equals.</summary>
    public static int Greedy(ReadOnlySpan<float> logits)
    {
        int best = 0;
        for (int i = 1; i < logits.Length; i++)
            if (logits[i] > logits[best]) best = i;
        return best;
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

    // 1. Order the tokens by probability.
    // 2. Keep the first top-k, and of them the shortest head that holds top-p of the mass; at least one.
    // 3. Draw from what is kept, as if it were all.
    private int DrawFromBest(Span<float> probabilities)
    {
        if (_order.Length != probabilities.Length) _order = new int[probabilities.Length];
        for (int i = 0; i < _order.Length; i++) _order[i] = i;
        var keys = new float[probabilities.Length];
        for (int i = 0; i < keys.Length; i++) keys[i] = -probabilities[i];
        Array.Sort(keys, _order);
        int most = options.TopK > 0 ? Math.Min(options.TopK, _order.Length) : _order.Length, kept = 0;
        double mass = 0;
        while (kept < most && (kept == 0 || mass < options.TopP)) mass += probabilities[_order[kept++]];
        double left = _random.NextDouble() * mass;
        for (int i = 0; i < kept; i++)
        {
            left -= probabilities[_order[i]];
            if (left < 0) return _order[i];
        }
        return _order[0];
    }
}
