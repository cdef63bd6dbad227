using System.Text.Json;
using Weir.Formats.OpenAi;

namespace Weir.Inference.Requests;

/// <summary>A request that cannot be served as it is; becomes a 400 in OpenAI's shape.</summary>
internal sealed class RequestException(string message, string? code = null, string? parameter = null)
    : Exception(message)
{
    public string? Code => code;
    public string? Parameter => parameter;

    public static RequestException Unsupported(string field, string message) =>
        new(message, "unsupported_value", field);
}

/// <summary>What a request must hold before it is looked at further. What this engine cannot do is refused, never
/// passed over.</summary>
internal static class RequestRules
{
    public const int MaxChoices = 64, MaxBiases = 1024;
    private const int MaxStopLength = 256, MaxLogprobs = 5, MaxTopLogprobs = 20, MaxMessages = 4096, MaxDepth = 64;
    private static readonly string[] Roles = ["system", "developer", "user", "assistant", "tool"];

    /// <exception cref="RequestException">A field is missing, out of range or not supported.</exception>
    public static void Check(ChatRequest request)
    {
        CheckGeneration(request);
        CheckMessages(request.Messages);
        Require(request.MaxCompletionTokens is null or >= 0, "max_completion_tokens", "must be 0 or more");
        Require(request.TopLogprobs is null or (>= 0 and <= MaxTopLogprobs), "top_logprobs",
            $"must be 0 to {MaxTopLogprobs}");
        Require(request.TopLogprobs is null or 0 || request.Logprobs == true, "top_logprobs", "needs 'logprobs': true");
        if (IsGiven(request.Functions) || IsGiven(request.FunctionCall))
            throw RequestException.Unsupported("functions", "'functions' are not supported: send 'tools'.");
        if (IsGiven(request.Audio) || request.Modalities?.Any(m => m != "text") == true)
            throw RequestException.Unsupported("modalities", "Only the modality 'text' is supported.");
        if (IsGiven(request.WebSearchOptions))
            throw RequestException.Unsupported("web_search_options", "This engine does not search the web.");
        foreach (var (name, value) in request.ChatTemplateKwargs ?? new Dictionary<string, JsonElement>())
        {
            Require(IsText(name), "chat_template_kwargs", "must be valid text");
            CheckText(value, "chat_template_kwargs", 0);
        }
    }

    /// <inheritdoc cref="Check(ChatRequest)"/>
    public static void Check(CompletionRequest request)
    {
        CheckGeneration(request);
        if (request.Prompt is null) throw new RequestException("'prompt' is missing.", "missing_field", "prompt");
        Require(request.Logprobs is null or (>= 0 and <= MaxLogprobs), "logprobs", $"must be 0 to {MaxLogprobs}");
        Require(request.BestOf is null || request.BestOf == (request.N ?? 1), "best_of", "must be as large as 'n'");
        if (!string.IsNullOrEmpty(request.Suffix))
            throw RequestException.Unsupported("suffix", "'suffix' is not supported.");
        if (request.Stream == true && request.Echo == true)
            throw RequestException.Unsupported("echo", "'echo' cannot be streamed.");
        if (request.Stream == true && request.Logprobs is not null)
            throw RequestException.Unsupported("logprobs", "'logprobs' cannot be streamed.");
        Require(request.Echo != true || request.Logprobs is null || request.N is null or 1, "n",
            "must be 1 where a prompt is scored");
    }

    /// <summary>At least one message, each an object with a role; all text in them valid.</summary>
    /// <exception cref="RequestException">They are not.</exception>
    public static void CheckMessages(JsonElement? messages)
    {
        if (!IsGiven(messages)) throw Missing("messages");
        if (messages!.Value.ValueKind != JsonValueKind.Array)
            throw new RequestException("'messages' must be a list.", "invalid_value", "messages");
        int count = messages.Value.GetArrayLength();
        if (count == 0) throw Missing("messages");
        Require(count <= MaxMessages, "messages", $"can be {MaxMessages} at most");
        CheckText(messages.Value, "messages", 0);
        foreach (var message in messages.Value.EnumerateArray())
        {
            if (message.ValueKind != JsonValueKind.Object || !message.TryGetProperty("role", out var role)
                || role.ValueKind != JsonValueKind.String || !Roles.Contains(role.GetString()))
                throw new RequestException($"Every message needs a 'role': {string.Join(", ", Roles)}.",
                    "invalid_value", "messages");
            CheckContent(message);
        }
    }

