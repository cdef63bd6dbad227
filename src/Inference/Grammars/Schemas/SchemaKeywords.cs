using System.Text.Json;
using Weir.Formats.Bcl;
using Weir.Inference.Grammars.Automata;

namespace Weir.Inference.Grammars.Schemas;

/// <summary>Kinds of JSON values; numbers are whole or not.</summary>
[Flags]
internal enum JsonKinds
{
    None = 0, Null = 1, Boolean = 2, Object = 4, Array = 8, String = 16, Whole = 32, Fraction = 64,
    Number = Whole | Fraction,
    All = 127,
}

/// <summary>Which keywords there are, and their values, checked.</summary>
internal static class SchemaKeywords
{
    private static readonly HashSet<string> Ignored =
    [
        "title", "description", "default", "examples", "example", "$comment", "$schema", "$id", "id", "$defs",
        "definitions", "$anchor", "deprecated", "readOnly", "writeOnly", "contentMediaType", "contentEncoding",
        "discriminator", "externalDocs", "xml",
    ];

    private static readonly HashSet<string> Combining = ["$ref", "allOf", "anyOf", "oneOf"];

    private static readonly Dictionary<string, JsonKinds> Constraining = new()
    {
        ["type"] = JsonKinds.All, ["enum"] = JsonKinds.All, ["const"] = JsonKinds.All, ["nullable"] = JsonKinds.All,
        ["properties"] = JsonKinds.Object, ["required"] = JsonKinds.Object,
        ["additionalProperties"] = JsonKinds.Object, ["unevaluatedProperties"] = JsonKinds.Object,
        ["items"] = JsonKinds.Array, ["prefixItems"] = JsonKinds.Array, ["minItems"] = JsonKinds.Array,
        ["maxItems"] = JsonKinds.Array, ["minLength"] = JsonKinds.String, ["maxLength"] = JsonKinds.String,
        ["pattern"] = JsonKinds.String, ["format"] = JsonKinds.String, ["minimum"] = JsonKinds.Number,
        ["maximum"] = JsonKinds.Number, ["exclusiveMinimum"] = JsonKinds.Number,
        ["exclusiveMaximum"] = JsonKinds.Number,
    };

    /// <summary>Which kinds of values a keyword says something about.</summary>
    public static JsonKinds Concerns(string keyword) => Constraining.GetValueOrDefault(keyword);

    /// <summary>True where the place says something itself, beside references and combinations.</summary>
    /// <exception cref="UserErrorException">It has a keyword that is not supported.</exception>
    public static bool HasOwn(SchemaLocation location)
    {
        bool any = false;
        foreach (var property in location.Element.EnumerateObject())
        {
            var name = property.Name;
            if (Constraining.ContainsKey(name)) any = true;
            else if (!Ignored.Contains(name) && !Combining.Contains(name)
                && !name.StartsWith("x-", StringComparison.Ordinal) && !SaysNothing(property))
                throw location.Error($"the keyword '{name}' is not supported in grammars; leave it out, or check it "
                    + "in the answer.");
        }
        return any;
    }

    /// <summary>The kinds that <c>type</c> and <c>nullable</c> allow; null where there is no <c>type</c>.</summary>
    public static JsonKinds? Types(SchemaLocation location)
    {
        if (location.Keyword("type") is not { } type) return null;
        var kinds = JsonKinds.None;
        if (type.ValueKind == JsonValueKind.Array)
            foreach (var item in type.EnumerateArray()) kinds |= Kind(location, item);
        else kinds = Kind(location, type);
        return location.Keyword("nullable") is { ValueKind: JsonValueKind.True } ? kinds | JsonKinds.Null : kinds;
    }

    /// <summary>The kinds that the keywords are about, where none is named: who gives properties means an object.
    /// </summary>
    public static JsonKinds Implied(SchemaLocation location)
    {
        var kinds = JsonKinds.None;
        foreach (var property in location.Element.EnumerateObject())
            if (Concerns(property.Name) is var kind && kind != JsonKinds.All) kinds |= kind;
        return location.Keyword("nullable") is { ValueKind: JsonValueKind.True } && kinds != JsonKinds.None
            ? kinds | JsonKinds.Null : kinds;
    }

