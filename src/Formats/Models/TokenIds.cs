using System.Text.Json;
using System.Text.Json.Serialization;

namespace Weir.Formats.Models;

/// <summary>One token id or several: configurations write <c>"eos_token_id": 2</c> as well as <c>[1, 107]</c>. A value:
/// equal where the ids are equal.</summary>
[JsonConverter(typeof(TokenIdsConverter))]
public sealed class TokenIds(params IReadOnlyList<int> ids) : IEquatable<TokenIds>
{
    /// <summary>In the order of the file.</summary>
    public IReadOnlyList<int> Ids { get; } = ids;

    /// <summary>Null where there is none.</summary>
    public int? First => Ids.Count > 0 ? Ids[0] : null;

    public bool Equals(TokenIds? other) => other is not null && Ids.SequenceEqual(other.Ids);

    public override bool Equals(object? obj) => Equals(obj as TokenIds);

    public override int GetHashCode() => Ids.Aggregate(Ids.Count, HashCode.Combine);
}

internal sealed class TokenIdsConverter : JsonConverter<TokenIds>
{
    private const int MaxIds = 1000;

    public override TokenIds Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Number) return new TokenIds(reader.GetInt32());
        if (reader.TokenType != JsonTokenType.StartArray) throw new JsonException("A token id is a number or a list.");
        var ids = new List<int>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || ids.Count == MaxIds)
                throw new JsonException($"A list of token ids has at most {MaxIds} numbers.");
            ids.Add(reader.GetInt32());
        }
        return new TokenIds(ids);
    }

    public override void Write(Utf8JsonWriter writer, TokenIds value, JsonSerializerOptions options)
    {
        if (value.Ids is [var only])
        {
            writer.WriteNumberValue(only);
            return;
        }
        writer.WriteStartArray();
        foreach (var id in value.Ids) writer.WriteNumberValue(id);
        writer.WriteEndArray();
    }
}
