using System.Text.Json;
using Weir.Text.Chat;
using Weir.Text.Chat.ToolCalls;

namespace Weir.Text.Tests.Chat.Families;

/// <summary>A family of models: a template in our words that yields its published prompt format, and what it makes of
/// two conversations.</summary>
/// <param name="Name">Of the family.</param>
/// <param name="Bos">Text of the token that begins a text.</param>
/// <param name="Eos">Text of the token that ends an answer.</param>
/// <param name="Template">In Jinja.</param>
/// <param name="Style">How its models call tools.</param>
/// <param name="Plain">The prompt of <see cref="Conversations.Plain"/>, by the family's documentation.</param>
/// <param name="WithTools">The prompt of <see cref="Conversations.WithTools"/>; null where it has no tools.</param>
internal sealed record Family(string Name, string Bos, string Eos, string Template, ToolCallStyle Style, string Plain,
    string? WithTools = null)
{
    public static IReadOnlyList<Family> All { get; } =
        [.. ChatMlFamilies.All, .. LlamaFamilies.All, .. MistralFamilies.All, .. TurnTokenFamilies.All,
            .. PlainTextFamilies.All, .. DeepSeekFamilies.All];

    public ChatRenderer Renderer { get; } =
        new(ChatTemplateSet.Of(Template, Bos, Eos), Conversations.Clock);

    public override string ToString() => Name;
}

/// <summary>Conversations as requests have them.</summary>
internal static class Conversations
{
    public const string Tools = """
        [{"type":"function","function":{"name":"get_weather","description":"The weather of a city — 天气.","parameters":
        {"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"}},"required":["city"]}}}]
        """;

    /// <summary>The tool as Python's <c>json.dumps</c> writes it, and its function alone.</summary>
    public const string ToolJson = "{\"type\": \"function\", \"function\": " + FunctionJson + "}";
    public const string FunctionJson = "{\"name\": \"get_weather\", \"description\": \"The weather of a city — 天气.\", "
        + "\"parameters\": {\"type\": \"object\", \"properties\": {\"city\": {\"type\": \"string\"}, "
        + "\"days\": {\"type\": \"integer\"}}, \"required\": [\"city\"]}}";

    public static TimeProvider Clock { get; } = new FixedClock();

    /// <summary>A system message and three turns.</summary>
    public static ChatPrompt Plain { get; } = Of("""
        [{"role":"system","content":"Be brief."},{"role":"user","content":"Hi!"},
         {"role":"assistant","content":"Hello."},{"role":"user","content":"  水是什么?\n"}]
        """);

    /// <summary>The same without the system message, for families that refuse one.</summary>
    public static ChatPrompt WithoutSystem { get; } = Of("""
        [{"role":"user","content":"Hi!"},{"role":"assistant","content":"Hello."},
         {"role":"user","content":"  水是什么?\n"}]
        """);

    /// <summary>A question, a call of a tool, and its result.</summary>
    public static ChatPrompt WithTools { get; } = Of("""
        [{"role":"user","content":"Weather in Paris?"},
         {"role":"assistant","content":null,"tool_calls":[{"id":"abcdef123","type":"function","function":
           {"name":"get_weather","arguments":"{\"city\": \"Paris\", \"days\": 2}"}}]},
         {"role":"tool","tool_call_id":"abcdef123","name":"get_weather","content":"Sunny, 21 °C"}]
        """, Tools);

    /// <summary>Conversations of every form that a request may have.</summary>
    public static IReadOnlyList<ChatPrompt> All { get; } =
    [
        Plain, WithoutSystem, WithTools,
        Of("""[{"role":"user","content":"Hi"}]"""),
        Of("""[{"role":"user","content":"Hi"}]""") with { AddGenerationPrompt = false },
        Of("""[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello \n"}]""")
            with { AddGenerationPrompt = false },
        Of("""[{"role":"system","content":"  你是助手。\n"},{"role":"user","content":"\"a\\b\"\t<b>\u2028é"}]"""),
        Of("""[{"role":"user","content":""},{"role":"assistant","content":"x"},{"role":"user","content":"y"}]"""),
        Of("""[{"role":"user","content":"Hi"}]""", Tools),
        Of("""[{"role":"system","content":"S"},{"role":"user","content":"Hi"}]""", Tools),
        Of("""
            [{"role":"user","content":"Both?"},
             {"role":"assistant","content":"","tool_calls":[
               {"id":"aaaaaaaa1","type":"function","function":{"name":"get_weather","arguments":"{\"city\":\"北京\"}"}},
               {"id":"aaaaaaaa2","type":"function","function":{"name":"get_weather","arguments":
                 "{\"city\":\"Rome\",\"days\":1,\"more\":[1.5,null,true,{\"a\":\"b\"}]}"}}]},
             {"role":"tool","tool_call_id":"aaaaaaaa1","name":"get_weather","content":"{\"t\": -3.0}"},
             {"role":"tool","tool_call_id":"aaaaaaaa2","name":"get_weather","content":"warm"},
             {"role":"assistant","content":"Cold and warm."},{"role":"user","content":"Thanks"}]
            """, Tools),
        Of("""
            [{"role":"user","content":"1+1?"},
             {"role":"assistant","reasoning_content":"Easy.\n","content":"2"},
             {"role":"user","content":"2+2?"},
             {"role":"assistant","content":"<think>\nHm.\n</think>\n\n4"},{"role":"user","content":"ok"}]
            """),
        Of("""[{"role":"assistant","content":"first"},{"role":"user","content":"x"}]"""),
        Of("""[{"role":"user","content":"a"},{"role":"user","content":"b"}]"""),
    ];

    public static ChatPrompt Of(string messages, string? tools = null) => new()
    {
        Messages = Json(messages),
        Tools = tools is null ? null : Json(tools),
    };

    public static JsonElement Json(string text)
    {
        using var json = JsonDocument.Parse(text);
        return json.RootElement.Clone();
    }

    private sealed class FixedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 3, 5, 14, 7, 9, TimeSpan.Zero);

        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;
    }
}
