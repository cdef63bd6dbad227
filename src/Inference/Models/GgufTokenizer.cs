using Weir.Formats.Gguf;
using Weir.Formats.Models;
using Weir.Text.Chat;
using Weir.Text.Tokenizers;

namespace Weir.Inference.Models;

/// <summary>The tokenizer and the chat template of a model on their way into a GGUF file.</summary>
internal static class GgufTokenizer
{
    /// <exception cref="Weir.Formats.Bcl.UserErrorException">The tokenizer does what GGUF cannot say.</exception>
    public static void Write(GgufWriter writer, Tokenizer tokenizer, ModelConfig config)
    {
        // Weir's own tokens have the roles that their names say.
        var endOfText = tokenizer.IdOf(WeirTokens.EndOfText);
        var description = tokenizer.Description;
        Text.Tokenizers.GgufTokenizer.Write(writer, description with
        {
            BosId = description.BosId ?? endOfText,
            EosId = config.EosTokenId ?? description.EosId,
            PaddingId = description.PaddingId ?? endOfText,
        }, config.VocabularySize);
        writer.Add("tokenizer.chat_template", ChatTemplate.Jinja);
    }
}
