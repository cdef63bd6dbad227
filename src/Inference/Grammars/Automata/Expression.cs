namespace Weir.Inference.Grammars.Automata;

/// <summary>A language over bytes, as it is put together: what an <see cref="Automaton"/> is built from. Immutable, but
/// for the body of a <see cref="RuleExpression"/>, so that a language may contain itself.</summary>
internal abstract class Expression
{
    public static readonly Expression Empty = new LiteralsExpression([[]]);

    /// <summary>Nothing at all, not even the empty text.</summary>
    public static readonly Expression Never = new ChoiceExpression([]);

    /// <summary>True where the empty text belongs to the language. Rules are never empty.</summary>
    public bool IsNullable { get; private init; }

    /// <summary>About how many states it takes in an automaton.</summary>
    public int Weight { get; protected init; }

    public static Expression Literal(string text) => Literals([System.Text.Encoding.UTF8.GetBytes(text)]);

    /// <summary>One of these byte strings. Common beginnings are shared, so a long list is as quick as a short one.
    /// </summary>
    public static Expression Literals(IReadOnlyList<byte[]> texts) => new LiteralsExpression(texts)
    {
        IsNullable = texts.Any(t => t.Length == 0),
        Weight = Sum(texts.Select(t => t.Length)),
    };

    public static Expression Bytes(params ByteRange[] ranges) => new BytesExpression(ranges) { Weight = 1 };

    public static Expression Sequence(params IReadOnlyList<Expression> parts) => new SequenceExpression(parts)
    {
        IsNullable = parts.All(p => p.IsNullable),
        Weight = Sum(parts.Select(p => p.Weight + 1)),
    };

    public static Expression Choice(params IReadOnlyList<Expression> parts) => new ChoiceExpression(parts)
    {
        IsNullable = parts.Any(p => p.IsNullable),
        Weight = Sum(parts.Select(p => p.Weight)),
    };

    /// <summary>From <paramref name="minimum"/> to <paramref name="maximum"/> times, or without an end.</summary>
    public static Expression Repeat(Expression body, int minimum, int? maximum) =>
        new RepeatExpression(body, minimum, maximum)
        {
            IsNullable = minimum == 0 || body.IsNullable,
            Weight = Sum([Math.Max(minimum, maximum ?? 0), RepeatExpression.IsInline(body, minimum, maximum)
                ? (int)Math.Min(int.MaxValue, (long)body.Weight * Math.Max(minimum, maximum ?? 1)) : 1]),
        };

    public static Expression Optional(Expression body) => Repeat(body, 0, 1);

    /// <summary>The labels along any path from node 0 to node 1. It must not be empty as a whole.</summary>
    public static Expression Graph(int nodes, IReadOnlyList<GraphEdge> edges) =>
        new GraphExpression(nodes, edges) { Weight = Sum([nodes, .. edges.Select(e => e.Label.Weight)]) };

    private static int Sum(IEnumerable<int> weights)
    {
        long sum = 0;
        foreach (var weight in weights) sum += weight;
        return (int)Math.Min(sum, int.MaxValue);
    }
}

/// <summary>Both ends included.</summary>
internal readonly record struct ByteRange(byte Low, byte High);

internal readonly record struct GraphEdge(int From, Expression Label, int To);

internal sealed class LiteralsExpression(IReadOnlyList<byte[]> texts) : Expression
{
    public IReadOnlyList<byte[]> Texts => texts;
}

internal sealed class BytesExpression(ByteRange[] ranges) : Expression
{
    public ByteRange[] Ranges => ranges;
}

internal sealed class SequenceExpression(IReadOnlyList<Expression> parts) : Expression
{
    public IReadOnlyList<Expression> Parts => parts;
}

internal sealed class ChoiceExpression(IReadOnlyList<Expression> parts) : Expression
{
    public IReadOnlyList<Expression> Parts => parts;
}

internal sealed class RepeatExpression(Expression body, int minimum, int? maximum) : Expression
{
    // Beyond this many states the body becomes a rule that is called, so that counts within counts add up instead of
    // multiplying.
    private const int InlineStates = 256;

    public Expression Body => body;
    public int Minimum => minimum;
    public int? Maximum => maximum;

    public static bool IsInline(Expression body, int minimum, int? maximum)
    {
        int copies = maximum ?? minimum + 1;
        return copies <= 1 || (long)copies * (body.Weight + (body.IsNullable ? 4 : 0)) <= InlineStates;
    }
}

internal sealed class GraphExpression(int nodes, IReadOnlyList<GraphEdge> edges) : Expression
{
    public int Nodes => nodes;
    public IReadOnlyList<GraphEdge> Edges => edges;
}

/// <summary>A language with a name, which is called and returned from. Its body, set once, must not be empty text.
/// </summary>
internal sealed class RuleExpression : Expression
{
    public RuleExpression(Expression? body = null)
    {
        Weight = 1;
        Body = body;
    }

    public Expression? Body { get; set; }
}
