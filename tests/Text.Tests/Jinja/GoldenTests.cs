using System.Text.Json;
using Weir.Formats.Bcl;
using Weir.Text.Jinja;
using Weir.Text.Jinja.Values;
using Weir.Text.Tests.Npm;

namespace Weir.Text.Tests.Jinja;

/// <summary>Templates with what Python's jinja2 makes of them, set up as Hugging Face's libraries set it up; see
/// <c>golden.py</c>, which fills the file.</summary>
public sealed class GoldenTests
{
    private const int FewestTemplates = 200;

    [Fact]
    public void Every_template_renders_as_jinja2_renders_it()
    {
        var lines = File.ReadAllLines(Path.Combine(NodeReference.RepositoryRoot(),
            "tests", "Text.Tests", "Jinja", "golden.jsonl"));
        Assert.True(lines.Length > FewestTemplates);
        using var variables = JsonDocument.Parse(lines[0]);
        var values = variables.RootElement.EnumerateObject()
            .ToDictionary(each => each.Name, each => JinjaValue.FromJson(each.Value));
        var wrong = new List<string>();
        foreach (var line in lines.Skip(1))
        {
            using var golden = JsonDocument.Parse(line);
            var template = golden.RootElement.GetProperty("template").GetString()!;
            var expected = golden.RootElement.GetProperty("expected").GetString();
            var actual = Render(template, values);
            if (actual != expected) wrong.Add($"{template}\n  expected {expected}\n  actual   {actual}");
        }
        Assert.Empty(wrong);
    }

    // Null where the template has a mistake or makes one.
    private static string? Render(string template, IReadOnlyDictionary<string, JinjaValue> values)
    {
        try
        {
            return JinjaTemplate.Parse(template).Render(values);
        }
        catch (UserErrorException)
        {
            return null;
        }
    }
}
