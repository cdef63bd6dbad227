using System.Globalization;
using System.Text.Json;
using Weir.Formats.Bcl;
using Weir.Inference.Grammars.Automata;

namespace Weir.Inference.Grammars.Schemas;

/// <summary>A place in a schema's text; the same place is the same object.</summary>
internal sealed class SchemaLocation(SchemaDocument document, int id, string path, JsonElement element)
{
    public int Id => id;

    /// <summary>A JSON pointer with a <c>#</c>, as <c>$ref</c> spells it.</summary>
    public string Path => path;

    public JsonElement Element => element;

    public SchemaDocument Document => document;

    public SchemaLocation Child(string name) => document.Child(this, name);

    /// <summary>The value of a keyword; null where it is not there.</summary>
    public JsonElement? Keyword(string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : null;

    public UserErrorException Error(string what)
    {
        var shown = path.Length <= 200 ? path : string.Concat(path.AsSpan(0, 197), "...");
        return new UserErrorException($"The JSON schema, at '{shown}': {what}");
    }
}

/// <summary>A JSON schema, whose size has been checked, and the places in it.</summary>
internal sealed class SchemaDocument
{
    private readonly Dictionary<(int Parent, string Name), SchemaLocation> _children = [];
    private int _locations = 1;

    /// <exception cref="UserErrorException">It is too large or too deep, or holds text that is none.</exception>
    public SchemaDocument(JsonElement schema)
    {
        if (schema.ValueKind is not (JsonValueKind.Object or JsonValueKind.True or JsonValueKind.False))
            throw new UserErrorException("A JSON schema is an object, true or false.");
        if (schema.GetRawText().Length > GrammarLimits.MaximumSchemaBytes)
            throw new UserErrorException($"The JSON schema has more than {GrammarLimits.MaximumSchemaBytes} bytes; "
                + "make it shorter.");
        Root = new SchemaLocation(this, 0, "#", schema);
        Check(schema, 0);
    }

    public SchemaLocation Root { get; }

    public SchemaLocation Child(SchemaLocation parent, string name)
    {
        if (_children.TryGetValue((parent.Id, name), out var known)) return known;
        JsonElement element;
        if (parent.Element.ValueKind == JsonValueKind.Array)
        {
            if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int index)
                || index >= parent.Element.GetArrayLength()) throw parent.Error($"there is no '{name}'.");
            element = parent.Element[index];
        }
        else if (parent.Element.ValueKind != JsonValueKind.Object || !parent.Element.TryGetProperty(name, out element))
            throw parent.Error($"there is no '{name}'.");
        var escaped = name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
        var made = new SchemaLocation(this, _locations++, $"{parent.Path}/{escaped}", element);
        _children.Add((parent.Id, name), made);
        return made;
    }

    /// <summary>Where a <c>$ref</c> leads: a JSON pointer within this document.</summary>
    public SchemaLocation Resolve(SchemaLocation from, string reference)
    {
        if (reference != "#" && !reference.StartsWith("#/", StringComparison.Ordinal))
            throw from.Error($"the reference '{reference}' leads out of the schema; references begin with '#/'.");
        var at = Root;
        foreach (var part in reference.Split('/').Skip(1))
        {
            var name = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal)
                .Replace("~0", "~", StringComparison.Ordinal);
            if (at.Path.Length > GrammarLimits.MaximumPatternCharacters) throw from.Error("the reference is too long.");
            at = at.Child(name);
        }
        return at;
    }

    private static void Check(JsonElement element, int depth)
    {
        if (depth > GrammarLimits.MaximumSchemaDepth)
            throw new UserErrorException($"The JSON schema is nested more than {GrammarLimits.MaximumSchemaDepth} "
                + "deep; use $defs and $ref.");
        try
        {
            if (element.ValueKind == JsonValueKind.Array)
                foreach (var item in element.EnumerateArray()) Check(item, depth + 1);
            else if (element.ValueKind == JsonValueKind.Object)
                foreach (var property in element.EnumerateObject())
                {
                    _ = property.Name;
                    Check(property.Value, depth + 1);
                }
            else if (element.ValueKind == JsonValueKind.String) _ = element.GetString();
        }
        catch (InvalidOperationException e)
        {
            throw new UserErrorException("The JSON schema holds half of a surrogate pair, which is no text.", inner: e);
        }
    }
}
