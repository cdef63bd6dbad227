using System.Text.Json;
using System.Text.Json.Serialization;

namespace Weir.Formats.OpenAi;

/// <summary>A message of a chat request. <see cref="Content"/> joins the text parts where the client sent a list of
/// them.</summary>
public sealed record ChatMessage(string? Role, [property: JsonConverter(typeof(TextContentConverter))] string? Content);

/// <summary>What a streamed answer reports. With <paramref name="IncludeUsage"/> a chunk without choices at the end
/// has the usage; with <paramref name="ContinuousUsageStats"/> every chunk has the usage so far.</summary>
public sealed record StreamOptions(bool? IncludeUsage = null, bool? ContinuousUsageStats = null);

/// <summary>What chat and plain completions have in common. Fields that are not known are ignored; ranges are checked
/// by the engine.</summary>
public abstract record GenerationRequest
{
    public string? Model { get; init; }
    /// <summary>0 to 2; 0 is greedy.</summary>
    public double? Temperature { get; init; }
    /// <summary>Above 0, at most 1.</summary>
    public double? TopP { get; init; }
    /// <summary>0 is off.</summary>
    public int? TopK { get; init; }
    public long? Seed { get; init; }
    [JsonConverter(typeof(StringOrListConverter))] public IReadOnlyList<string>? Stop { get; init; }
    public int? MaxTokens { get; init; }
    public bool? Stream { get; init; }
    public StreamOptions? StreamOptions { get; init; }
    /// <summary>Answers wanted; engines of Weir make one.</summary>
    public int? N { get; init; }
}

/// <summary>Body of <c>POST /v1/chat/completions</c>.</summary>
public sealed record ChatRequest : GenerationRequest
{
    public IReadOnlyList<ChatMessage?>? Messages { get; init; }
    /// <summary>The newer name of <see cref="GenerationRequest.MaxTokens"/>; it goes first.</summary>
    public int? MaxCompletionTokens { get; init; }
    public bool? Logprobs { get; init; }
    public int? TopLogprobs { get; init; }
    public JsonElement? Tools { get; init; }
    public JsonElement? ResponseFormat { get; init; }
}

/// <summary>Body of <c>POST /v1/completions</c>.</summary>
public sealed record CompletionRequest : GenerationRequest
{
    public Prompt? Prompt { get; init; }
    /// <summary>Whether the answer begins with the prompt.</summary>
    public bool? Echo { get; init; }
    /// <summary>Log-probabilities of the tokens, and of so many of the likeliest at each place; 0 to 5.</summary>
    public int? Logprobs { get; init; }
}

/// <summary>A prompt: a text, a list of one text, or a list of token ids. One of the two is null.</summary>
[JsonConverter(typeof(PromptConverter))]
public sealed record Prompt(string? Text, IReadOnlyList<int>? Ids);
