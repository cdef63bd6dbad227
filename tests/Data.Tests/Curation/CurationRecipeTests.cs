using Weir.Data.Curation;
using Weir.Data.Recipes;
using Weir.Formats.Bcl;

namespace Weir.Data.Tests.Curation;

public sealed class CurationRecipeTests
{
    private static CurationRecipe Read(string text) => CurationRecipe.Read(YamlMap.ReadText(text, "r.yaml"), "r.yaml");

    [Fact]
    public void A_recipe_says_everything_in_YAML()
    {
        var recipe = Read("""
            name: 小镇-news
            form: text
            sources:
              - path: a.txt
                licence: CC0-1.0
                owner: us
                rights: "all"
                split: heldout
              - b/
            heldout: {share: 0.1, maximumDocuments: 2_000}
            minimumCharacters: 20
            seed: -3
            """);
        Assert.Equal(("小镇-news", "text", 0.1, 2000L, 20, -3L), (recipe.Name, recipe.Form, recipe.HeldOutShare,
            recipe.HeldOutMaximum, recipe.MinimumCharacters, recipe.Seed));
        Assert.Equal([new RecipeSource("a.txt", "CC0-1.0", "us", "all", "heldout"), new RecipeSource("b/")],
            recipe.Sources);
    }

    [Fact]
    public void JSON_is_a_recipe_too() =>
        Assert.Equal("a.txt", Read("""{"name": "x", "sources": [{"path": "a.txt"}]}""").Sources[0].Path);

    [Theory]
    [InlineData("sources: [a]\nlicens: x", "r.yaml:2: unknown key 'licens'. Known here:")]
    [InlineData("sources:\n  - {path: a, licens: x}", "unknown key 'licens'")]
    [InlineData("sources: [a]\nheldout: {part: 1}", "unknown key 'part'")]
    [InlineData("name: x", "'sources' is missing")]
    [InlineData("sources: []", "'sources' is missing")]
    [InlineData("sources: [{licence: x}]", "'path' is missing")]
    [InlineData("sources: [a]\nform: tokens", "'form' must be one of text, chat")]
    [InlineData("sources: [{path: a, split: test}]", "'split' must be one of train, heldout")]
    [InlineData("sources: [a]\nheldout: {share: 1.5}", "'share' must be a number from 0")]
    [InlineData("sources: [a]\nseed: soon", "'seed' must be a whole number")]
    [InlineData("sources: [a]\nname: ../x", "'name' must be of letters")]
    [InlineData("sources: a", "'sources' must be a list")]
    [InlineData("sources: [a\n", "not YAML")]
    [InlineData("just words", "expected 'key: value' lines")]
    [InlineData("", "expected 'key: value' lines")]
    public void A_wrong_recipe_is_an_error_that_says_what_is_wrong(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<UserErrorException>(() => Read(text)).Message);

    [Fact]
    public void A_bomb_of_brackets_is_an_error() =>
        Assert.Contains("nested more than",
            Assert.Throws<UserErrorException>(() => Read(new string('[', 500_000))).Message);

    [Fact]
    public void A_folder_or_a_data_file_stands_for_a_recipe_with_defaults()
    {
        using var scratch = new Scratch();
        var file = scratch.Write("my corpus/a b.jsonl.zst", "x");
        Assert.Equal("a-b", CurationRecipe.Load(file).Name);
        var recipe = CurationRecipe.Load(scratch["my corpus"] + "/");
        Assert.Equal("my-corpus", recipe.Name);
        Assert.Equal(CurationRecipe.DefaultHeldOutShare, recipe.HeldOutShare);
        Assert.Contains("no such recipe",
            Assert.Throws<UserErrorException>(() => CurationRecipe.Load(scratch["gone.yaml"])).Message);
    }
}
