using System.Text.Json;
using Weir.Formats.Bcl;
using Weir.Text.Jinja;
using Weir.Text.Jinja.Values;

namespace Weir.Text.Chat;

/// <summary>In which forms a template takes what the API allows in several. It is not written down anywhere, so the
/// template is tried with small conversations.</summary>
/// <param name="TakesParts">Whether a content may be a list of parts.</param>
/// <param name="TakesText">Whether a content may be a text.</param>
/// <param name="TakesNull">Whether the content of an assistant that calls tools may be null.</param>
/// <param name="ArgumentsAreText">Whether the arguments of tool calls are JSON in a text; an object otherwise.</param>
internal sealed record TemplateTraits(bool TakesParts, bool TakesText, bool TakesNull, bool ArgumentsAreText)
{
    private const long MostSteps = 500_000;
    private const string Needle = "needle7391";

    /// <param name="template">The template to try.</param>
    /// <param name="render">Renders messages and tools with it, in that many steps.</param>
    public static TemplateTraits Of(JinjaTemplate template,
        Func<JinjaTemplate, JsonElement, JsonElement?, long, string> render)
    {
        var text = Try(template, render, User($"\"{Needle}\""));
        var parts = Try(template, render, User($$"""[{"type":"text","text":"{{Needle}}"}]"""));
        var asObject = Try(template, render, Call("\"\"", $$"""{"{{Needle}}":"x"}"""), tools: true);
        var asText = Try(template, render, Call("\"\"", $$"""  "{\"{{Needle}}\":\"x\"}"  """), tools: true);
        // A list printed as such shows its keys; an object printed as such has Python's quotes.
        var takesParts = Has(parts) && !parts!.Contains("'type'", StringComparison.Ordinal)
            && !parts.Contains("\"type\"", StringComparison.Ordinal);
        var objectFits = Has(asObject) && !asObject!.Contains($"'{Needle}'", StringComparison.Ordinal);
        var textFits = Has(asText) && !asText!.Contains($"\\\"{Needle}", StringComparison.Ordinal);
        var arguments = objectFits || !textFits ? $$"""{"{{Needle}}":"x"}""" : "\"{}\"";
        var withNull = Try(template, render, Call("null", arguments), tools: true);
        var withEmpty = Try(template, render, Call("\"\"", arguments), tools: true);
        return new TemplateTraits(takesParts, Has(text) || !takesParts,
            withEmpty is null || withNull is not null && !(withNull.Contains("None", StringComparison.Ordinal)
                && !withEmpty.Contains("None", StringComparison.Ordinal)), !objectFits && textFits);
    }

    private static bool Has(string? text) => text?.Contains(Needle, StringComparison.Ordinal) ?? false;

    private static string User(string content) => $$"""[{"role":"user","content":{{content}}}]""";

    // The id has the nine characters that Mistral's templates ask for.
    private static string Call(string content, string arguments) =>
        $$$"""
        [{"role":"user","content":"a"},
         {"role":"assistant","content":{{{content}}},"tool_calls":[{"id":"call00001","type":"function",
           "function":{"name":"f","arguments":{{{arguments}}} }}]},
         {"role":"tool","tool_call_id":"call00001","name":"f","content":"b"}]
        """;

    private const string Tools = """
        [{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{}}}}]
        """;

    // Null where the template refuses, which is an answer too.
    private static string? Try(JinjaTemplate template,
        Func<JinjaTemplate, JsonElement, JsonElement?, long, string> render, string messages, bool tools = false)
    {
        using var json = JsonDocument.Parse(messages);
        using var toolsJson = JsonDocument.Parse(Tools);
        try
        {
            return render(template, json.RootElement, tools ? toolsJson.RootElement : null, MostSteps);
        }
        catch (UserErrorException)
        {
            return null;
        }
    }
}
