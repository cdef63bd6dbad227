namespace Weir.Text.Jinja.Values;

/// <summary>A stable merge sort. The runtime's sorts wrap the errors of a comparison, and this one meets values that
/// have no order.</summary>
internal static class PythonSort
{
    /// <summary>The items by their keys; items with equal keys stay in their order, in reverse too.</summary>
    public static List<T> By<T>(IReadOnlyList<T> items, Func<T, JinjaValue> key, bool reverse, RenderBudget budget)
    {
        budget.MakeItems(3L * items.Count);
        var keyed = new (JinjaValue Key, T Item)[items.Count];
        for (var i = 0; i < keyed.Length; i++) keyed[i] = (key(items[i]), items[i]);
        var merged = new (JinjaValue Key, T Item)[keyed.Length];
        for (var width = 1; width < keyed.Length; width *= 2)
        {
            for (var start = 0; start < keyed.Length; start += 2 * width)
                Merge(keyed, merged, start, Math.Min(start + width, keyed.Length),
                    Math.Min(start + 2 * width, keyed.Length), reverse, budget);
            (keyed, merged) = (merged, keyed);
        }
        return [.. keyed.Select(pair => pair.Item)];
    }

    private static void Merge<T>((JinjaValue Key, T)[] from, (JinjaValue, T)[] to, int start, int middle, int end,
        bool reverse, RenderBudget budget)
    {
        int left = start, right = middle;
        for (var at = start; at < end; at++)
        {
            var takeRight = left == middle || right < end
                && PythonOrder.Compare(from[right].Key, from[left].Key, budget) * (reverse ? -1 : 1) < 0;
            to[at] = from[takeRight ? right++ : left++];
        }
    }
}
