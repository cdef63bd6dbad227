using System.Text.Json;
using Weir.Inference.Grammars.Automata;

namespace Weir.Inference.Grammars.Schemas;

/// <summary>Objects by <c>properties</c>, <c>required</c> and <c>additionalProperties</c>: the properties in the order
/// of the schema, those that are not required may be left out, and others follow.</summary>
internal sealed class SchemaObjects(SchemaLanguage language, IReadOnlyList<SchemaLocation> places)
{
    private readonly List<string> _names = [];
    private readonly HashSet<string> _known = new(StringComparer.Ordinal), _required = new(StringComparer.Ordinal);

    // Nodes: the ends of the graph, then four for each property and for what follows the last:
    // first (nothing is written yet), next (a comma is written), here (the property is written now), and after it.
    public Expression Of()
    {
        ReadNames();
        places[0].Document.Count((long)_names.Count * places.Count);
        int count = _names.Count, lastRequired = _names.FindLastIndex(_required.Contains);
        var open = Expression.Sequence(Expression.Literal("{"), JsonText.Space);
        var edges = new List<GraphEdge> { new(0, open, First(0)) };
        for (int i = 0; i <= count; i++)
        {
            edges.Add(new(First(i), Expression.Empty, Here(i)));
            edges.Add(new(Next(i), Expression.Empty, Here(i)));
            edges.Add(new(After(i), JsonText.Comma, Next(i)));
            if (i > lastRequired)
            {
                edges.Add(new(First(i), Expression.Literal("}"), 1));
                edges.Add(new(After(i), Expression.Sequence(JsonText.Space, Expression.Literal("}")), 1));
            }
            if (i == count) break;
            edges.Add(new(Here(i), Property(_names[i]), After(i + 1)));
            if (_required.Contains(_names[i])) continue;
            edges.Add(new(First(i), Expression.Empty, First(i + 1)));
            edges.Add(new(Next(i), Expression.Empty, Next(i + 1)));
        }
        if (IsOpen())
            edges.Add(new(Here(count), Expression.Sequence(
                PropertyNames.OtherThan(_names, places[0].Document.Count), JsonText.Colon,
                language.Value(Additional())), After(count)));
        return Expression.Graph(2 + 4 * (count + 1), edges);

        static int First(int i) => 2 + 4 * i;
        static int Next(int i) => 3 + 4 * i;
        static int Here(int i) => 4 + 4 * i;
        static int After(int i) => 5 + 4 * i;
    }

    private void ReadNames()
    {
        foreach (var place in places)
        {
            if (place.Keyword("properties") is not { } properties) continue;
            if (properties.ValueKind != JsonValueKind.Object)
                throw place.Error("'properties' is to be an object of schemas.");
            foreach (var name in place.Child("properties").Members.Keys)
                if (_known.Add(name)) _names.Add(name);
        }
        foreach (var place in places)
        {
            if (place.Keyword("required") is not { } required) continue;
            if (required.ValueKind != JsonValueKind.Array
                || required.EnumerateArray().Any(r => r.ValueKind != JsonValueKind.String))
                throw place.Error("'required' is to be a list of names.");
            place.Document.Count(required.GetArrayLength());
            foreach (var name in required.EnumerateArray())
            {
                _required.Add(name.GetString()!);
                if (_known.Add(name.GetString()!)) _names.Add(name.GetString()!);
            }
        }
    }

    private Expression Property(string name)
    {
        // What one place says of a property, and what another says of those that it does not name, apply together.
        var parts = new List<SchemaPart>();
        foreach (var place in places)
            if (PropertiesOf(place) is { } properties && properties.Members.ContainsKey(name))
                parts.Add(new(properties.Child(name), SchemaPartKind.Whole));
            else if (place.Keyword("additionalProperties") is not null)
                parts.Add(new(place.Child("additionalProperties"), SchemaPartKind.Whole));
        bool isNamed = places.Any(p => PropertiesOf(p)?.Members.ContainsKey(name) == true);
        return Expression.Sequence(Expression.Literals([JsonText.Quoted(name)]), JsonText.Colon,
            isNamed || !IsSealed() ? language.Value(parts) : Expression.Never);
    }

    private static SchemaLocation? PropertiesOf(SchemaLocation place) =>
        place.Keyword("properties") is null ? null : place.Child("properties");

    private IEnumerable<SchemaPart> Additional() => places.Where(p => p.Keyword("additionalProperties") is not null)
        .Select(p => new SchemaPart(p.Child("additionalProperties"), SchemaPartKind.Whole));

    private bool IsOpen()
    {
        bool isSealed = IsSealed(), isOpen = places.All(p => p.Keyword("properties") is null);
        foreach (var place in places)
            if (place.Keyword("additionalProperties") is { } additional)
            {
                if (additional.ValueKind == JsonValueKind.False) return false;
                isOpen = true;
            }
        return isOpen && !isSealed;
    }

    /// <summary>True where <c>unevaluatedProperties</c> keeps all names out that no place gives. It sees what the
    /// schema it stands in refers to, but not that schema's neighbours: it is taken from the outermost only.</summary>
    private bool IsSealed()
    {
        bool isSealed = false;
        foreach (var place in places)
        {
            var keyword = place.Keyword("unevaluatedProperties");
            if (keyword is null or { ValueKind: JsonValueKind.True }) continue;
            if (keyword is not { ValueKind: JsonValueKind.False } || place != places[0])
                throw place.Error("'unevaluatedProperties' is supported as true or false, beside 'allOf', "
                    + "'anyOf' and 'oneOf' and not within them.");
            isSealed = true;
        }
        return isSealed;
    }
}
