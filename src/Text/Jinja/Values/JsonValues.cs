using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Weir.Formats.Bcl;

namespace Weir.Text.Jinja.Values;

/// <summary>JSON as Python reads it: numbers with a point or an exponent are floats, all others integers of any
/// length, and of equal keys the last counts.</summary>
internal static class JsonValues
{
    public static JsonTypeInfo<JsonNode> NodeType => JsonNodeJson.Default.JsonNode;

    public static JinjaValue Read(JsonElement json)
    {
        try
        {
            return Read(json, 0);
        }
        catch (TemplateFaultException e)
        {
            throw new UserErrorException($"The request cannot go into a chat template: {e.Message}. Simplify it.");
        }
        catch (InvalidOperationException e)
        {
            throw new UserErrorException("A string of the request is no valid Unicode (half of a surrogate pair). "
                + "Send it as whole characters.", inner: e);
        }
    }

    private static JinjaValue Read(JsonElement json, int depth)
    {
        RenderBudget.CheckDataDepth(depth);
        switch (json.ValueKind)
        {
            case JsonValueKind.String:
                var text = json.GetString()!;
                return new StringValue(text, ForeignRanges.Whole(text.Length));
            case JsonValueKind.Number:
                return Number(json.GetRawText());
            case JsonValueKind.True or JsonValueKind.False:
                return BoolValue.Of(json.GetBoolean());
            case JsonValueKind.Array:
                var items = new List<JinjaValue>(json.GetArrayLength());
                foreach (var item in json.EnumerateArray()) items.Add(Read(item, depth + 1));
                return new ListValue(items, isFrozen: true);
            case JsonValueKind.Object:
                var dict = new DictValue { IsFrozen = true };
                foreach (var property in json.EnumerateObject())
                    dict.Add(new StringValue(property.Name, ForeignRanges.Whole(property.Name.Length)),
                        Read(property.Value, depth + 1));
                return dict;
            default:
                return NoneValue.Instance;
        }
    }

    private static JinjaValue Number(string text)
    {
        if (text.AsSpan().IndexOfAny(".eE") >= 0)
            return new FloatValue(double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture));
        if (text.Length > JinjaLimits.IntegerDigits)
            throw new TemplateFaultException($"an integer has more than {JinjaLimits.IntegerDigits} digits");
        return IntValue.Of(BigInteger.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture));
    }
}

[JsonSerializable(typeof(JsonNode))]
internal sealed partial class JsonNodeJson : JsonSerializerContext;
