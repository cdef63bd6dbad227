namespace Weir.Inference.Sampling;

/// <summary>Rows as long as the vocabulary that all samplers of one thread work in.</summary>
internal sealed class SamplerScratch(int vocabularySize)
{
    public float[] Edited { get; } = new float[vocabularySize];
    public float[] Weights { get; } = new float[vocabularySize];
    public float[] Sums { get; } = new float[vocabularySize / LogitMath.SumBlock + 1];
    public int[] Places { get; } = new int[vocabularySize];
}

/// <summary>
/// Chooses the tokens of one sequence from logits. What it draws depends on the seed, the place in the answer and the
/// logits alone. The order of the rules: penalties and bias, then what a grammar allows, temperature, top-k, top-p of
/// what is left, min-p.
/// </summary>
internal sealed class Sampler
{
    private const double LowestTemperature = 1e-4;
    private readonly SamplingOptions _options;
    private readonly long _seed;
    private readonly HashSet<int>? _prompt;
    private readonly Dictionary<int, int>? _answer;

    public Sampler(SamplingOptions options, ReadOnlySpan<int> prompt = default)
    {
        _options = options;
        _seed = options.Seed ?? Random.Shared.NextInt64();
        if (!options.HasPenalties) return;
        _answer = [];
        if (options.RepetitionPenalty == 1) return;
        _prompt = [];
        foreach (var token in prompt) _prompt.Add(token);
    }

    /// <summary>The token was chosen, and counts for the penalties from now on.</summary>
    public void Accept(int token)
    {
        if (_answer is not null) _answer[token] = _answer.GetValueOrDefault(token) + 1;
    }

    /// <summary>The token at this place of the answer. <paramref name="allowed"/> has a bit for each token, or is empty
    /// where all are allowed. The logits are left as they are.</summary>
    public int Next(ReadOnlySpan<float> logits, int place, SamplerScratch scratch, ReadOnlySpan<ulong> allowed = default)
    {
        if (_answer is not null || _options.LogitBias is not null || !allowed.IsEmpty)
        {
            var edited = scratch.Edited.AsSpan(0, logits.Length);
            logits.CopyTo(edited);
            Edit(edited);
            if (!allowed.IsEmpty) Mask(edited, allowed);
            logits = edited;
        }
        float largest = LogitMath.Largest(logits);
        if (_options.Temperature <= 0 || !float.IsFinite(largest)) return Greedy(logits, largest);
        float scale = (float)(1 / Math.Max(_options.Temperature, LowestTemperature));
        var weights = scratch.Weights.AsSpan(0, logits.Length);
        double total = LogitMath.Exponentials(logits, largest, scale, weights, scratch.Sums);
        if (!double.IsFinite(total)) return Greedy(logits, largest);
        double draw = SeededDraw.At(_seed, place);
        return _options.TopK <= 0 && _options.TopP >= 1 && _options.MinP <= 0
            ? DrawFromAll(weights, scratch.Sums, draw * total) : DrawFromBest(weights, scratch.Places, total, draw);
    }

    /// <summary>The largest logit; the lowest id of equals.</summary>
    public static int Greedy(ReadOnlySpan<float> logits) => Greedy(logits, LogitMath.Largest(logits));

    // None is equal to the largest only where logits are no numbers.
    private static int Greedy(ReadOnlySpan<float> logits, float largest) => Math.Max(logits.IndexOf(largest), 0);

    private void Edit(Span<float> logits)
    {
        if (_prompt is not null)
            foreach (var token in _prompt)
                if (token < logits.Length && !_answer!.ContainsKey(token)) Repeat(ref logits[token]);
        if (_answer is not null)
            foreach (var (token, times) in _answer)
            {
                if (token >= logits.Length) continue;
                if (_prompt is not null) Repeat(ref logits[token]);
                logits[token] -= (float)(_options.PresencePenalty + _options.FrequencyPenalty * times);
            }
        if (_options.LogitBias is null) return;
        foreach (var (token, bias) in _options.LogitBias)
            if (token < logits.Length) logits[token] += bias;
    }

