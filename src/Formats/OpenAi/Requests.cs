using System.Text.Json;
using System.Text.Json.Serialization;

namespace Weir.Formats.OpenAi;

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
    /// <summary>Answers wanted.</summary>
    public int? N { get; init; }
    /// <summary>Tokens less likely than this part of the likeliest are left out; 0 to 1.</summary>
    public double? MinP { get; init; }
    /// <summary>Above 0; 1 is off. Over prompt and answer, as Hugging Face's libraries have it.</summary>
    public double? RepetitionPenalty { get; init; }
    /// <summary>-2 to 2, over the answer.</summary>
    public double? PresencePenalty { get; init; }
    /// <summary>-2 to 2, over the answer.</summary>
    public double? FrequencyPenalty { get; init; }
    /// <summary>Added to logits, by token id; -100 to 100.</summary>
    public IReadOnlyDictionary<string, double>? LogitBias { get; init; }
    /// <summary>text, json_object or json_schema.</summary>
    public JsonElement? ResponseFormat { get; init; }
    /// <summary>An extension: the answer matches this regular expression as a whole.</summary>
    public string? GuidedRegex { get; init; }
}

/// <summary>Body of <c>POST /v1/chat/completions</c>.</summary>
public sealed record ChatRequest : GenerationRequest
{
    /// <summary>Objects with role and content. They stay as they came, since a model's template may know more of them
    /// than the protocol does.</summary>
    public JsonElement? Messages { get; init; }
    /// <summary>The newer name of <see cref="GenerationRequest.MaxTokens"/>; it goes first.</summary>
    public int? MaxCompletionTokens { get; init; }
    public bool? Logprobs { get; init; }
    /// <summary>0 to 20.</summary>
    public int? TopLogprobs { get; init; }
    public JsonElement? Tools { get; init; }
    /// <summary>none, auto, required, or an object that names a function.</summary>
    public JsonElement? ToolChoice { get; init; }
    public bool? ParallelToolCalls { get; init; }
    /// <summary>An extension: variables of the chat template, for instance <c>enable_thinking</c>.</summary>
    public IReadOnlyDictionary<string, JsonElement>? ChatTemplateKwargs { get; init; }

    // Known so that they can be refused: an answer without them would not be what was asked for.
    public JsonElement? Functions { get; init; }
    public JsonElement? FunctionCall { get; init; }
    public JsonElement? Audio { get; init; }
    public IReadOnlyList<string>? Modalities { get; init; }
    public JsonElement? WebSearchOptions { get; init; }
}

/// <summary>Body of <c>POST /v1/completions</c>.</summary>
public sealed record CompletionRequest : GenerationRequest
{
    public Prompt? Prompt { get; init; }
    /// <summary>Whether the answer begins with the prompt.</summary>
    public bool? Echo { get; init; }
    /// <summary>Log-probabilities of the tokens, and of so many of the likeliest at each place; 0 to 5.</summary>
    public int? Logprobs { get; init; }

    // Known so that they can be refused.
    public int? BestOf { get; init; }
    public string? Suffix { get; init; }
}

/// <summary>Body of <c>POST /v1/embeddings</c>.</summary>
public sealed record EmbeddingRequest
{
    public string? Model { get; init; }
    /// <summary>A text, texts, token ids, or lists of token ids.</summary>
    public JsonElement? Input { get; init; }
    /// <summary>float or base64.</summary>
    public string? EncodingFormat { get; init; }
    public int? Dimensions { get; init; }
    /// <summary>An extension: mean or last.</summary>
    public string? Pooling { get; init; }
}

/// <summary>Body of <c>POST /tokenize</c>: a text, or messages of a chat.</summary>
public sealed record TokenizeRequest
{
    public string? Prompt { get; init; }
    public JsonElement? Messages { get; init; }
    public JsonElement? Tools { get; init; }
    public bool? AddGenerationPrompt { get; init; }
}

/// <summary>Body of <c>POST /detokenize</c>.</summary>
public sealed record DetokenizeRequest
{
    public IReadOnlyList<int>? Tokens { get; init; }
}

/// <summary>A prompt: a text, a list of one text, or a list of token ids. One of the two is null.</summary>
[JsonConverter(typeof(PromptConverter))]
public sealed record Prompt(string? Text, IReadOnlyList<int>? Ids);
