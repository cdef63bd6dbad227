using System.Text.Json.Nodes;
using Weir.Data.Recipes;
using Weir.Formats.Bcl;
using Weir.Formats.Datasets;

namespace Weir.Data.Curation;

/// <summary>Where documents come from, and by what right.</summary>
/// <param name="Path">A file, a folder, a dataset folder, or <c>input:NAME</c>; relative to the recipe.</param>
/// <param name="Split">Puts all of this source into <c>train</c> or <c>heldout</c>; null leaves it to the content
/// hash.</param>
internal sealed record RecipeSource(string Path, string? Licence = null, string? Owner = null, string? Rights = null,
    string? Split = null);

/// <summary>What curation is asked to do. The written form is YAML (or JSON).</summary>
internal sealed record CurationRecipe
{
    public const double DefaultHeldOutShare = 0.02;

    public required string Name { get; init; }
    /// <summary><see cref="DatasetForms.Text"/> or <see cref="DatasetForms.Chat"/>; null takes the form of the first
    /// record.</summary>
    public string? Form { get; init; }
    public required IReadOnlyList<RecipeSource> Sources { get; init; }
    /// <summary>The share of documents that is kept away from training, 0 up to 1.</summary>
    public double HeldOutShare { get; init; } = DefaultHeldOutShare;
    /// <summary>At most so many held-out documents; those over it go nowhere, so that no document ever changes
    /// sides.</summary>
    public long? HeldOutMaximum { get; init; }
    public int MinimumCharacters { get; init; } = 1;
    /// <summary>False keeps repeated records, for generated sets whose repetitions are meant. Equal records always fall
    /// to the same side of the split.</summary>
    public bool Deduplicate { get; init; } = true;
    /// <summary>Another seed draws another split.</summary>
    public long Seed { get; init; }

    /// <summary>Reads a recipe; a folder or data file in its place is a source with default settings.</summary>
    public static CurationRecipe Load(string path)
    {
        if (Directory.Exists(path) || (File.Exists(path) && Readers.SourceFiles.Recognise(path, path) is not null))
        {
            var stem = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
            return new CurationRecipe
            {
                Name = SafeName(stem.Split('.')[0]), Sources = [new RecipeSource(Path.GetFullPath(path))],
            };
        }
        if (!File.Exists(path))
            throw new UserErrorException(
                $"{path}: there is no such recipe. Give a YAML recipe, a folder of text, or a data file.");
        return Read(YamlMap.ReadFile(path), path);
    }

    internal static CurationRecipe Read(YamlMap map, string path)
    {
        var heldOut = map.Map("heldout");
        var recipe = new CurationRecipe
        {
            Name = map.Text("name") ?? SafeName(Path.GetFileNameWithoutExtension(path)),
            Form = map.OneOf("form", DatasetForms.Text, DatasetForms.Chat),
            Sources = [.. map.Maps("sources", "path").Select(ReadSource)],
            HeldOutShare = heldOut?.Fraction("share") ?? DefaultHeldOutShare,
            HeldOutMaximum = heldOut?.Whole("maximumDocuments", 0, long.MaxValue),
            MinimumCharacters = (int)(map.Whole("minimumCharacters", 0, int.MaxValue) ?? 1),
            Deduplicate = map.OneOf("deduplicate", "exact", "none") != "none",
            Seed = map.Whole("seed", long.MinValue, long.MaxValue) ?? 0,
        };
        heldOut?.RefuseUnknownKeys();
        map.RefuseUnknownKeys();
        if (recipe.Sources.Count == 0) throw map.Error("'sources' is missing; list at least one path");
        if (!IsSafeName(recipe.Name))
            throw map.Error($"'name' must be of letters, digits, '-', '_' and '.', at most 100, not '{recipe.Name}'");
        return recipe;
    }

    /// <summary>The recipe with all defaults filled in; its digest names what was asked.</summary>
    public JsonObject ToJson()
    {
        var heldOut = new JsonObject { ["share"] = HeldOutShare };
        if (HeldOutMaximum is not null) heldOut["maximumDocuments"] = HeldOutMaximum;
        return new JsonObject
        {
            ["name"] = Name,
            ["form"] = Form,
            ["sources"] = new JsonArray([.. Sources.Select(ToJson)]),
            ["heldout"] = heldOut,
            ["minimumCharacters"] = MinimumCharacters,
            ["deduplicate"] = Deduplicate ? "exact" : "none",
            ["seed"] = Seed,
        };
    }

    /// <summary>A name that can be a folder and an artifact: letters of any script, digits, <c>-</c>, <c>_</c> and
    /// <c>.</c>.</summary>
    public static bool IsSafeName(string name) =>
        name.Length is > 0 and <= 100 && name[0] != '.' && name.All(IsNameCharacter);

    private static string SafeName(string stem)
    {
        var name = string.Concat(stem.TrimStart('.').Take(100).Select(c => IsNameCharacter(c) ? c : '-'));
        return name.Length == 0 ? "dataset" : name;
    }

    private static bool IsNameCharacter(char c) => char.IsLetterOrDigit(c) || c is '-' or '_' or '.';

    private static RecipeSource ReadSource(YamlMap map)
    {
        var source = new RecipeSource(map.RequiredText("path"), map.Text("licence"), map.Text("owner"),
            map.Text("rights"), map.OneOf("split", Splits.Train, Splits.HeldOut));
        map.RefuseUnknownKeys();
        return source;
    }

    private static JsonObject ToJson(RecipeSource source)
    {
        var json = new JsonObject { ["path"] = source.Path };
        if (source.Licence is not null) json["licence"] = source.Licence;
        if (source.Owner is not null) json["owner"] = source.Owner;
        if (source.Rights is not null) json["rights"] = source.Rights;
        if (source.Split is not null) json["split"] = source.Split;
        return json;
    }
}

internal static class Splits
{
    public const string Train = "train", HeldOut = "heldout";
}
