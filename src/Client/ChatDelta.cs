using System.Text.Json;
using Weir.Formats.OpenAi;

namespace Weir.Client;

/// <summary>A part of a tool call: the first of an <see cref="Index"/> has id and name, the arguments (JSON in a text)
/// follow piece by piece.</summary>
public sealed record ToolCallDelta(int Index, string? Id, string? Name, string Arguments);

/// <summary>A piece of a streamed answer. The last pieces carry the finish reason and the usage.</summary>
public sealed record ChatDelta(string Text, string? FinishReason, Usage? Usage, string ResponseId)
{
    /// <summary>What a reasoning model thinks before it answers.</summary>
    public string Reasoning { get; init; } = "";

    public IReadOnlyList<ToolCallDelta> ToolCalls { get; init; } = [];

    /// <summary>Reads an event of the stream: any engine's that speaks the protocol, so what it leaves out is
    /// empty.</summary>
    /// <exception cref="WeirApiException">The engine failed in mid-stream, or the event is not of this
    /// protocol.</exception>
    internal static ChatDelta Parse(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var chunk = document.RootElement;
            if (chunk.TryGetProperty("error", out var error))
                throw new WeirApiException(502, TextOf(error, "message") ?? "The engine failed.");
            var usage = chunk.TryGetProperty("usage", out var u) && u.ValueKind == JsonValueKind.Object
                ? u.Deserialize(OpenAiJson.Wire.Usage) : null;
            var id = TextOf(chunk, "id") ?? "";
            if (!chunk.TryGetProperty("choices", out var choices) || choices.GetArrayLength() == 0)
                return new ChatDelta("", null, usage, id);
            var finish = TextOf(choices[0], "finish_reason");
            if (!choices[0].TryGetProperty("delta", out var delta)) return new ChatDelta("", finish, usage, id);
            return new ChatDelta(TextOf(delta, "content") ?? "", finish, usage, id)
            {
                Reasoning = TextOf(delta, "reasoning_content") ?? "",
                ToolCalls = delta.TryGetProperty("tool_calls", out var calls) && calls.ValueKind == JsonValueKind.Array
                    ? [.. calls.EnumerateArray().Select(CallOf)] : [],
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new WeirApiException(502, $"The answer's stream is not that of a chat: {e.Message}");
        }
    }

    private static ToolCallDelta CallOf(JsonElement call)
    {
        call.TryGetProperty("function", out var function);
        return new ToolCallDelta(call.TryGetProperty("index", out var index) ? index.GetInt32() : 0, TextOf(call, "id"),
            TextOf(function, "name"), TextOf(function, "arguments") ?? "");
    }

    private static string? TextOf(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
