using System.Text.Json.Nodes;

namespace Weir.Text.Tests.Tokenizers;

internal static class JsonMutations
{
    private static readonly string[] Values =
    [
        "null", "true", "false", "-1", "0", "1", "7", "1e9", "1.5", "-1e300", "\"\"", "\"a\"", "\" \"", "\"▁\"",
        "\"##\"",
        "\"<0x41>\"", "\"Sequence\"", "\"BPE\"", "\"Unigram\"", "\"WordPiece\"", "\"Split\"", "\"ByteLevel\"",
        "\"Metaspace\"", "\"Digits\"", "\"Whitespace\"", "\"BertPreTokenizer\"", "\"Punctuation\"", "\"NFKC\"",
        "\"Lowercase\"", "\"Strip\"", "\"Removed\"", "\"MergedWithNext\"", "\"Contiguous\"", "\"first\"", "[]", "{}",
        "[[]]", "{\"type\":\"Fuse\"}", "{\"String\":\"a\"}", "{\"Regex\":\"\\\\p{N}\"}", "{\"type\":\"Digits\"}",
        "{\"type\":\"Replace\",\"pattern\":{\"String\":\"a\"},\"content\":\"aaaa\"}",
    ];

    /// <summary>Changes one place: another value, one less, one twice, or two that change places.</summary>
    public static void Apply(JsonNode root, Random random)
    {
        var node = root;
        // Most members are tokens; half of the walks stay near the top, where settings are.
        for (var depth = random.Next(1, 7); depth > 0; depth--)
        {
            var next = node switch
            {
                JsonObject { Count: > 0 } members => members.ElementAt(random.Next(members.Count)).Value,
                JsonArray { Count: > 0 } items => items[random.Next(items.Count)],
                _ => null,
            };
            if (next is not (JsonObject { Count: > 0 } or JsonArray { Count: > 0 })) break;
            node = next;
        }
        var value = JsonNode.Parse(Values[random.Next(Values.Length)]);
        if (node is JsonObject { Count: > 0 } parent)
        {
            var name = parent.ElementAt(random.Next(parent.Count)).Key;
            if (random.Next(4) == 0) parent.Remove(name);
            else parent[name] = value;
        }
        else if (node is JsonArray { Count: > 0 } list)
        {
            var at = random.Next(list.Count);
            switch (random.Next(4))
            {
                case 0: list.RemoveAt(at); break;
                case 1: list.Insert(at, list[random.Next(list.Count)]?.DeepClone()); break;
                case 2: list.Add(list[at]?.DeepClone()); break;
                default: list[at] = value; break;
            }
        }
    }
}
