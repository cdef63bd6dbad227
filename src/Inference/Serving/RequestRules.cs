using System.Text.Json;
using Weir.Formats.OpenAi;

namespace Weir.Inference.Serving;

/// <summary>A request that cannot be served as it is; becomes a 400 in OpenAI's shape.</summary>
internal sealed class RequestException(string message, string? code = null, string? parameter = null)
    : Exception(message)
{
    public string? Code => code;
    public string? Parameter => parameter;
}

/// <summary>What a request must hold before it is looked at further. What this engine cannot do is refused, never
/// passed over.</summary>
internal static class RequestRules
{
    private const int MaxStopLength = 256, MaxLogprobs = 5;

    /// <exception cref="RequestException">A field is missing, out of range or not supported.</exception>
    public static void Check(ChatRequest request)
    {
        CheckGeneration(request);
        if (request.Messages is not { Count: > 0 })
            throw new RequestException("'messages' must hold at least one message.", "missing_field", "messages");
        foreach (var message in request.Messages)
            if (message?.Role is not ("system" or "user" or "assistant"))
                throw new RequestException("Every message needs a 'role': system, user or assistant.", "invalid_value",
                    "messages");
        Require(request.MaxCompletionTokens is null or >= 0, "max_completion_tokens", "must be 0 or more");
        if (request.Logprobs == true || request.TopLogprobs is > 0)
            throw Unsupported("logprobs", "'logprobs' are supported by /v1/completions only.");
        if (request.Tools is { ValueKind: JsonValueKind.Array } tools && tools.GetArrayLength() > 0)
            throw Unsupported("tools", "This engine does not call tools.");
        if (request.ResponseFormat is { ValueKind: JsonValueKind.Object } format
            && format.TryGetProperty("type", out var type)
            && !(type.ValueKind == JsonValueKind.String && type.ValueEquals("text")))
            throw Unsupported("response_format", "Only the response format 'text' is supported.");
    }

    /// <inheritdoc cref="Check(ChatRequest)"/>
    public static void Check(CompletionRequest request)
    {
        CheckGeneration(request);
        if (request.Prompt is null) throw new RequestException("'prompt' is missing.", "missing_field", "prompt");
        Require(request.Logprobs is null or (>= 0 and <= MaxLogprobs), "logprobs", $"must be 0 to {MaxLogprobs}");
        if (request.Stream == true && request.Echo == true) throw Unsupported("echo", "'echo' cannot be streamed.");
        if (request.Stream == true && request.Logprobs is not null)
            throw Unsupported("logprobs", "'logprobs' cannot be streamed.");
    }

    private static void CheckGeneration(GenerationRequest request)
    {
        if (request.N is not (null or 1))
            throw Unsupported("n", "Only n = 1 is supported: send the request again for more answers.");
        Require(request.Temperature is null or (>= 0 and <= 2), "temperature", "must be between 0 and 2");
        Require(request.TopP is null or (> 0 and <= 1), "top_p", "must be above 0 and at most 1");
        Require(request.TopK is null or >= 0, "top_k", "must be 0 or more");
        Require(request.MaxTokens is null or >= 0, "max_tokens", "must be 0 or more");
        Require(request.Stop?.All(s => s.Length is > 0 and <= MaxStopLength) ?? true, "stop",
            $"must be strings of 1 to {MaxStopLength} characters");
    }

    private static void Require(bool holds, string field, string rule)
    {
        if (!holds) throw new RequestException($"'{field}' {rule}.", "invalid_value", field);
    }

    private static RequestException Unsupported(string field, string message) =>
        new(message, "unsupported_value", field);
}
