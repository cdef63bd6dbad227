using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Weir.Text.Tokenizers.Splitting;

namespace Weir.Text.Tokenizers;

/// <summary>The file <c>tokenizer.json</c> in the layout of the Hugging Face tokenizers library: this half writes
/// it.</summary>
internal static partial class TokenizerJson
{
    /// <summary>The file, or null for a tokenizer that is of another kind than Weir's and was not read from
    /// one.</summary>
    public static byte[]? Write(TokenizerParts parts) =>
        parts.Source ?? (WeirTokenizer.Is(parts) ? WriteWeir(parts.Description) : null);

    /// <summary>Bytes that are equal for equal descriptions.</summary>
    public static byte[] Canonical(TokenizerDescription description)
    {
        var text = new StringBuilder();
        text.Append(description.Kind).Append('\n').Append(description.PreTokenizer).Append('\n');
        foreach (var (name, id) in DescribedTokenizer.NamedIds(description)) text.Append(name).Append(id).Append('\n');
        text.Append(description.AddsBos).Append(description.AddsEos).Append(description.AddsSpacePrefix)
            .Append(description.RemovesExtraSpaces).Append(description.Lowercases).Append(description.StripsAccents)
            .Append('\n').Append(Convert.ToHexString(description.Charsmap.Span)).Append('\n');
        for (var id = 0; id < description.Tokens.Count; id++)
            text.Append(description.Tokens[id].Length).Append(':').Append(description.Tokens[id])
                .Append((int)description.Types[id]).Append('\n');
        foreach (var (left, right) in description.Merges) text.Append(left).Append(' ').Append(right).Append('\n');
        byte[] scores = [.. MemoryMarshal.AsBytes<float>(description.Scores.ToArray())];
        return [.. Encoding.UTF8.GetBytes(text.ToString()), .. scores];
    }

    private static byte[] WriteWeir(TokenizerDescription description)
    {
        var buffer = new ArrayBufferWriter<byte>(1 << 16);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions
        {
            Indented = true,
            NewLine = "\n",
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        }))
        {
            json.WriteStartObject();
            json.WriteString("version", "1.0");
            json.WriteNull("truncation");
            json.WriteNull("padding");
            WriteAddedTokens(json, description);
            json.WriteStartObject("normalizer");
            json.WriteString("type", "NFC");
            json.WriteEndObject();
            WritePreTokenizer(json);
            json.WriteNull("post_processor");
            WriteByteLevel(json, "decoder");
            WriteModel(json, description);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteAddedTokens(Utf8JsonWriter json, TokenizerDescription description)
    {
        json.WriteStartArray("added_tokens");
        for (var id = 0; id < description.Tokens.Count; id++)
        {
            if (description.Types[id] == TokenType.Normal) continue;
            json.WriteStartObject();
            json.WriteNumber("id", id);
            json.WriteString("content", description.Tokens[id]);
            json.WriteBoolean("single_word", false);
            json.WriteBoolean("lstrip", false);
            json.WriteBoolean("rstrip", false);
            json.WriteBoolean("normalized", false);
            json.WriteBoolean("special", true);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WritePreTokenizer(Utf8JsonWriter json)
    {
        json.WriteStartObject("pre_tokenizer");
        json.WriteString("type", "Sequence");
        json.WriteStartArray("pretokenizers");
        json.WriteStartObject();
        json.WriteString("type", "Split");
        json.WriteStartObject("pattern");
        json.WriteString("Regex", PreTokenizer.Pattern);
        json.WriteEndObject();
        json.WriteString("behavior", "Isolated");
        json.WriteBoolean("invert", false);
        json.WriteEndObject();
        WriteByteLevel(json, null);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteByteLevel(Utf8JsonWriter json, string? name)
    {
        if (name is null) json.WriteStartObject();
        else json.WriteStartObject(name);
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", false);
        json.WriteBoolean("trim_offsets", false);
        json.WriteBoolean("use_regex", false);
        json.WriteEndObject();
    }

    private static void WriteModel(Utf8JsonWriter json, TokenizerDescription description)
    {
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WriteNull("dropout");
        json.WriteNull("unk_token");
        json.WriteNull("continuing_subword_prefix");
        json.WriteNull("end_of_word_suffix");
        json.WriteBoolean("fuse_unk", false);
        json.WriteBoolean("byte_fallback", false);
        json.WriteBoolean("ignore_merges", false);
        json.WriteStartObject("vocab");
        for (var id = 0; id < description.Tokens.Count; id++) json.WriteNumber(description.Tokens[id], id);
        json.WriteEndObject();
        json.WriteStartArray("merges");
        // As strings, which every version of the library reads; byte-level text holds no space.
        foreach (var (left, right) in description.Merges) json.WriteStringValue($"{left} {right}");
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