    private void Repeat(ref float logit) => logit = logit > 0
        ? (float)(logit / _options.RepetitionPenalty) : (float)(logit * _options.RepetitionPenalty);

    private static void Mask(Span<float> logits, ReadOnlySpan<ulong> allowed)
    {
        for (int word = 0; word * 64 < logits.Length; word++)
        {
            ulong bits = word < allowed.Length ? allowed[word] : 0;
            if (bits == ulong.MaxValue) continue;
            var part = logits.Slice(word * 64, Math.Min(64, logits.Length - word * 64));
            if (bits == 0) part.Fill(float.NegativeInfinity);
            else
                for (int i = 0; i < part.Length; i++)
                    if ((bits >> i & 1) == 0) part[i] = float.NegativeInfinity;
        }
    }

    private static int DrawFromAll(ReadOnlySpan<float> weights, ReadOnlySpan<float> sums, double left)
    {
        int block = 0, last = (weights.Length - 1) / LogitMath.SumBlock;
        while (block < last && left >= sums[block]) left -= sums[block++];
        int first = block * LogitMath.SumBlock, end = Math.Min(weights.Length, first + LogitMath.SumBlock);
        for (int i = first; i < end; i++)
        {
            left -= weights[i];
            if (left < 0) return i;
        }
        // Rounding left a crumb beyond the last: the last that has any weight.
        for (int i = end - 1; i > 0; i--)
            if (weights[i] > 0) return i;
        return 0;
    }

    // 1. With top-k, its tokens; otherwise all that can be in the nucleus: tokens below (1 - P) / V of the mass are
    //    less than 1 - P together. None below min-p of the likeliest, whose weight is 1.
    // 2. Of those the shortest head that holds top-p of the mass; at least one.
    // 3. Without what is below min-p, draw.
    private int DrawFromBest(ReadOnlySpan<float> weights, Span<int> places, double total, double draw)
    {
        int count;
        if (_options.TopK > 0)
        {
            count = LogitMath.SelectLargest(weights, places[..Math.Min(_options.TopK, weights.Length)]);
            total = MassOf(weights, places[..count]);
        }
        else
        {
            double least = Math.Max(_options.MinP, (1 - _options.TopP) * total / weights.Length * 0.999);
            count = LogitMath.Gather(weights, (float)Math.Min(least, 1), places);
        }
        var kept = places[..count];
        if (_options.TopP < 1) kept = Head(weights, kept, _options.TopP * total);
        count = 0;
        foreach (var place in kept)
            if (weights[place] >= _options.MinP) kept[count++] = place;
        kept = kept[..count];
        double left = draw * MassOf(weights, kept);
        foreach (var place in kept)
        {
            left -= weights[place];
            if (left < 0) return place;
        }
        return kept[^1];
    }

    /// <summary>The shortest head, likeliest first, that holds <paramref name="wanted"/>, by partition around pivots:
    /// no full sort. All where they hold less.</summary>
    private static Span<int> Head(ReadOnlySpan<float> weights, Span<int> places, double wanted)
    {
        int low = 0, high = places.Length;
        while (high - low > 1)
        {
            int pivot = places[low + (high - low) / 2];
            (places[low + (high - low) / 2], places[high - 1]) = (places[high - 1], pivot);
            int split = low;
            double mass = 0;
            for (int i = low; i < high - 1; i++)
            {
                if (!LogitMath.IsBefore(weights, places[i], pivot)) continue;
                mass += weights[places[i]];
                (places[i], places[split]) = (places[split], places[i]);
                split++;
            }
            (places[split], places[high - 1]) = (pivot, places[split]);
            if (mass >= wanted && split > low)
            {
                high = split;
                continue;
            }
            wanted -= mass + weights[pivot];
            low = split + 1;
            if (wanted <= 0) return places[..low];
        }
        return places[..Math.Max(high, 1)];
    }

    private static double MassOf(ReadOnlySpan<float> weights, ReadOnlySpan<int> places)
    {
        double mass = 0;
        foreach (var place in places) mass += weights[place];
        return mass;
    }
}
