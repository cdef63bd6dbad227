using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Weir.Formats.Datasets;

namespace Weir.Text.Chat;

/// <summary>What a chat template is rendered with: a conversation as it came in a request.</summary>
public sealed record ChatPrompt
{
    /// <summary>A list of messages in the form of the OpenAI API: objects with <c>role</c>, <c>content</c> (a text, a
    /// list of parts, or null), and where they have them <c>tool_calls</c>, <c>tool_call_id</c>, <c>name</c>,
    /// <c>reasoning_content</c> and what else a template may know.</summary>
    public required JsonElement Messages { get; init; }

    /// <summary>A list of tools in the form of the OpenAI API, or null.</summary>
    public JsonElement? Tools { get; init; }

    /// <summary>Whether the prompt ends with what opens an assistant's turn.</summary>
    public bool AddGenerationPrompt { get; init; } = true;

    /// <summary>More variables for the template, for instance <c>enable_thinking</c>.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Variables { get; init; }

    /// <summary>The template to use; null for the one that fits.</summary>
    public string? TemplateName { get; init; }

    internal bool HasTools => Tools is { ValueKind: JsonValueKind.Array } tools && tools.GetArrayLength() > 0;

    /// <summary>A plain conversation.</summary>
    public static ChatPrompt Of(IReadOnlyList<ChatTurn> turns, bool addGenerationPrompt)
    {
        var messages = new JsonArray([.. turns.Select(turn =>
            new JsonObject { ["role"] = turn.Role, ["content"] = turn.Content })]);
        using var json = JsonDocument.Parse(messages.ToJsonString(new JsonSerializerOptions
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        }));
        return new ChatPrompt { Messages = json.RootElement.Clone(), AddGenerationPrompt = addGenerationPrompt };
    }
}
