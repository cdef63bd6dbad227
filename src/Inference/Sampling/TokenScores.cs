namespace Weir.Inference.Sampling;

/// <summary>A token and its natural log-probability.</summary>
internal readonly record struct RankedToken(int Id, double Logprob);

/// <summary>A token of a prompt or an answer with its natural log-probability, null for the first of a prompt, which
/// nothing predicts; and the likeliest at its place, likeliest first.</summary>
internal readonly record struct TokenScore(int Id, double? Logprob, RankedToken[] Top)
{
    /// <summary>Scores by the model's own distribution, before temperature, penalties and grammars.</summary>
    /// <param name="id">The token that followed on these logits.</param>
    /// <param name="logits">They are left as they are.</param>
    /// <param name="top">How many of the likeliest to note.</param>
    public static TokenScore Of(int id, ReadOnlySpan<float> logits, int top)
    {
        double total = LogitMath.LogSumExp(logits);
        if (top == 0) return new TokenScore(id, logits[id] - total, []);
        Span<int> places = stackalloc int[Math.Min(top, 64)];
        int count = LogitMath.SelectLargest(logits, places);
        var likeliest = new RankedToken[count];
        for (int i = 0; i < count; i++) likeliest[i] = new RankedToken(places[i], logits[places[i]] - total);
        Array.Sort(likeliest, (a, b) => a.Logprob != b.Logprob ? b.Logprob.CompareTo(a.Logprob) : a.Id.CompareTo(b.Id));
        return new TokenScore(id, logits[id] - total, likeliest);
    }

    public static TokenScore Unscored(int id) => new(id, null, []);
}
