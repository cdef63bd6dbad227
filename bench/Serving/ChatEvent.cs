using System.Text.Json;
using Weir.Formats.Bcl;

namespace Weir.Bench.Serving;

/// <summary>What one server-sent event of a streamed chat says.</summary>
/// <param name="HasText">Whether it brings text of the answer.</param>
/// <param name="PromptTokens">Of the usage; null where it has none.</param>
/// <param name="GeneratedTokens">Of the usage; null where it has none.</param>
internal readonly record struct ChatEvent(bool HasText, int? PromptTokens, int? GeneratedTokens)
{
    private const string Prefix = "data:", End = "[DONE]";

    /// <summary>Null for lines that say nothing: blank ones, comments, other fields, and the end mark.</summary>
    /// <exception cref="UserErrorException">The server reports an error, or writes no JSON.</exception>
    public static ChatEvent? Parse(string line)
    {
        if (!line.StartsWith(Prefix, StringComparison.Ordinal)) return null;
        var data = line.AsMemory(Prefix.Length).Trim();
        if (data.Length == 0 || data.Span.SequenceEqual(End)) return null;
        try
        {
            using var document = JsonDocument.Parse(data);
            var root = document.RootElement;
            if (root.TryGetProperty("error", out var error))
                throw new UserErrorException($"The server broke a stream off: {error}");
            int? prompt = null, generated = null;
            if (root.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object)
                (prompt, generated) = (usage.GetProperty("prompt_tokens").GetInt32(),
                    usage.GetProperty("completion_tokens").GetInt32());
            return new ChatEvent(BringsText(root), prompt, generated);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new UserErrorException($"The server streams something that is no chat: {line}", inner: e);
        }
    }

    private static bool BringsText(JsonElement root)
    {
        if (!root.TryGetProperty("choices", out var choices)) return false;
        foreach (var choice in choices.EnumerateArray())
            if (choice.TryGetProperty("delta", out var delta)
                && (Holds(delta, "content") || Holds(delta, "reasoning_content"))) return true;
        return false;
    }

    private static bool Holds(JsonElement delta, string name) =>
        delta.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String && text.GetString() != "";
}
