using System.Text.Encodings.Web;
using System.Text.Json;
using Weir.Formats.Datasets;
using Weir.Text.Chat;
using Weir.Text.Tests.Npm;
using Weir.Text.Tokenizers;

namespace Weir.Text.Tests.Tokenizers;

/// <summary>The saved files, read by the npm packages @huggingface/tokenizers and @huggingface/jinja in one Node
/// process.</summary>
public sealed class HuggingFaceReaderTests
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.Default,
    };

    [Fact]
    public async Task Ten_thousand_strings_of_both_languages_get_the_ids_that_the_reference_gives()
    {
        var tokenizer = TestTokenizer.Bilingual;
        var texts = SampleTexts.Mixed(seed: 7, count: 10_000).ToArray();

        var answers = await Ask(tokenizer, texts.Select(text => JsonSerializer.Serialize(new { Text = text }, Json)));

        Assert.Equal(texts.Length, answers.Length);
        for (var i = 0; i < texts.Length; i++)
        {
            Assert.True(answers[i].Ids.SequenceEqual(tokenizer.Encode(texts[i], recogniseSpecial: true)),
                $"Text {i} {JsonSerializer.Serialize(texts[i])}: the reference gives {Pieces(answers[i].Ids)}, "
                + $"we give {Pieces(tokenizer.Encode(texts[i]))}");
            Assert.Equal(answers[i].Decoded, tokenizer.Decode(answers[i].Ids, skipSpecial: false));
        }

        string Pieces(int[] ids) => string.Join(' ', ids.Select(id => tokenizer.TokenTexts[id]));
    }

    [Fact]
    public async Task The_chat_template_gives_the_reference_the_ids_that_we_give()
    {
        var tokenizer = TestTokenizer.Bilingual;
        var contents = SampleTexts.Mixed(seed: 9, count: 400).ToArray();
        var chats = Enumerable.Range(0, 100).Select(i => new
        {
            Messages = new[] { "system", "user", "assistant", "user" }
                .Skip(i % 2).Select((role, turn) => new ChatTurn(role, contents[(i * 4) + turn])).ToArray(),
            AddGenerationPrompt = i % 3 != 0,
        }).ToArray();

        var answers = await Ask(tokenizer, chats.Select(chat => JsonSerializer.Serialize(chat, Json)));

        Assert.Equal(chats.Length, answers.Length);
        for (var i = 0; i < chats.Length; i++)
        {
            Assert.Equal(ChatTemplate.Encode(tokenizer, chats[i].Messages, chats[i].AddGenerationPrompt).Ids,
                answers[i].Ids);
            Assert.Equal(tokenizer.Encode(ChatTemplate.Render(chats[i].Messages, chats[i].AddGenerationPrompt), true),
                answers[i].Ids);
        }
    }

    private static async Task<Answer[]> Ask(Tokenizer tokenizer, IEnumerable<string> lines)
    {
        using var folder = TestTokenizer.NewFolder();
        TokenizerConfigFile.Write(folder.Path, tokenizer);
        var answers = await NodeReference.Run("encode.mjs", [folder.Path], lines);
        return [.. answers.Select(line => JsonSerializer.Deserialize<Answer>(line, Json)!)];
    }

    private sealed record Answer(int[] Ids, string Decoded);
}
