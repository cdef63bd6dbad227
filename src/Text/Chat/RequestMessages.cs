using System.Text;
using System.Text.Json;
using Weir.Formats.Bcl;
using Weir.Text.Jinja.Values;

namespace Weir.Text.Chat;

/// <summary>The messages of a request as values of a template, in the forms that the template takes.</summary>
internal static class RequestMessages
{
    private static readonly string[] Roles =
        ["system", "developer", "user", "assistant", "tool", "function", "ipython"];

    public static JinjaValue Read(JsonElement messages, TemplateTraits traits)
    {
        if (messages.ValueKind != JsonValueKind.Array)
            throw new UserErrorException("messages must be a list of messages.");
        try
        {
            return new ListValue([.. messages.EnumerateArray().Select(message => ReadMessage(message, traits))],
                isFrozen: true);
        }
        catch (InvalidOperationException e)
        {
            throw new UserErrorException("A string of the messages is no valid Unicode (half of a surrogate pair). "
                + "Send it as whole characters.", inner: e);
        }
    }

    private static DictValue ReadMessage(JsonElement message, TemplateTraits traits)
    {
        if (message.ValueKind != JsonValueKind.Object)
            throw new UserErrorException("Each of the messages must be an object with role and content.");
        var value = new DictValue { IsFrozen = true };
        var calls = message.TryGetProperty("tool_calls", out var toolCalls)
            && toolCalls.ValueKind == JsonValueKind.Array;
        foreach (var property in message.EnumerateObject())
            value.Add(JinjaValue.Outside(property.Name), property.Name switch
            {
                "role" => Role(property.Value),
                "content" => Content(property.Value, traits, mayBeNull: calls),
                "tool_calls" when calls => new ListValue(
                    [.. property.Value.EnumerateArray().Select(call => Call(call, traits))], isFrozen: true),
                _ => JinjaValue.FromJson(property.Value),
            });
        if (!value.TryGet(new StringValue("role"), out _)) throw new UserErrorException("A message has no role.");
        if (calls && !traits.TakesNull && !value.TryGet(new StringValue("content"), out _))
            value.Add(new StringValue("content"), StringValue.Empty);
        return value;
    }

    // A template may make a special token of a role, so it is one of a few words and counts as the template's own.
    private static StringValue Role(JsonElement role)
    {
        var text = role.ValueKind == JsonValueKind.String ? role.GetString()! : role.GetRawText();
        return Roles.Contains(text) ? new StringValue(text)
            : throw new UserErrorException($"The role '{text}' is unknown. Use {string.Join(", ", Roles)}.");
    }

    private static JinjaValue Content(JsonElement content, TemplateTraits traits, bool mayBeNull)
    {
        switch (content.ValueKind)
        {
            case JsonValueKind.String when !traits.TakesText:
                var part = new DictValue { IsFrozen = true };
                part.Add(new StringValue("type"), new StringValue("text"));
                part.Add(new StringValue("text"), JinjaValue.FromJson(content));
                return new ListValue([part], isFrozen: true);
            case JsonValueKind.Array when !traits.TakesParts:
                return JinjaValue.Outside(JoinParts(content));
            case JsonValueKind.Null when mayBeNull && !traits.TakesNull:
                return StringValue.Empty;
            default:
                return JinjaValue.FromJson(content);
        }
    }

    private static string JoinParts(JsonElement parts)
    {
        var text = new StringBuilder();
        foreach (var part in parts.EnumerateArray())
        {
            if (part.ValueKind != JsonValueKind.Object || !part.TryGetProperty("text", out var value)
                || value.ValueKind != JsonValueKind.String || part.TryGetProperty("type", out var type)
                    && (type.ValueKind != JsonValueKind.String || !type.ValueEquals("text")))
                throw new UserErrorException("This model takes only parts of type text in a content.");
            text.Append(value.GetString());
        }
        return text.ToString();
    }

    // The API has the arguments as JSON in a text; most templates want the object itself.
    private static DictValue Call(JsonElement call, TemplateTraits traits)
    {
        if (call.ValueKind != JsonValueKind.Object)
            throw new UserErrorException("Each of tool_calls must be an object with id, type and function.");
        var value = new DictValue { IsFrozen = true };
        foreach (var property in call.EnumerateObject())
            value.Add(JinjaValue.Outside(property.Name), property.Value.ValueKind == JsonValueKind.Object
                && property.Name == "function" ? Call(property.Value, traits)
                : property.Name == "arguments" ? Arguments(property.Value, traits)
                : JinjaValue.FromJson(property.Value));
        return value;
    }

    private static JinjaValue Arguments(JsonElement arguments, TemplateTraits traits)
    {
        if (traits.ArgumentsAreText)
            return JinjaValue.Outside(arguments.ValueKind == JsonValueKind.String ? arguments.GetString()!
                : arguments.GetRawText());
        if (arguments.ValueKind != JsonValueKind.String) return JinjaValue.FromJson(arguments);
        try
        {
            using var json = JsonDocument.Parse(arguments.GetString()!);
            // Anything but an object stays the text that the client sent.
            return JinjaValue.FromJson(json.RootElement.ValueKind == JsonValueKind.Object
                ? json.RootElement : arguments);
        }
        catch (JsonException)
        {
            return JinjaValue.FromJson(arguments);
        }
    }
}
