using Weir.Data.Recipes;
using Weir.Data.Tokenization;
using Weir.Formats.Bcl;

namespace Weir.Data.Tests.Tokenization;

public sealed class TokenizeConfigTests
{
    private static TokenizeConfig Read(string text) => TokenizeConfig.Read(YamlMap.ReadText(text, "t.yaml"));

    [Fact]
    public void A_config_names_tokenizer_and_datasets()
    {
        var config = Read("""
            tokenizer: {train: {vocabulary: 2048, from: [corpus], maximumBytes: 1000}}
            datasets:
              - {path: "input:corpus"}
              - {path: chats/town, name: chat-text, render: chat-as-text}
              - runs/x
            """);
        Assert.Equal((2048, 1000L), (config.Training!.Vocabulary, config.Training.MaximumBytes));
        Assert.Equal(["corpus"], config.Training.From);
        Assert.Equal([new DatasetToTokenize("input:corpus", "corpus", false),
            new DatasetToTokenize("chats/town", "chat-text", true),
            new DatasetToTokenize("runs/x", "x", false)], config.Datasets);
    }

    [Theory]
    [InlineData("datasets: [a]", "'tokenizer' is missing")]
    [InlineData("tokenizer: {path: x}", "'datasets' is missing")]
    [InlineData("tokenizer: {path: x, train: {vocabulary: 300}}\ndatasets: [a]", "and not both")]
    [InlineData("tokenizer: {train: {from: [a]}}\ndatasets: [a]", "'vocabulary' is missing")]
    [InlineData("tokenizer: {train: {vocabulary: 10}}\ndatasets: [a]", "'vocabulary' must be a whole number from 261")]
    [InlineData("tokenizer: {path: x}\ndatasets: [x/a, y/a]", "two datasets are named 'a'")]
    [InlineData("tokenizer: {path: x}\ndatasets: [tokenizer]", "not 'tokenizer'")]
    [InlineData("tokenizer: {path: x}\ndatasets: [{path: a, rendr: x}]", "unknown key 'rendr'")]
    public void A_wrong_config_is_an_error_that_says_what_is_wrong(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<UserErrorException>(() => Read(text)).Message);
}
