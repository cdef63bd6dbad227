using System.Globalization;
using System.Text.Json;
using Weir.Inference.Grammars.Automata;

namespace Weir.Inference.Grammars.Schemas;

/// <summary>Arrays by <c>prefixItems</c>, <c>items</c> and how many there may be.</summary>
internal sealed class SchemaArrays(SchemaLanguage language, IReadOnlyList<SchemaLocation> places)
{
    // Nodes: the ends of the graph, then for each count of items one before the next item and one after the last. An
    // array without bound goes on at its last count.
    public Expression Of()
    {
        int prefix = places.Max(PrefixLength);
        int least = SchemaKeywords.LargestCount(places, "minItems") ?? 0;
        int? most = SchemaKeywords.SmallestCount(places, "maxItems");
        // A list that gives its first items, and nothing about others, ends with them, unless it has to be longer.
        bool isOpen = prefix == 0 || least > prefix || places.Any(p => p.Keyword("items") is not null);
        if (!isOpen) most = Math.Min(most ?? prefix, prefix);
        if (most < least) return Expression.Never;
        int last = most ?? Math.Max(Math.Max(prefix, least), 1);
        var edges = new List<GraphEdge> { new(0, Expression.Sequence(Expression.Literal("["), JsonText.Space), 2) };
        if (least == 0) edges.Add(new(2, Expression.Literal("]"), 1));
        var rest = last > prefix || most is null ? Item(prefix, isPrefix: false) : Expression.Never;
        var close = Expression.Sequence(JsonText.Space, Expression.Literal("]"));
        for (int count = 0; count < last; count++)
        {
            edges.Add(new(Before(count), count < prefix ? Item(count, isPrefix: true) : rest, After(count + 1)));
            if (count + 1 < last) edges.Add(new(After(count + 1), JsonText.Comma, Before(count + 1)));
            if (count + 1 >= least) edges.Add(new(After(count + 1), close, 1));
        }
        if (most is null)
        {
            edges.Add(new(After(last), JsonText.Comma, Before(last)));
            edges.Add(new(Before(last), rest, After(last)));
        }
        return Expression.Graph(2 * last + 4, edges);

        static int Before(int count) => 2 + 2 * count;
        static int After(int count) => 3 + 2 * count;
    }

    private Expression Item(int index, bool isPrefix)
    {
        var parts = new List<SchemaPart>();
        foreach (var place in places)
            if (isPrefix && index < PrefixLength(place))
                parts.Add(new(place.Child("prefixItems").Child(index.ToString(CultureInfo.InvariantCulture)),
                    SchemaPartKind.Whole));
            else if (place.Keyword("items") is { } items)
            {
                if (items.ValueKind == JsonValueKind.Array)
                    throw place.Error("'items' is to be a schema; a list of them is 'prefixItems'.");
                parts.Add(new(place.Child("items"), SchemaPartKind.Whole));
            }
        return language.Value(parts);
    }

    private static int PrefixLength(SchemaLocation place) => place.Keyword("prefixItems") switch
    {
        null => 0,
        { ValueKind: JsonValueKind.Array } list => list.GetArrayLength(),
        _ => throw place.Error("'prefixItems' is to be a list of schemas."),
    };
}
