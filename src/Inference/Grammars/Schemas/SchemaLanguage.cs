using System.Globalization;
using System.Text.Json;
using Weir.Formats.Bcl;
using Weir.Inference.Grammars.Automata;

namespace Weir.Inference.Grammars.Schemas;

/// <summary>JSON that a JSON schema (draft 2020-12) allows. All of it is valid; not all that is valid is in it:
/// properties come in the schema's order and others after them, objects with <c>properties</c> are closed unless
/// <c>additionalProperties</c> opens them, strings of <c>enum</c> are written without needless escapes. A branch of
/// <c>oneOf</c> is not kept from matching another. What is not supported is refused, by name.</summary>
/// <remarks>A value is described by all places of the schema that apply to it at once: <c>$ref</c> and <c>allOf</c> add
/// places, <c>anyOf</c> and <c>oneOf</c> make one value of each branch. The same places give the same rule, so
/// recursive schemas end.</remarks>
internal sealed class SchemaLanguage
{
    private readonly Dictionary<string, RuleExpression> _rules = new(StringComparer.Ordinal);
    private readonly Queue<(RuleExpression Rule, SchemaParts Parts)> _waiting = [];

    /// <exception cref="UserErrorException">It is no schema, or uses what is not supported.</exception>
    public static Expression Of(JsonElement schema)
    {
        var language = new SchemaLanguage();
        var root = language.Value([new(new SchemaDocument(schema).Root, SchemaPartKind.Whole)]);
        while (language._waiting.TryDequeue(out var next)) next.Rule.Body = language.Body(next.Parts);
        return root;
    }

    /// <summary>A value to which all these parts apply; any, where there are none.</summary>
    public Expression Value(IEnumerable<SchemaPart> parts)
    {
        if (SchemaParts.Flatten(parts) is not { } flat) return Expression.Never;
        if (flat.IsEmpty) return JsonText.Value;
        if (_rules.TryGetValue(flat.Key, out var known)) return known;
        if (_rules.Count == GrammarLimits.MaximumSchemaRules)
            throw new UserErrorException($"The JSON schema describes more than {GrammarLimits.MaximumSchemaRules} "
                + "values, combined; use fewer alternatives.");
        var rule = new RuleExpression();
        _rules.Add(flat.Key, rule);
        // Not at once: schemas may refer to each other in long chains.
        _waiting.Enqueue((rule, flat));
        return rule;
    }

    private Expression Body(SchemaParts parts)
    {
        if (parts.Choices.Count == 0) return OfKinds(parts.Places);
        var (first, kind) = parts.Choices[0];
        var branches = first.Child(kind == SchemaPartKind.AnyOf ? "anyOf" : "oneOf");
        var others = parts.Places.Select(p => new SchemaPart(p, SchemaPartKind.Own)).Concat(parts.Choices.Skip(1));
        return Expression.Choice([.. Enumerable.Range(0, branches.Element.GetArrayLength()).Select(i => Value(
            [.. others, new(branches.Child(i.ToString(CultureInfo.InvariantCulture)), SchemaPartKind.Whole)]))]);
    }

    private Expression OfKinds(IReadOnlyList<SchemaLocation> places)
    {
        var kinds = JsonKinds.All;
        foreach (var place in places) kinds &= SchemaKeywords.Types(place) ?? JsonKinds.All;
        if (places.Any(p => p.Keyword("enum") is not null || p.Keyword("const") is not null))
            return new SchemaConstants(places).Of(kinds);
        if (places.All(p => SchemaKeywords.Types(p) is null))
        {
            var implied = JsonKinds.None;
            foreach (var place in places) implied |= SchemaKeywords.Implied(place);
            if (implied != JsonKinds.None) kinds = implied;
        }
        var parts = new List<Expression>();
        if (kinds.HasFlag(JsonKinds.Null)) parts.Add(JsonText.Null);
        if (kinds.HasFlag(JsonKinds.Boolean)) parts.Add(JsonText.Boolean);
        if (kinds.HasFlag(JsonKinds.String)) parts.Add(SchemaStrings.Of(places));
        if ((kinds & JsonKinds.Number) is var number && number != 0)
            parts.Add(Numbers(places, isWhole: !number.HasFlag(JsonKinds.Fraction)));
        if (kinds.HasFlag(JsonKinds.Array)) parts.Add(new SchemaArrays(this, places).Of());
        if (kinds.HasFlag(JsonKinds.Object)) parts.Add(new SchemaObjects(this, places).Of());
        return Expression.Choice(parts);
    }

    private static Expression Numbers(IReadOnlyList<SchemaLocation> places, bool isWhole)
    {
        var low = SchemaKeywords.Bound(places, "minimum", "exclusiveMinimum", 1);
        var high = SchemaKeywords.Bound(places, "maximum", "exclusiveMaximum", -1);
        if (low is null && high is null) return isWhole ? JsonText.Integer : JsonText.Number;
        return isWhole ? NumberRanges.Integers(low, high) : NumberRanges.Decimals(low, high);
    }
}
