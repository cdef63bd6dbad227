using System.Text;
using Weir.Inference.Grammars.Automata;
using Weir.Inference.Grammars.Patterns;

namespace Weir.Inference.Grammars.Schemas;

/// <summary>Names of properties beside those that a schema gives.</summary>
internal static class PropertyNames
{
    private static readonly CodePointSet NeedsEscape = CodePointSet.Of((0, 0x1F), ('"', '"'), ('\\', '\\'));
    private static readonly CodePointSet Ascii = CodePointSet.Of((0, 0x7F));
    private static readonly Expression BeyondAscii = new RuleExpression(Utf8Characters.OneOf(Ascii.Negated()));
    private static readonly Expression Plain = new RuleExpression(Utf8Characters.OneOf(NeedsEscape.Negated()));

    /// <summary>A name, with its quotes, that is none of these. It is written without escapes, so that none of these
    /// can be spelt in another way.</summary>
    /// <remarks>The names make a tree of characters. A name may end where none of them does, or leave the tree by any
    /// other character, and is free then.</remarks>
    public static Expression OtherThan(IReadOnlyList<string> names)
    {
        const int End = 1, Free = 2, Root = 3;
        var children = new List<SortedDictionary<int, int>> { new() };
        var taken = new HashSet<int>();
        foreach (var name in names)
        {
            int at = 0;
            foreach (var rune in name.EnumerateRunes())
            {
                if (!children[at].TryGetValue(rune.Value, out int next))
                {
                    children[at].Add(rune.Value, next = children.Count);
                    children.Add([]);
                }
                at = next;
            }
            taken.Add(at);
        }
        var quote = Expression.Literal("\"");
        var edges = new List<GraphEdge> { new(0, quote, Root), new(Free, Plain, Free), new(Free, quote, End) };
        for (int node = 0; node < children.Count; node++)
        {
            if (!taken.Contains(node)) edges.Add(new(Root + node, quote, End));
            foreach (var (character, child) in children[node])
                if (!NeedsEscape.Contains(character))
                    edges.Add(new(Root + node, Expression.Literal(new Rune(character).ToString()), Root + child));
            edges.Add(new(Root + node, OtherThan(children[node].Keys), Free));
        }
        return Expression.Graph(Root + children.Count, edges);
    }

    // Few names go beyond ASCII; for the others one rule is enough.
    private static Expression OtherThan(IReadOnlyCollection<int> characters)
    {
        var refused = CodePointSet.Of(characters.Select(c => (c, c))).Union(NeedsEscape);
        return characters.All(c => c < 0x80)
            ? Expression.Choice(Utf8Characters.OneOf(Ascii.Without(refused)), BeyondAscii)
            : Utf8Characters.OneOf(refused.Negated());
    }
}
