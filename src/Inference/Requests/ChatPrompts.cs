using System.Text;
using System.Text.Json;
using Weir.Formats.Datasets;
using Weir.Inference.Generation;
using Weir.Text.Chat;

namespace Weir.Inference.Requests;

/// <summary>Messages of a request as ids of a prompt.</summary>
internal sealed class ChatPrompts(ServedModel model)
{
    public int[] Encode(JsonElement messages, bool addGenerationPrompt)
    {
        var turns = messages.EnumerateArray().Select(m => new ChatTurn(m.GetProperty("role").GetString()!, TextOf(m)));
        return ChatTemplate.Encode(model.Tokenizer, [.. turns], addGenerationPrompt).Ids;
    }

    private static string TextOf(JsonElement message)
    {
        if (!message.TryGetProperty("content", out var content) || content.ValueKind == JsonValueKind.Null) return "";
        if (content.ValueKind == JsonValueKind.String) return content.GetString()!;
        var text = new StringBuilder();
        foreach (var part in content.EnumerateArray()) text.Append(part.GetProperty("text").GetString());
        return text.ToString();
    }
}
