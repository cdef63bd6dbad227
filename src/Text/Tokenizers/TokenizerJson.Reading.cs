using System.Text.Json;
using Weir.Formats.Bcl;

namespace Weir.Text.Tokenizers;

/// <summary>This half reads it. The file is not trusted: whatever is wrong with it becomes a message that says what,
/// and a setting that would change the ids in a way that <see cref="Tokenizer"/> does not follow is refused, never
/// passed over.</summary>
internal static partial class TokenizerJson
{
    /// <summary>Over ten times the largest known file.</summary>
    public const long MaxFileBytes = 256L << 20;

    /// <exception cref="UserErrorException">The file cannot be read, is damaged or is of another kind.</exception>
    public static BytePairVocabulary Read(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists) throw new UserErrorException($"There is no tokenizer file '{path}'.");
            if (file.Length > MaxFileBytes)
                throw new UserErrorException(
                    $"{path}: larger than {MaxFileBytes >> 20} MB, which no tokenizer.json is.");
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return new Reader(path).Read(document.RootElement);
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
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{path}: cannot be read: {e.Message}", inner: e);
        }
    }

    private sealed class Reader(string path)
    {
        public BytePairVocabulary Read(JsonElement root)
        {
            Require(root.ValueKind == JsonValueKind.Object, "is not a JSON object");
            RequireType(Member(root, "normalizer"), "normalizer", "NFC");
            ReadPreTokenizer(Member(root, "pre_tokenizer"));
            RequireType(Member(root, "decoder"), "decoder", "ByteLevel");
            // Byte-level post-processing only moves offsets; any other kind adds tokens.
            if (Member(root, "post_processor") is { ValueKind: not JsonValueKind.Null } post)
                RequireType(post, "post_processor", "ByteLevel");
            var model = Member(root, "model");
            RequireType(model, "model", "BPE");
            foreach (var name in new[] { "byte_fallback", "ignore_merges" })
                Require(Member(model, name)?.ValueKind != JsonValueKind.True, $"has {name} on, which is not supported");
            foreach (var name in new[] { "continuing_subword_prefix", "end_of_word_suffix" })
                Require(Member(model, name) is null or { ValueKind: JsonValueKind.Null }
                    || Text(Member(model, name), name) == "",
                    $"has a {name}, which is not supported");
            var specials = ReadAddedTokens(Member(root, "added_tokens"));
            return new BytePairVocabulary(ReadTokens(Member(model, "vocab"), specials),
                ReadMerges(Member(model, "merges")), specials);
        }

        private void ReadPreTokenizer(JsonElement? element)
        {
            RequireType(element, "pre_tokenizer", "Sequence");
            var parts = Items(Member(element, "pretokenizers"), "pretokenizers");
            Require(parts.Length == 2, "does not have the two pre-tokenizers Split and ByteLevel");
            RequireType(parts[0], "first pre-tokenizer", "Split");
            var pattern = Text(Member(Member(parts[0], "pattern"), "Regex"), "pattern");
            Require(pattern == PreTokenizer.Pattern, $"splits by another pattern than Qwen2's: {pattern}");
            Require(Text(Member(parts[0], "behavior"), "behavior") == "Isolated",
                "does not split with behavior Isolated");
            Require(!Flag(parts[0], "invert"), "splits with invert on");
            RequireType(parts[1], "second pre-tokenizer", "ByteLevel");
            Require(!Flag(parts[1], "add_prefix_space"), "has add_prefix_space on, which is not supported");
            Require(Member(parts[1], "use_regex")?.ValueKind == JsonValueKind.False, "does not have use_regex off");
        }

        private Dictionary<string, int> ReadAddedTokens(JsonElement? element)
        {
            var specials = new Dictionary<string, int>(StringComparer.Ordinal);
            if (element is null) return specials;
            foreach (var token in Items(element, "added_tokens"))
            {
                var text = Text(Member(token, "content"), "content");
                Require(Flag(token, "special"),
                    $"has the added token '{text}' that is not special, which is not supported");
                foreach (var name in new[] { "single_word", "lstrip", "rstrip", "normalized" })
                    Require(!Flag(token, name),
                        $"has the special token '{text}' with {name} on, which is not supported");
                Require(specials.TryAdd(text, Id(Member(token, "id"), text)), $"has the special token '{text}' twice");
            }
            return specials;
        }

        private string[] ReadTokens(JsonElement? element, Dictionary<string, int> specials)
        {
            Require(element is { ValueKind: JsonValueKind.Object }, "has no vocab");
            var ids = new Dictionary<string, int>(StringComparer.Ordinal);
            foreach (var property in element!.Value.EnumerateObject())
                Require(ids.TryAdd(property.Name, Id(property.Value, property.Name)),
                    $"has the token '{property.Name}' twice");
            foreach (var (text, id) in specials)
                if (!ids.TryAdd(text, id))
                    Require(ids[text] == id, $"gives the token '{text}' the ids {ids[text]} and {id}");
            var tokens = new string?[ids.Count];
            foreach (var (text, id) in ids)
            {
                Require(id < tokens.Length,
                    $"gives '{text}' the id {id} among {tokens.Length} tokens: the ids have holes");
                Require(tokens[id] is null, $"gives '{tokens[id]}' and '{text}' the same id {id}");
                tokens[id] = text;
            }
            return tokens!;
        }

        private (string, string)[] ReadMerges(JsonElement? element)
        {
            var items = Items(element, "merges");
            var merges = new (string, string)[items.Length];
            for (var rank = 0; rank < items.Length; rank++)
            {
                var parts = items[rank].ValueKind switch
                {
                    JsonValueKind.String => items[rank].GetString()!.Split(' '),
                    JsonValueKind.Array => items[rank].EnumerateArray().Select(part => Text(part, "merges")).ToArray(),
                    _ => [],
                };
                Require(parts.Length == 2 && parts[0].Length > 0 && parts[1].Length > 0,
                    $"merge {rank} does not name two tokens");
                merges[rank] = (parts[0], parts[1]);
            }
            return merges;
        }

        private void RequireType(JsonElement? element, string what, string type)
        {
            var found = Member(element, "type") is { ValueKind: JsonValueKind.String } name ? name.GetString() : "none";
            Require(found == type, $"has {what} of type {found}, and only {type} is supported");
        }

        private int Id(JsonElement? element, string text)
        {
            var id = -1;
            Require(element is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out id) && id >= 0,
                $"gives the token '{text}' an id that is no natural number");
            return id;
        }

        private string Text(JsonElement? element, string what)
        {
            Require(element is { ValueKind: JsonValueKind.String }, $"lacks the text of {what}");
            return element!.Value.GetString()!;
        }

        private JsonElement[] Items(JsonElement? element, string what)
        {
            Require(element is { ValueKind: JsonValueKind.Array }, $"lacks the list {what}");
            Require(element!.Value.GetArrayLength() <= BytePairModel.MaxTokens, $"has too many {what}");
            return element.Value.EnumerateArray().ToArray();
        }

        private static bool Flag(JsonElement element, string name) =>
            Member(element, name)?.ValueKind == JsonValueKind.True;

        private static JsonElement? Member(JsonElement? element, string name) =>
            element is { ValueKind: JsonValueKind.Object } parent
                && parent.TryGetProperty(name, out var member) ? member : null;

        private void Require(bool condition, string otherwise)
        {
            if (!condition) throw new UserErrorException($"{path}: the tokenizer {otherwise}.");
        }
    }
}
