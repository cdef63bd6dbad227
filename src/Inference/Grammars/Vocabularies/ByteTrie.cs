namespace Weir.Inference.Grammars.Vocabularies;

/// <summary>The byte strings of some tokens as a tree, laid out in the order in which it is walked: a node's children
/// follow it, and <see cref="After"/> leads past them. Immutable.</summary>
internal sealed class ByteTrie
{
    private ByteTrie(byte[] label, ushort[] depth, int[] after, int[] firstToken, int[] tokens, int maximumDepth)
    {
        (Label, Depth, After, FirstToken, Tokens) = (label, depth, after, firstToken, tokens);
        MaximumDepth = maximumDepth;
    }

    public int Nodes => Label.Length;

    /// <summary>The byte that leads to a node.</summary>
    public byte[] Label { get; }

    /// <summary>0 for the first byte of tokens.</summary>
    public ushort[] Depth { get; }

    /// <summary>The node that follows a node and all that is below it.</summary>
    public int[] After { get; }

    /// <summary>The tokens that end at node n are those from <c>[n]</c> to before <c>[n + 1]</c>.</summary>
    public int[] FirstToken { get; }
    public int[] Tokens { get; }

    /// <summary>Bytes of the longest token.</summary>
    public int MaximumDepth { get; }

    public static ByteTrie Build(IEnumerable<int> tokens, Func<int, ReadOnlyMemory<byte>> bytes)
    {
        var sorted = tokens.ToArray();
        Array.Sort(sorted, (a, b) => bytes(a).Span.SequenceCompareTo(bytes(b).Span) is var order && order != 0
            ? order : a.CompareTo(b));
        var label = new List<byte>();
        var depth = new List<ushort>();
        var after = new List<int>();
        var firstToken = new List<int>();
        var path = new Stack<int>(); // the nodes that lead to the last token
        ReadOnlySpan<byte> last = [];
        int deepest = 0;
        for (int i = 0; i < sorted.Length; i++)
        {
            var text = bytes(sorted[i]).Span;
            int common = text.CommonPrefixLength(last);
            while (path.Count > common) after[path.Pop()] = label.Count;
            for (int at = common; at < text.Length; at++)
            {
                path.Push(label.Count);
                label.Add(text[at]);
                depth.Add((ushort)at);
                after.Add(0);
                firstToken.Add(i);
            }
            deepest = Math.Max(deepest, text.Length);
            last = text;
        }
        while (path.TryPop(out int node)) after[node] = label.Count;
        firstToken.Add(sorted.Length);
        return new ByteTrie([.. label], [.. depth], [.. after], [.. firstToken], sorted, deepest);
    }
}
