using System.Text.Json.Nodes;
using Weir.Text.Chat;
using Weir.Text.Tests.Tokenizers;
using Weir.Text.Tokenizers;

namespace Weir.Text.Tests.Chat;

public sealed class TokenizerConfigFileTests
{
    [Fact]
    public void Both_files_are_written_with_the_names_that_libraries_look_for()
    {
        using var folder = TestTokenizer.NewFolder();
        TokenizerConfigFile.Write(folder.Path, TestTokenizer.Bilingual);
        Assert.Equal(TestTokenizer.Bilingual.Digest, Tokenizer.Load(folder.File("tokenizer.json")).Digest);
        var config = JsonNode.Parse(File.ReadAllText(folder.File("tokenizer_config.json")))!;
        Assert.Equal("<|end|>", (string?)config["eos_token"]);
        Assert.Equal("<|endoftext|>", (string?)config["pad_token"]);
        Assert.Equal("PreTrainedTokenizerFast", (string?)config["tokenizer_class"]);
        Assert.Equal(ChatTemplate.Jinja, (string?)config["chat_template"]);
        Assert.False((bool)config["clean_up_tokenization_spaces"]!);
        Assert.Equal(WeirTokens.All,
            Enumerable.Range(0, 5).Select(id => (string?)config["added_tokens_decoder"]![id.ToString()]!["content"]));
    }
}
