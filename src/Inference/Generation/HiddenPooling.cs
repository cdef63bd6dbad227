namespace Weir.Inference.Generation;

/// <summary>Makes one vector of the final hidden states of a prompt.</summary>
/// <param name="size">Of a hidden state.</param>
/// <param name="lastToken">The last token's alone; otherwise the mean of all.</param>
internal sealed class HiddenPooling(int size, bool lastToken)
{
    private readonly double[] _sum = new double[size];
    private int _count;

    /// <summary>The state of the token at this position; one that was seen already is passed over.</summary>
    public void Add(int position, ReadOnlySpan<float> state)
    {
        if (position != _count) return;
        _count++;
        for (int i = 0; i < _sum.Length; i++) _sum[i] = lastToken ? state[i] : _sum[i] + state[i];
    }

    /// <summary>Of unit length, as OpenAI's are.</summary>
    public float[] ToVector()
    {
        double length = Math.Sqrt(_sum.Sum(x => x * x));
        return [.. _sum.Select(x => length > 0 && double.IsFinite(length) ? (float)(x / length) : 0)];
    }
}