    /// <summary>Half of a surrogate pair is no text, and deep nesting no request.</summary>
    public static void CheckText(JsonElement element, string field, int depth)
    {
        Require(depth <= MaxDepth, field, $"is nested deeper than {MaxDepth}");
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                Require(IsText(element), field, "must be valid text");
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray()) CheckText(item, field, depth + 1);
                break;
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                {
                    Require(IsName(property), field, "must be valid text");
                    CheckText(property.Value, field, depth + 1);
                }
                break;
        }
    }

    public static bool IsGiven(JsonElement? element) =>
        element is { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) };

    public static void Require(bool holds, string field, string rule)
    {
        if (!holds) throw new RequestException($"'{field}' {rule}.", "invalid_value", field);
    }

    private static void CheckContent(JsonElement message)
    {
        bool given = message.TryGetProperty("content", out var content) && content.ValueKind != JsonValueKind.Null;
        Require(given || message.TryGetProperty("tool_calls", out _), "messages", "need a 'content'");
        if (!given || content.ValueKind == JsonValueKind.String) return;
        Require(content.ValueKind == JsonValueKind.Array, "messages", "need a 'content' that is a text or parts");
        foreach (var part in content.EnumerateArray())
            Require(part.ValueKind == JsonValueKind.Object && part.TryGetProperty("type", out var type)
                && type.ValueKind == JsonValueKind.String && type.GetString() == "text"
                && part.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String, "messages",
                "can have content parts of type 'text' only");
    }

    private static void CheckGeneration(GenerationRequest request)
    {
        Require(request.N is null or (>= 1 and <= MaxChoices), "n", $"must be 1 to {MaxChoices}");
        Require(request.Temperature is null or (>= 0 and <= 2), "temperature", "must be between 0 and 2");
        Require(request.TopP is null or (> 0 and <= 1), "top_p", "must be above 0 and at most 1");
        Require(request.TopK is null or >= 0, "top_k", "must be 0 or more");
        Require(request.MinP is null or (>= 0 and <= 1), "min_p", "must be between 0 and 1");
        Require(request.RepetitionPenalty is null or (> 0 and <= 10), "repetition_penalty",
            "must be above 0 and at most 10");
        Require(request.PresencePenalty is null or (>= -2 and <= 2), "presence_penalty", "must be between -2 and 2");
        Require(request.FrequencyPenalty is null or (>= -2 and <= 2), "frequency_penalty", "must be between -2 and 2");
        Require(request.MaxTokens is null or >= 0, "max_tokens", "must be 0 or more");
        Require(request.Stop?.All(s => s.Length is > 0 and <= MaxStopLength) ?? true, "stop",
            $"must be strings of 1 to {MaxStopLength} characters");
        Require(request.LogitBias is null || request.LogitBias.Count <= MaxBiases, "logit_bias",
            $"can have {MaxBiases} tokens at most");
        Require(request.LogitBias?.All(b => int.TryParse(b.Key, out int id) && id >= 0 && b.Value is >= -100 and <= 100)
            ?? true, "logit_bias", "must map token ids to numbers from -100 to 100");
    }

    private static bool IsText(JsonElement element)
    {
        try
        {
            return IsText(element.GetString()!);
        }
        catch (InvalidOperationException)
        {
            return false; // escapes of half a pair
        }
    }

    private static bool IsName(JsonProperty property)
    {
        try
        {
            return IsText(property.Name);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static bool IsText(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1])) return false;
            i++;
        }
        return true;
    }

    private static RequestException Missing(string field) =>
        new($"'{field}' must hold at least one message.", "missing_field", field);
}
