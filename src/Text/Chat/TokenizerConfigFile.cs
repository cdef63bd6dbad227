using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Weir.Formats.Bcl;
using Weir.Text.Tokenizers;

namespace Weir.Text.Chat;

/// <summary>The two files by which Hugging Face libraries know a tokenizer and its chat template.</summary>
public static class TokenizerConfigFile
{
    public const string TokenizerFileName = "tokenizer.json";
    public const string ConfigFileName = "tokenizer_config.json";

    /// <summary>Writes <c>tokenizer.json</c> and <c>tokenizer_config.json</c> into the folder, each wholly or not at
    /// all.</summary>
    public static void Write(string folder, Tokenizer tokenizer)
    {
        tokenizer.Save(Path.Combine(folder, TokenizerFileName));
        AtomicFile.WriteAllBytes(Path.Combine(folder, ConfigFileName), Config(tokenizer));
    }

    private static byte[] Config(Tokenizer tokenizer)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions
        {
            Indented = true,
            NewLine = "\n",
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        }))
        {
            json.WriteStartObject();
            json.WriteBoolean("add_bos_token", false);
            json.WriteBoolean("add_prefix_space", false);
            json.WriteStartObject("added_tokens_decoder");
            foreach (var (text, id) in tokenizer.SpecialTokens.OrderBy(token => token.Value))
                WriteToken(json, text, id);
            json.WriteEndObject();
            json.WriteNull("bos_token");
            json.WriteString("chat_template", ChatTemplate.Jinja);
            json.WriteBoolean("clean_up_tokenization_spaces", false);
            WriteIfThere(json, tokenizer, "eos_token", WeirTokens.EndOfTurn);
            WriteIfThere(json, tokenizer, "pad_token", WeirTokens.EndOfText);
            json.WriteString("tokenizer_class", "PreTrainedTokenizerFast");
            json.WriteNull("unk_token");
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteToken(Utf8JsonWriter json, string text, int id)
    {
        json.WriteStartObject(id.ToString());
        json.WriteString("content", text);
        json.WriteBoolean("lstrip", false);
        json.WriteBoolean("normalized", false);
        json.WriteBoolean("rstrip", false);
        json.WriteBoolean("single_word", false);
        json.WriteBoolean("special", true);
        json.WriteEndObject();
    }

    // Naming a token that the vocabulary lacks would make the library add it, beyond the model's embeddings.
    private static void WriteIfThere(Utf8JsonWriter json, Tokenizer tokenizer, string name, string token)
    {
        if (tokenizer.IdOf(token) is not null) json.WriteString(name, token);
    }
}
