namespace Weir.Formats.Quantization;

/// <summary>What every search for scales begins with: the values brought into -1..1, so that no sum of squares
/// overflows or vanishes, and how much an error of each value counts.</summary>
internal static class ErrorWeights
{
    /// <summary>Below it a value is nearer to zero than to the smallest step that a float16 scale can
    /// express.</summary>
    private const float Vanishing = 1e-8f;

    /// <summary>weight = importance · sqrt(mean of squares + square): large weights of a model carry more of its
    /// outputs than their share, so their errors count more. Returns the size that the values were divided by; 0 where
    /// all of them vanish.</summary>
    /// <param name="values">One block.</param>
    /// <param name="importance">Of one row; may be empty.</param>
    /// <param name="from">The block's first element, counted from the beginning of the first row.</param>
    /// <param name="unit">Receives the values divided by the size.</param>
    /// <param name="weights">Receives the weights; where importance is zero or no number all over the block, those
    /// without importance.</param>
    public static float Prepare(ReadOnlySpan<float> values, ReadOnlySpan<float> importance, int from, Span<float> unit,
        Span<float> weights)
    {
        float size = 0;
        foreach (var value in values) size = Math.Max(size, Math.Abs(value));
        if (!(size >= Vanishing))
        {
            unit.Clear();
            weights.Fill(1);
            return 0;
        }
        float squares = 0;
        for (int i = 0; i < values.Length; i++)
        {
            unit[i] = values[i] / size;
            squares += unit[i] * unit[i];
        }
        float mean = squares / values.Length;
        for (int i = 0; i < values.Length; i++) weights[i] = MathF.Sqrt(mean + unit[i] * unit[i]);
        if (importance.IsEmpty) return size;
        var columns = importance.Slice(from % importance.Length, values.Length);
        float most = 0;
        foreach (var column in columns) most = Math.Max(most, column);
        if (!(most > 0) || !float.IsFinite(most)) return size;
        for (int i = 0; i < values.Length; i++) weights[i] *= columns[i] > 0 ? columns[i] / most : 0;
        return size;
    }
}
