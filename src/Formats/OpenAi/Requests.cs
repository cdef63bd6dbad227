using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Weir.Formats.OpenAi;

/// <summary>A message of a chat request. <see cref="Content"/> joins the text parts where the client sent a list of
/// them.</summary>
public sealed record ChatMessage(string? Role, [property: JsonConverter(typeof(TextContentConverter))] string? Content);

public sealed record StreamOptions(bool? IncludeUsage = null, bool? ContinuousUsageStats = null);

/// <summary>What chat and plain completions have in common. Fields that are not known are ignored.</summary>
public abstract record GenerationRequest
{
    public string? Model { get; init; }
    public double? Temperature { get; init; }
    public double? TopP { get; init; }
    public int? TopK { get; init; }
    public long? Seed { get; init; }
    [JsonConverter(typeof(StringOrListConverter))] public IReadOnlyList<string>? Stop { get; init; }
    public int? MaxTokens { get; init; }
    public bool? Stream { get; init; }
    public StreamOptions? StreamOptions { get; init; }
    public int? N { get; init; }
}

/// <summary>Body of <c>POST /v1/chat/completions</c>.</summary>
public sealed record ChatRequest : GenerationRequest
{
    public IReadOnlyList<ChatMessage>? Messages { get; init; }
    public int? MaxCompletionTokens { get; init; }
    public bool? Logprobs { get; init; }
    public JsonElement? Tools { get; init; }
    public JsonElement? ResponseFormat { get; init; }
}

/// <summary>Body of <c>POST /v1/completions</c>. The prompt is a text, a list of one text, or a list of token
/// ids.</summary>
public sealed record CompletionRequest : GenerationRequest
{
    public JsonElement Prompt { get; init; }
    public bool? Echo { get; init; }
    public int? Logprobs { get; init; }
}

/// <summary>A string, or an array of parts of type text.</summary>
public sealed class TextContentConverter : JsonConverter<string?>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Null) return null;
        if (reader.TokenType == JsonTokenType.String) return reader.GetString();
        if (reader.TokenType != JsonTokenType.StartArray) throw new JsonException("content must be a string or an "
            + "array of parts");
        var text = new StringBuilder();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            using var part = JsonDocument.ParseValue(ref reader);
            if (part.RootElement.ValueKind != JsonValueKind.Object
                || !part.RootElement.TryGetProperty("type", out var type)
                || type.ValueKind != JsonValueKind.String || type.GetString() != "text"
                || !part.RootElement.TryGetProperty("text", out var value) || value.ValueKind != JsonValueKind.String)
                throw new JsonException("only content parts of type 'text' are supported");
            text.Append(value.GetString());
        }
        return text.ToString();
    }

    public override void Write(Utf8JsonWriter writer, string? value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value);
}

/// <summary>One string or a list of strings.</summary>
public sealed class StringOrListConverter : JsonConverter<IReadOnlyList<string>?>
{
    private const int MostStrings = 16;

    public override IReadOnlyList<string>? Read(ref Utf8JsonReader reader, Type typeToConvert,
        JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Null) return null;
        if (reader.TokenType == JsonTokenType.String) return [reader.GetString()!];
        if (reader.TokenType != JsonTokenType.StartArray) throw new JsonException("stop must be a string or an array "
            + "of strings");
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
