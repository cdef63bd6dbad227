using System.Text.Json;
using System.Text.Json.Serialization;

namespace Weir.Formats.OpenAi;

/// <summary>One string or a list of strings.</summary>
public sealed class StringOrListConverter : JsonConverter<IReadOnlyList<string>?>
{
    private const int MostStrings = 16;

    public override IReadOnlyList<string>? Read(ref Utf8JsonReader reader, Type typeToConvert,
        JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String) return [reader.GetString()!];
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new JsonException("stop must be a string or an array of strings");
        var list = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.String || list.Count == MostStrings)
                throw new JsonException($"stop must be a string or an array of at most {MostStrings} strings");
            list.Add(reader.GetString()!);
        }
        return list;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<string>? value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (var item in value ?? []) writer.WriteStringValue(item);
        writer.WriteEndArray();
    }
}

/// <summary>See <see cref="Prompt"/>.</summary>
public sealed class PromptConverter : JsonConverter<Prompt?>
{
    private const string Rule = "prompt must be a string, an array of one string, or an array of token ids";

    public override Prompt? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String) return new Prompt(reader.GetString(), null);
        if (reader.TokenType != JsonTokenType.StartArray) throw new JsonException(Rule);
        var ids = new List<int>();
        string? text = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (text is null && ids.Count == 0 && reader.TokenType == JsonTokenType.String) text = reader.GetString();
            else if (text is null && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int id))
                ids.Add(id);
            else throw new JsonException(Rule);
        }
        return text is null ? new Prompt(null, ids) : new Prompt(text, null);
    }

    public override void Write(Utf8JsonWriter writer, Prompt? value, JsonSerializerOptions options)
    {
        if (value?.Ids is null)
        {
            writer.WriteStringValue(value?.Text);
            return;
        }
        writer.WriteStartArray();
        foreach (var id in value.Ids) writer.WriteNumberValue(id);
        writer.WriteEndArray();
    }
}
