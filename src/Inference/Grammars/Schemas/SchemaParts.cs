using System.Globalization;
using System.Text.Json;
using Weir.Inference.Grammars.Automata;

namespace Weir.Inference.Grammars.Schemas;

internal enum SchemaPartKind
{
    /// <summary>All that a place says.</summary>
    Whole,

    /// <summary>What it says without its references and combinations.</summary>
    Own,

    /// <summary>That one of its <c>anyOf</c> applies.</summary>
    AnyOf,

    /// <summary>That one of its <c>oneOf</c> applies.</summary>
    OneOf,
}

internal readonly record struct SchemaPart(SchemaLocation Location, SchemaPartKind Kind);

/// <summary>What applies to one value: places that say something themselves, and choices that are still to be made; in
/// the order in which they were met, each once.</summary>
internal sealed class SchemaParts
{
    private const int MaximumParts = 1_000;

    private readonly List<SchemaPart> _parts = [];
    private readonly HashSet<SchemaPart> _met = [];
    private readonly HashSet<SchemaLocation> _path = [];

    private SchemaParts()
    {
    }

    public IReadOnlyList<SchemaLocation> Places { get; private set; } = [];
    public IReadOnlyList<SchemaPart> Choices { get; private set; } = [];
    public bool IsEmpty => _parts.Count == 0;

    /// <summary>The same for the same parts in the same order.</summary>
    public string Key { get; private set; } = "";

    /// <summary>Follows references and <c>allOf</c>; null where one of them is <c>false</c>.</summary>
    public static SchemaParts? Flatten(IEnumerable<SchemaPart> parts)
    {
        var flat = new SchemaParts();
        foreach (var part in parts)
            if (part.Kind != SchemaPartKind.Whole) flat.Add(part);
            else if (!flat.AddWhole(part.Location)) return null;
        flat.Places = [.. flat._parts.Where(p => p.Kind == SchemaPartKind.Own).Select(p => p.Location)];
        flat.Choices = [.. flat._parts.Where(p => p.Kind != SchemaPartKind.Own)];
        flat.Key = string.Join(',', flat._parts.Select(p =>
            string.Create(CultureInfo.InvariantCulture, $"{p.Location.Id}{"WOAX"[(int)p.Kind]}")));
        return flat;
    }

    private void Add(SchemaPart part)
    {
        if (!_met.Add(part)) return;
        if (_parts.Count == MaximumParts)
            throw part.Location.Error($"more than {MaximumParts} subschemas apply to one value.");
        _parts.Add(part);
    }

    private bool AddWhole(SchemaLocation location)
    {
        if (_path.Contains(location)) throw location.Error("it refers to itself without anything between.");
        if (!_met.Add(new(location, SchemaPartKind.Whole))) return true;
        switch (location.Element.ValueKind)
        {
            case JsonValueKind.True: return true;
            case JsonValueKind.False: return false;
            case JsonValueKind.Object: break;
            default: throw location.Error("a schema is an object, true or false.");
        }
        if (_path.Count == GrammarLimits.MaximumSchemaDepth)
            throw location.Error($"more than {GrammarLimits.MaximumSchemaDepth} references lead to each other.");
        _path.Add(location);
        if (SchemaKeywords.HasOwn(location)) Add(new(location, SchemaPartKind.Own));
        if (location.Keyword("$id") is not null && location.Path != "#")
            throw location.Error("the keyword '$id' is supported in the outermost schema only.");
        bool possible = true;
        if (SchemaKeywords.Text(location, "$ref") is { } reference)
            possible &= AddWhole(location.Document.Resolve(location, reference));
        foreach (var all in Branches(location, "allOf")) possible &= AddWhole(all);
        if (Branches(location, "anyOf").Count > 0) Add(new(location, SchemaPartKind.AnyOf));
        if (Branches(location, "oneOf").Count > 0) Add(new(location, SchemaPartKind.OneOf));
        _path.Remove(location);
        return possible;
    }

    private static List<SchemaLocation> Branches(SchemaLocation location, string keyword)
    {
        if (location.Keyword(keyword) is not { } branches) return [];
        if (branches.ValueKind != JsonValueKind.Array || branches.GetArrayLength() == 0)
            throw location.Error($"'{keyword}' is to be a list of schemas.");
        var list = location.Child(keyword);
        return [.. Enumerable.Range(0, branches.GetArrayLength())
            .Select(i => list.Child(i.ToString(CultureInfo.InvariantCulture)))];
    }
}
