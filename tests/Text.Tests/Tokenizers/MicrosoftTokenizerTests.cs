using System.Text;
using System.Text.Json;
using Microsoft.ML.Tokenizers;
using Weir.Formats.Gguf;

namespace Weir.Text.Tests.Tokenizers;

/// <summary>Microsoft.ML.Tokenizers as another reader of the same vocabulary.</summary>
public sealed class MicrosoftTokenizerTests
{
    [Fact]
    public void GPT2_gives_the_same_ids_on_text_of_the_basic_plane()
    {
        using var file = GgufFile.Open(SharedData.Find("tokenizers/ggml-vocab-gpt-2.gguf"));
        var ours = Weir.Text.Tokenizers.Tokenizer.FromGguf(file);
        var vocabulary = ours.TokenTexts.Select((text, id) => (text, id)).ToDictionary(t => t.text, t => t.id);
        var merges = "#version: 0.2\n" + string.Join('\n', ours.Merges.Select(m => $"{m.Left} {m.Right}"));
        var theirs = CodeGenTokenizer.Create(new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(vocabulary)),
            new MemoryStream(Encoding.UTF8.GetBytes(merges)));

        // Its regular expression sees UTF-16 units, so letters above the basic plane are none to it; and it has tokens of
        // CodeGen's own for runs of spaces.
        foreach (var text in SampleTexts.Mixed(seed: 111, count: 3000).Where(text => !text.Any(char.IsSurrogate)
            && !text.Contains("  ", StringComparison.Ordinal) && !text.Contains("\t\t", StringComparison.Ordinal)))
            Assert.Equal(theirs.EncodeToIds(text, considerNormalization: false), ours.Encode(text));
    }
}
