using Weir.Formats.Gguf;
using Weir.Formats.Models;
using Weir.Text.Chat;
using Weir.Text.Tokenizers;

namespace Weir.Inference.Models;

/// <summary>The tokenizer and the chat template of a model on their way into a GGUF file.</summary>
internal static class GgufTokenizer
{
    /// <exception cref="Weir.Formats.Bcl.UserErrorException">The tokenizer does what GGUF cannot say.</exception>
    /// <param name="writer">Receives both.</param>
    /// <param name="tokenizer">Of any kind.</param>
    /// <param name="templates">The model's own, by name; null where it has none.</param>
    /// <param name="config">Names the token that ends an answer.</param>
    public static void Write(GgufWriter writer, Tokenizer tokenizer, ChatTemplateSet? templates, ModelConfig config)
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
        foreach (var (name, template) in templates?.Templates ?? new Dictionary<string, string>())
            writer.Add(name == ChatTemplateSet.DefaultName ? ChatTemplateSet.GgufKey
                : $"{ChatTemplateSet.GgufKey}.{name}", template);
    }
}
