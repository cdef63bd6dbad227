using System.Text.Json;
using Weir.Formats.Bcl;
using Weir.Text.Tokenizers.Models;

namespace Weir.Text.Tokenizers;

/// <summary>A part of a JSON file that is not trusted, or the lack of one: asking it for what it is not gives a message
/// that says so.</summary>
internal readonly struct JsonPart(JsonElement? element, string path)
{
    /// <summary>Parses the bytes and gives the whole to the reader.</summary>
    /// <exception cref="UserErrorException">The bytes are no JSON, or hold text that is not Unicode.</exception>
    public static T Read<T>(string path, byte[] bytes, Func<JsonPart, T> reader)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            return reader(new JsonPart(document.RootElement, path));
        }
        catch (JsonException e)
        {
            throw new UserErrorException(
                $"{path}: not readable as JSON. Was it copied in full? The parser says: {e.Message}", inner: e);
        }
        // JsonElement's word for a string that is not valid Unicode; kinds are checked before values are taken.
        catch (InvalidOperationException e)
        {
            throw new UserErrorException($"{path}: holds text that is not valid Unicode.", inner: e);
        }
    }

    public JsonPart this[string name] => new(element is { ValueKind: JsonValueKind.Object } parent
        && parent.TryGetProperty(name, out var member) ? member : null, path);

    /// <summary>Whether it is missing or null.</summary>
    public bool IsNull => element is null or { ValueKind: JsonValueKind.Null };

    public bool IsObject => element is { ValueKind: JsonValueKind.Object };

    public bool IsArray => element is { ValueKind: JsonValueKind.Array };

    /// <summary>The text of the member "type", or "none".</summary>
    public string Type => this["type"].TextOrNull ?? "none";

    public string? TextOrNull => element is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    /// <summary>Null where it is neither true nor false.</summary>
    public bool? Flag => element?.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    public string Text(string what)
    {
        Require(TextOrNull is not null, $"lacks the text of {what}");
        return TextOrNull!;
    }

    public int Id(string text)
    {
        var id = -1;
        Require(element is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out id) && id >= 0,
            $"gives the token '{text}' an id that is no natural number");
        return id;
    }

    /// <summary>A whole number from 0 up, or what is given where it is missing.</summary>
    public int Count(string what, int otherwise)
    {
        if (IsNull) return otherwise;
        var count = -1;
        Require(element is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out count) && count >= 0,
            $"has {what} that is no natural number");
        return count;
    }

    public double Number(string what)
    {
        var value = double.NaN;
        Require(element is { ValueKind: JsonValueKind.Number } number && number.TryGetDouble(out value)
            && double.IsFinite(value), $"has {what} that is no finite number");
        return value;
    }

    public JsonPart[] Items(string what, int most = TokenIndex.MaxTokens)
    {
        Require(IsArray, $"lacks the list {what}");
        Require(element!.Value.GetArrayLength() <= most, $"has too many {what}: the limit is {most:N0}");
        var owner = path;
        return [.. element.Value.EnumerateArray().Select(item => new JsonPart(item, owner))];
    }

    /// <summary>The members in the order of the file.</summary>
    public IEnumerable<(string Name, JsonPart Value)> Members()
    {
        var owner = path;
        return element!.Value.EnumerateObject().Select(member => (member.Name, new JsonPart(member.Value, owner)));
    }

    public void Require(bool condition, string otherwise)
    {
        if (!condition) throw new UserErrorException($"{path}: the tokenizer {otherwise}.");
    }

    public UserErrorException Unsupported(string what) =>
        new($"{path}: the tokenizer has {what} of type {Type}, which is not supported.");
}
