using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Weir.Formats.OpenAi;

public sealed record PromptTokensDetails(int CachedTokens);

/// <summary>Tokens of a request. <see cref="CompletionTokens"/> counts every token that was sampled, the one that
/// ended the answer included.</summary>
public sealed record Usage(int PromptTokens, int CompletionTokens, int TotalTokens,
    PromptTokensDetails? PromptTokensDetails)
{
    public static Usage Of(int prompt, int completion, int cached = 0) => new(prompt, completion, prompt + completion,
        new PromptTokensDetails(cached));
}

/// <summary>The function that a model calls; <see cref="Arguments"/> is JSON in a text. In a stream the parts of
/// arguments follow one another.</summary>
public sealed record FunctionCall(string? Name, string Arguments);

/// <summary>A call of a tool. <see cref="Index"/> is its place, in streams only.</summary>
public sealed record ToolCall(string? Id, string? Type, FunctionCall Function, int? Index = null);

/// <summary>What an assistant says; null content where it only calls tools.</summary>
public sealed record AnswerMessage(string Role,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Content, string? Refusal = null,
    string? ReasoningContent = null, IReadOnlyList<ToolCall>? ToolCalls = null);

/// <summary>A token of a chat with its log-probability (natural) and its bytes in UTF-8.</summary>
public sealed record ChatLogprob(string Token, double Logprob, IReadOnlyList<int> Bytes,
    IReadOnlyList<ChatLogprob>? TopLogprobs = null);

public sealed record ChatLogprobs(IReadOnlyList<ChatLogprob> Content);

/// <summary>An answer. <see cref="FinishReason"/> is <c>stop</c>, <c>length</c> or <c>tool_calls</c>.</summary>
public sealed record ChatChoice(int Index, AnswerMessage Message, string FinishReason, ChatLogprobs? Logprobs = null);

/// <summary>Answer of <c>POST /v1/chat/completions</c>. <see cref="Created"/> is in Unix seconds.</summary>
public sealed record ChatResponse(string Id, string Object, long Created, string Model,
    IReadOnlyList<ChatChoice> Choices, Usage Usage);

public sealed record Delta(string? Role = null, string? Content = null, string? ReasoningContent = null,
    IReadOnlyList<ToolCall>? ToolCalls = null);

public sealed record ChunkChoice(int Index, Delta Delta,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? FinishReason, ChatLogprobs? Logprobs = null);

/// <summary>A server-sent event of a streamed chat. <see cref="Usage"/> is the last property, so that a gateway can
/// cut it off.</summary>
public sealed record ChatChunk(string Id, string Object, long Created, string Model, IReadOnlyList<ChunkChoice> Choices,
    [property: JsonPropertyOrder(1)] Usage? Usage = null);

/// <summary>Log-probabilities (natural) of tokens in the form of plain completions. The first token of a prompt has
/// none. Offsets are in characters (code points) from the beginning of the text.</summary>
public sealed record LogprobList(IReadOnlyList<string> Tokens, IReadOnlyList<double?> TokenLogprobs,
    IReadOnlyList<int> TextOffset, IReadOnlyList<IReadOnlyDictionary<string, double>?>? TopLogprobs = null);

public sealed record CompletionChoice(int Index, string Text,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] LogprobList? Logprobs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? FinishReason);

/// <summary>Answer, or streamed part of an answer, of <c>POST /v1/completions</c>.</summary>
public sealed record CompletionResponse(string Id, string Object, long Created, string Model,
    IReadOnlyList<CompletionChoice> Choices, [property: JsonPropertyOrder(1)] Usage? Usage = null);

/// <summary>A vector of one input: a list of numbers, or their bytes (little-endian 32-bit floats) in base64.</summary>
public sealed record Embedding(string Object, int Index,
    [property: JsonPropertyName("embedding")] JsonElement Vector);

public sealed record EmbeddingUsage(int PromptTokens, int TotalTokens);

/// <summary>Answer of <c>POST /v1/embeddings</c>.</summary>
public sealed record EmbeddingList(string Object, IReadOnlyList<Embedding> Data, string Model, EmbeddingUsage Usage);

/// <summary>Answer of <c>POST /tokenize</c>.</summary>
public sealed record TokenList(int Count, int MaxModelLen, IReadOnlyList<int> Tokens);

/// <summary>Answer of <c>POST /detokenize</c>.</summary>
public sealed record DetokenizedText(string Prompt);

public sealed record ModelEntry(string Id, string Object, long Created, string OwnedBy);

/// <summary>Answer of <c>GET /v1/models</c>.</summary>
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
[JsonSerializable(typeof(EmbeddingRequest))]
[JsonSerializable(typeof(EmbeddingList))]
[JsonSerializable(typeof(TokenizeRequest))]
[JsonSerializable(typeof(DetokenizeRequest))]
[JsonSerializable(typeof(TokenList))]
[JsonSerializable(typeof(DetokenizedText))]
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
