namespace Weir.Training.Kernels;

/// <summary>
/// How a batch lies in the fused projection: [Rows * Tokens, (Heads + 2 KvHeads) * HeadSize], each row all query heads,
/// then all key heads, then all value heads. Query head h reads key head h / (Heads / KvHeads).
/// </summary>
internal sealed record AttentionShape(int Rows, int Tokens, int Heads, int KvHeads, int HeadSize)
{
    public int Width => (Heads + 2 * KvHeads) * HeadSize;
    public int OutputWidth => Heads * HeadSize;
    public int Group => Heads / KvHeads;
    public float Scale => 1 / MathF.Sqrt(HeadSize);

    /// <summary>Where, in the fused projection, a head's vector of a position begins.</summary>
    public nint QueryAt(int position, int head) => (nint)position * Width + head * HeadSize;
    public nint KeyAt(int position, int kvHead) => (nint)position * Width + (Heads + kvHead) * HeadSize;
    public nint ValueAt(int position, int kvHead) => KeyAt(position, KvHeads + kvHead);

    /// <summary>The same in the output.</summary>
    public nint OutputAt(int position, int head) => (nint)position * OutputWidth + head * HeadSize;

    /// <summary>A part is one key head of one row: nothing that it writes is another part's.</summary>
    public int Parts => Rows * KvHeads;
}

/// <summary>A run of positions of one document: its first position in the row, and how many.</summary>
internal readonly record struct Segment(int First, int Count)
{
    /// <summary>The documents of one row. <paramref name="starts"/>[t] is where the document of position t
    /// begins.</summary>
    public static IEnumerable<Segment> Of(int[] starts, int row, int tokens)
    {
        for (int first = 0, t = 1; t <= tokens; t++)
        {
            if (t < tokens && starts[row * tokens + t] == first) continue;
            yield return new Segment(first, t - first);
            first = t;
        }
    }
}
