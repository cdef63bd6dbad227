using System.Text.Json;
using Weir.Inference.Grammars.Automata;

namespace Weir.Inference.Grammars.Schemas;

/// <summary>The values of <c>enum</c> and <c>const</c>, as far as everything else that applies allows them.</summary>
internal sealed class SchemaConstants(IReadOnlyList<SchemaLocation> places)
{
    public Expression Of(JsonKinds kinds)
    {
        var literals = new List<byte[]>();
        var others = new List<Expression>();
        foreach (var value in Candidates())
        {
            places[0].Document.Count(value.GetRawText().Length + places.Count);
            if (!kinds.HasFlag(SchemaKeywords.KindOf(value)) || !Fits(value)) continue;
            if (value.ValueKind == JsonValueKind.String) literals.Add(JsonText.Quoted(value.GetString()!));
            else others.Add(JsonText.Exactly(value));
        }
        if (literals.Count > 0) others.Add(Expression.Literals(literals));
        return Expression.Choice(others);
    }

    private List<JsonElement> Candidates()
    {
        List<JsonElement>? values = null;
        foreach (var place in places)
            foreach (var list in Lists(place))
            {
                place.Document.Count((values?.Count ?? 1) * (long)list.Count);
                values = values is null ? list
                    : [.. values.Where(v => list.Any(other => JsonElement.DeepEquals(v, other)))];
            }
        return values ?? [];
    }

    private static IEnumerable<List<JsonElement>> Lists(SchemaLocation place)
    {
        if (place.Keyword("const") is { } only) yield return [only];
        if (place.Keyword("enum") is not { } values) yield break;
        if (values.ValueKind != JsonValueKind.Array) throw place.Error("'enum' is to be a list of values.");
        yield return [.. values.EnumerateArray()];
    }

    private bool Fits(JsonElement value)
    {
        var kind = SchemaKeywords.KindOf(value);
        foreach (var place in places)
            foreach (var keyword in place.Members.Keys)
                if (IsBeyondComparing(keyword, kind))
                    throw place.Error($"'{keyword}' is not supported beside 'enum' or 'const'; leave it out.");
        if (kind == JsonKinds.String)
        {
            int length = value.GetString()!.EnumerateRunes().Count();
            return length >= (SchemaKeywords.LargestCount(places, "minLength") ?? 0)
                && length <= (SchemaKeywords.SmallestCount(places, "maxLength") ?? int.MaxValue);
        }
        return (kind & JsonKinds.Number) == 0 || IsBetween(value.GetDouble());
    }

    // Lengths and bounds are compared here; what is within lists and objects, and patterns, is not.
    private static bool IsBeyondComparing(string keyword, JsonKinds kind) =>
        SchemaKeywords.Concerns(keyword) is var concerned && concerned != JsonKinds.All && (concerned & kind) != 0
        && (kind is JsonKinds.Object or JsonKinds.Array || keyword is "pattern" or "format");

    private bool IsBetween(double value)
    {
        var low = SchemaKeywords.Bound(places, "minimum", "exclusiveMinimum", 1);
        var high = SchemaKeywords.Bound(places, "maximum", "exclusiveMaximum", -1);
        return (low is not { } l || value > (double)l.Value || (!l.IsExclusive && value == (double)l.Value))
            && (high is not { } h || value < (double)h.Value || (!h.IsExclusive && value == (double)h.Value));
    }
}
