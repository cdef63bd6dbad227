using System.Globalization;
using System.Text.Json.Nodes;
using Weir.Formats.Bcl;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Weir.Training.Configuration;

/// <summary>YAML (and so JSON) as JSON nodes, by the core schema: plain scalars are null, booleans, numbers or strings;
/// quoted ones are always strings.</summary>
internal static class YamlDocument
{
    public static JsonNode? Parse(string text, string where)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            return stream.Documents.Count switch
            {
                0 => null,
                1 => Convert(stream.Documents[0].RootNode),
                _ => throw new UserErrorException($"{where}: holds several YAML documents; keep one."),
            };
        }
        catch (YamlException e)
        {
            throw new UserErrorException($"{where}: line {e.Start.Line}, column {e.Start.Column}: {e.Message}",
                inner: e);
        }
    }

    private static JsonNode? Convert(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Children.Select(pair => KeyValuePair.Create(
            ((YamlScalarNode)pair.Key).Value ?? "", Convert(pair.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(Convert)]),
        YamlScalarNode { Style: ScalarStyle.Plain } scalar => Plain(scalar.Value ?? ""),
        YamlScalarNode scalar => JsonValue.Create(scalar.Value),
        _ => throw new UserErrorException(
            $"line {node.Start.Line}: YAML aliases are not supported here; write the value out."),
    };

    private static JsonValue? Plain(string text)
    {
        if (text is "" or "~" or "null") return null;
        if (text is "true" or "false") return JsonValue.Create(text == "true");
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
            return JsonValue.Create(whole);
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number))
            return JsonValue.Create(number);
        return JsonValue.Create(text);
    }
}
