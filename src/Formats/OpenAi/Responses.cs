using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Weir.Formats.OpenAi;

public sealed record PromptTokensDetails(int CachedTokens);

public sealed record Usage(int PromptTokens, int CompletionTokens, int TotalTokens,
    PromptTokensDetails PromptTokensDetails)
{
    public static Usage Of(int prompt, int completion) =>
        new(prompt, completion, prompt + completion, new PromptTokensDetails(0));
}

public sealed record AnswerMessage(string Role, string Content, string? Refusal);

public sealed record ChatChoice(int Index, AnswerMessage Message, object? Logprobs, string FinishReason);

/// <summary>Answer of <c>POST /v1/chat/completions</c>.</summary>
public sealed record ChatResponse(string Id, string Object, long Created, string Model,
    IReadOnlyList<ChatChoice> Choices, Usage Usage);

public sealed record Delta(string? Role = null, string? Content = null);

public sealed record ChunkChoice(int Index, Delta Delta,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? FinishReason);

/// <summary>A server-sent event of a streamed chat. <see cref="Usage"/> is the last property, so that a gateway can cut
/// it off.</summary>
public sealed record ChatChunk(string Id, string Object, long Created, string Model,
    IReadOnlyList<ChunkChoice> Choices, Usage? Usage = null);

public sealed record LogprobList(IReadOnlyList<string> Tokens, IReadOnlyList<double?> TokenLogprobs,
    IReadOnlyList<int> TextOffset);

public sealed record CompletionChoice(int Index, string Text,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] LogprobList? Logprobs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? FinishReason);

/// <summary>Answer, or streamed part of an answer, of <c>POST /v1/completions</c>.</summary>
public sealed record CompletionResponse(string Id, string Object, long Created, string Model,
    IReadOnlyList<CompletionChoice> Choices,
    Usage? Usage = null);

public sealed record ModelEntry(string Id, string Object, long Created, string OwnedBy);

public sealed record ModelList(string Object, IReadOnlyList<ModelEntry> Data);

public sealed record ErrorBody(string Message, string Type,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Param,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Code);

/// <summary>The error shape of every OpenAI endpoint.</summary>
public sealed record ErrorResponse(ErrorBody Error)
{
    public static ErrorResponse Of(string message, string type, string? code = null, string? param = null) =>
        new(new ErrorBody(message, type, param, code));
}

/// <summary>Source-generated JSON of the wire records: snake_case, nulls left out but where the protocol has
/// them.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ChatRequest))]
[JsonSerializable(typeof(CompletionRequest))]
[JsonSerializable(typeof(ChatResponse))]
[JsonSerializable(typeof(ChatChunk))]
[JsonSerializable(typeof(CompletionResponse))]
[JsonSerializable(typeof(ModelEntry))]
[JsonSerializable(typeof(ModelList))]
[JsonSerializable(typeof(ErrorResponse))]
public sealed partial class OpenAiJson : JsonSerializerContext
{
    /// <summary>Han characters are written as they are.</summary>
    public static OpenAiJson Wire { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
