using System.Text.Json;
using System.Text.Json.Nodes;
using Weir.WebConsole.Text;

namespace Weir.WebConsole.Playground;

/// <summary>What a question is asked with. What is not set is not sent, so that the engine's own choice
/// holds.</summary>
public sealed class PlaygroundSettings
{
    public string System { get; set; } = "";
    public double? Temperature { get; set; } = 0.7;
    public double? TopP { get; set; }
    public int? TopK { get; set; }
    public double? MinP { get; set; }
    public int? MaxTokens { get; set; } = 512;
    public long? Seed { get; set; }
    /// <summary>One a line; <c>\n</c> within a line is a new line.</summary>
    public string Stop { get; set; } = "";
    /// <summary>A JSON array of tools, or nothing.</summary>
    public string Tools { get; set; } = "";
    /// <summary>A JSON schema, or nothing.</summary>
    public string Schema { get; set; } = "";

    /// <summary>What is wrong with the settings; null where nothing is.</summary>
    public string? Trouble(PlaygroundText text) =>
        Parse<JsonArray>(Tools, text.ToolsTrouble).Trouble ?? Parse<JsonObject>(Schema, text.SchemaTrouble).Trouble;

    /// <summary>The body of a chat request with these settings.</summary>
    public JsonObject Body(string model, IEnumerable<JsonObject> messages)
    {
        var all = new JsonArray();
        if (System.Trim().Length > 0) all.Add(new JsonObject { ["role"] = "system", ["content"] = System });
        foreach (var message in messages) all.Add(message.DeepClone());
        var body = new JsonObject { ["model"] = model, ["messages"] = all };
        if (Temperature is { } temperature) body["temperature"] = temperature;
        if (TopP is { } topP) body["top_p"] = topP;
        if (TopK is { } topK) body["top_k"] = topK;
        if (MinP is { } minP) body["min_p"] = minP;
        if (MaxTokens is { } maxTokens) body["max_tokens"] = maxTokens;
        if (Seed is { } seed) body["seed"] = seed;
        var stops = Stop.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(s => s.TrimEnd('\r').Replace("\\n", "\n", StringComparison.Ordinal)).Where(s => s.Length > 0);
        if (stops.ToList() is { Count: > 0 } list) body["stop"] = new JsonArray([.. list.Select(s => (JsonNode)s)]);
        if (Parse<JsonArray>(Tools, "").Value is { Count: > 0 } tools) body["tools"] = tools;
        if (Parse<JsonObject>(Schema, "").Value is { } schema)
            body["response_format"] = new JsonObject
            {
                ["type"] = "json_schema",
                ["json_schema"] = new JsonObject { ["name"] = "answer", ["strict"] = true, ["schema"] = schema },
            };
        return body;
    }

    private static (T? Value, string? Trouble) Parse<T>(string text, string trouble) where T : JsonNode
    {
        if (text.Trim().Length == 0) return (null, null);
        try
        {
            return JsonNode.Parse(text) is T value ? (value, null) : (null, trouble + ".");
        }
        catch (JsonException e)
        {
            return (null, $"{trouble}: {e.Message}");
        }
    }
}
