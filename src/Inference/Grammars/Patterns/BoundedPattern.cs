using Weir.Formats.Bcl;
using Weir.Inference.Grammars.Automata;

namespace Weir.Inference.Grammars.Patterns;

/// <summary>A pattern, and a length in characters, at once: the pattern's automaton over characters (Thompson's) beside
/// a counter. Each node of the result is a state and a count.</summary>
internal sealed class BoundedPattern
{
    private const int MaximumNodes = 100_000;

    // For each state: a set of characters, or null for an empty move, and where it leads. 0 begins, 1 ends.
    private readonly List<List<(CodePointSet? Set, int To)>> _edges = [[], []];

    private BoundedPattern(PatternNode pattern) => Add(pattern, 0, 1);

    /// <param name="pattern">Without anchors.</param>
    /// <param name="least">Characters.</param>
    /// <param name="most">Characters; null where there is no such bound.</param>
    /// <param name="oneOf">How a character of a set is written.</param>
    /// <returns>Not to stand alone: whether it may be empty is not noted in it.</returns>
    /// <exception cref="UserErrorException">There are too many states and counts.</exception>
    public static Expression Of(PatternNode pattern, int least, int? most, Func<CodePointSet, Expression> oneOf)
    {
        var network = new BoundedPattern(pattern);
        // Without an upper bound nothing has to be counted beyond the lower one.
        int last = most ?? least;
        var nodes = new Dictionary<(int State, int Count), int>();
        var open = new Queue<(int State, int Count)>();
        var edges = new List<GraphEdge> { new(0, Expression.Empty, Node(0, 0)) };
        while (open.TryDequeue(out var at))
        {
            int node = nodes[at];
            if (at.State == 1 && at.Count >= least) edges.Add(new(node, Expression.Empty, 1));
            foreach (var (set, to) in network._edges[at.State])
                if (set is null) edges.Add(new(node, Expression.Empty, Node(to, at.Count)));
                else if (at.Count < last) edges.Add(new(node, oneOf(set), Node(to, at.Count + 1)));
                else if (most is null) edges.Add(new(node, oneOf(set), Node(to, last)));
        }
        return Expression.Graph(nodes.Count + 2, edges);

        int Node(int state, int count)
        {
            if (nodes.TryGetValue((state, count), out int known)) return known;
            if (nodes.Count == MaximumNodes) throw TooLarge();
            nodes.Add((state, count), nodes.Count + 2);
            open.Enqueue((state, count));
            return nodes.Count + 1;
        }
    }

    private void Add(PatternNode node, int from, int to)
    {
        switch (node)
        {
            case PatternNode.Characters characters: _edges[from].Add((characters.Set, to)); break;
            case PatternNode.Alternatives alternatives:
                foreach (var part in alternatives.Parts) Add(part, from, to);
                break;
            case PatternNode.Sequence sequence:
                foreach (var part in sequence.Parts)
                {
                    int next = NewState();
                    Add(part, from, next);
                    from = next;
                }
                _edges[from].Add((null, to));
                break;
            case PatternNode.Repeat repeat: AddRepeat(repeat, from, to); break;
            default: throw new InvalidOperationException("Anchors have been taken away.");
        }
    }

    private void AddRepeat(PatternNode.Repeat repeat, int from, int to)
    {
        for (int i = 0; i < (repeat.Maximum ?? repeat.Minimum); i++)
        {
            if (i >= repeat.Minimum) _edges[from].Add((null, to));
            int next = NewState();
            Add(repeat.Body, from, next);
            from = next;
        }
        if (repeat.Maximum is null)
        {
            int loop = NewState();
            _edges[from].Add((null, loop));
            Add(repeat.Body, loop, loop);
            from = loop;
        }
        _edges[from].Add((null, to));
    }

    private int NewState()
    {
        if (_edges.Count == MaximumNodes) throw TooLarge();
        _edges.Add([]);
        return _edges.Count - 1;
    }

    private static UserErrorException TooLarge() =>
        new($"A pattern with a length takes more than {MaximumNodes} states; use smaller counts, or say how long it "
            + "may be in the pattern alone.");
}
