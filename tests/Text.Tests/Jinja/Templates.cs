using System.Text.Json;
using Weir.Text.Jinja;
using Weir.Text.Jinja.Values;

namespace Weir.Text.Tests.Jinja;

/// <summary>Renders templates with variables in JSON.</summary>
internal static class Templates
{
    public static string Render(string template, string variables = "{}", TimeProvider? clock = null) =>
        JinjaTemplate.Parse(template).Render(Variables(variables), clock);

    public static Dictionary<string, JinjaValue> Variables(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.EnumerateObject()
            .ToDictionary(each => each.Name, each => JinjaValue.FromJson(each.Value));
    }
}
