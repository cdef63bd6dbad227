using Weir.Formats.Gguf;
using Weir.Text.Tokenizers;

namespace Weir.Text.Tests.Tokenizers;

internal static class GgufRoundTrip
{
    /// <summary>The tokenizer, written to a GGUF file and read back.</summary>
    public static Tokenizer Of(Tokenizer tokenizer, TemporaryFolder folder)
    {
        var writer = new GgufWriter();
        writer.Add("general.architecture", "llama");
        GgufTokenizer.Write(writer, tokenizer.Description, tokenizer.VocabularySize);
        writer.Save(folder.File("tokenizer.gguf"));
        using var file = GgufFile.Open(folder.File("tokenizer.gguf"));
        return Tokenizer.FromGguf(file);
    }
}