    public static JsonKinds KindOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => JsonKinds.Null,
        JsonValueKind.True or JsonValueKind.False => JsonKinds.Boolean,
        JsonValueKind.Object => JsonKinds.Object,
        JsonValueKind.Array => JsonKinds.Array,
        JsonValueKind.String => JsonKinds.String,
        _ => double.IsInteger(value.GetDouble()) ? JsonKinds.Whole : JsonKinds.Fraction,
    };

    /// <summary>The largest of the places' values; null where none has the keyword.</summary>
    public static int? LargestCount(IReadOnlyList<SchemaLocation> places, string keyword) =>
        places.Max(p => Count(p, keyword));

    public static int? SmallestCount(IReadOnlyList<SchemaLocation> places, string keyword) =>
        places.Min(p => Count(p, keyword));

    /// <summary>The text of a keyword; null where it is not there.</summary>
    public static string? Text(SchemaLocation location, string keyword) => location.Keyword(keyword) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        _ => throw location.Error($"'{keyword}' is to be a string."),
    };

    /// <summary>The tightest lower (sign 1) or upper (sign -1) end.</summary>
    public static NumberBound? Bound(IReadOnlyList<SchemaLocation> places, string open, string exclusive, int sign)
    {
        NumberBound? tightest = null;
        foreach (var place in places)
            foreach (var keyword in (string[])[open, exclusive])
            {
                if (place.Keyword(keyword) is not { } value) continue;
                if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
                    throw place.Error($"'{keyword}' is to be a number, not true or false as in old drafts.");
                var bound = new NumberBound(Decimal(place, keyword, value), keyword == exclusive);
                if (tightest is { } old && (sign * old.Value > sign * bound.Value
                    || (old.Value == bound.Value && old.IsExclusive))) continue;
                tightest = bound;
            }
        return tightest;
    }

    private static bool SaysNothing(JsonProperty property) => property.Name switch
    {
        "uniqueItems" => property.Value.ValueKind == JsonValueKind.False,
        "minProperties" => property.Value.ValueKind == JsonValueKind.Number && property.Value.GetDouble() == 0,
        "patternProperties" or "dependentRequired" or "dependentSchemas" =>
            property.Value.ValueKind == JsonValueKind.Object && !property.Value.EnumerateObject().Any(),
        _ => false,
    };

    private static JsonKinds Kind(SchemaLocation location, JsonElement name) =>
        (name.ValueKind == JsonValueKind.String ? name.GetString() : null) switch
        {
            "null" => JsonKinds.Null,
            "boolean" => JsonKinds.Boolean,
            "object" => JsonKinds.Object,
            "array" => JsonKinds.Array,
            "string" => JsonKinds.String,
            "integer" => JsonKinds.Whole,
            "number" => JsonKinds.Number,
            _ => throw location.Error("'type' is to name JSON types (null, boolean, object, array, string, number, "
                + "integer)."),
        };

    private static int? Count(SchemaLocation location, string keyword)
    {
        if (location.Keyword(keyword) is not { } value) return null;
        if (value.ValueKind != JsonValueKind.Number || !double.IsInteger(value.GetDouble()) || value.GetDouble() < 0)
            throw location.Error($"'{keyword}' is to be a whole number, not below 0.");
        if (value.GetDouble() > GrammarLimits.MaximumRepeats)
            throw location.Error($"'{keyword}' is more than {GrammarLimits.MaximumRepeats}; use a smaller number, or "
                + "leave it out.");
        return (int)value.GetDouble();
    }

    private static decimal Decimal(SchemaLocation location, string keyword, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Number) throw location.Error($"'{keyword}' is to be a number.");
        // More digits than a decimal holds would be rounded, and the bound would not be exact.
        if (!value.TryGetDecimal(out var exact) || (double)exact != value.GetDouble())
            throw location.Error($"'{keyword}' is beyond 28 digits; use a number with fewer.");
        return exact;
    }
}
