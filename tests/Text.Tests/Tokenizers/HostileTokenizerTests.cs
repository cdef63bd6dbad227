using System.Text.Json.Nodes;
using Weir.Formats.Bcl;
using Weir.Formats.Gguf;
using Weir.Text.Tokenizers;

namespace Weir.Text.Tests.Tokenizers;

/// <summary>Mutants of files that are whole but for what they say.</summary>
public sealed class HostileTokenizerTests : IDisposable
{
    private const string Text = "a b  ab\n水 \U0001F600 1234 <s>x</s> [CLS] abab";

    private const int Rounds = 1500;

    private readonly TemporaryFolder _folder = TestTokenizer.NewFolder();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("byte-level of Llama 3")]
    [InlineData("characters, Llama 2")]
    [InlineData("unigram, in words")]
    [InlineData("WordPiece")]
    public void Mutants_of_tokenizer_json_never_do_more_than_a_user_error(string kind)
    {
        var random = new Random(91);
        var small = Shrunk(TokenizerFixtures.All[kind]()).ToJsonString();
        var loaded = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var file = JsonNode.Parse(small)!;
            for (var change = random.Next(1, 4); change > 0; change--) JsonMutations.Apply(file, random);
            File.WriteAllText(_folder.File("tokenizer.json"), file.ToJsonString());
            if (Try(() => Tokenizer.Load(_folder.File("tokenizer.json")))) loaded++;
        }
        Assert.InRange(loaded, Rounds / 40, Rounds - Rounds / 40);
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    [InlineData("t5")]
    [InlineData("bert")]
    public void Mutants_of_gguf_metadata_never_do_more_than_a_user_error(string kind)
    {
        var random = new Random(92);
        var path = _folder.File("tokenizer.gguf");
        var loaded = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var metadata = GgufMutations.Valid(kind);
            for (var change = random.Next(0, 4); change > 0; change--) GgufMutations.Apply(metadata, random);
            File.WriteAllBytes(path, GgufMutations.ToBytes(metadata));
            if (Try(() =>
            {
                using var file = GgufFile.Open(path);
                return Tokenizer.FromGguf(file);
            })) loaded++;
        }
        Assert.InRange(loaded, Rounds / 8, Rounds - Rounds / 40);
    }

    [Theory]
    [InlineData("gpt2", "scores", "x", "")]
    [InlineData("llama", "scores", "nan", "no finite number")]
    [InlineData("llama", "scores", "short", "scores")]
    [InlineData("llama", "token_type", "short", "token types")]
    [InlineData("llama", "tokens", "twice", "same token")]
    [InlineData("llama", "bos_token_id", "far", "bos token has the id 1000000")]
    [InlineData("llama", "model", "rwkv", "'rwkv' is not supported")]
    [InlineData("gpt2", "pre", "rwkv", "rules 'rwkv'")]
    [InlineData("gpt2", "merges", "unknown", "needs the token 'qq'")]
    [InlineData("gpt2", "tokens", "none", "")]
    [InlineData("t5", "precompiled_charsmap", "damaged", "character map")]
    [InlineData("bert", "unknown_token_id", "far", "unknown token has the id 1000000")]
    public void What_contradicts_itself_is_refused_by_name(string kind, string key, string what, string message)
    {
        var metadata = GgufMutations.Valid(kind);
        var name = "tokenizer.ggml." + key;
        switch (what)
        {
            case "nan": ((float[])metadata[name])[3] = float.NaN; break;
            case "short": metadata[name] = metadata[name] is float[] ? new float[3] : new int[3]; break;
            case "twice": ((string[])metadata[name])[1] = ((string[])metadata[name])[0]; break;
            case "far": metadata[name] = 1_000_000u; break;
            case "unknown": metadata[name] = new[] { "q q" }; break;
            case "none": metadata.Remove(name); break;
            case "damaged": metadata[name] = new byte[] { 255, 0, 0, 0, 1 }; break;
            case "x": metadata[name] = "no numbers"; break;
            default: metadata[name] = what; break;
        }
        File.WriteAllBytes(_folder.File("bad.gguf"), GgufMutations.ToBytes(metadata));
        using var file = GgufFile.Open(_folder.File("bad.gguf"));
        // Byte-level BPE has no scores, so nobody looks at them.
        if (what == "x") Assert.NotEmpty(Tokenizer.FromGguf(file).Encode(Text));
        else Assert.Contains(message, Assert.Throws<UserErrorException>(() => Tokenizer.FromGguf(file)).Message);
    }

    [Fact]
    public void A_text_beyond_the_limit_is_refused_before_it_is_read()
    {
        // Memory of this length is not there; nobody may look at it.
        var letter = 'x';
        Assert.Contains("Divide", Assert.Throws<UserErrorException>(() => TestTokenizer.Bilingual.Encode(
            System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpan(ref letter, Tokenizer.MaxTextLength + 1),
            [])).Message);
        Assert.Contains("break", Assert.Throws<UserErrorException>(() =>
            TestTokenizer.Bilingual.Encode(new string('x', 6_000_000))).Message);
    }

    private static bool Try(Func<Tokenizer> load)
    {
        try
        {
            var tokenizer = load();
            foreach (var recognise in new[] { false, true })
            {
                var ids = tokenizer.Encode(Text, recognise);
                Assert.All(ids, id => Assert.InRange(id, 0, tokenizer.VocabularySize - 1));
                var detokenizer = new IncrementalDetokenizer(tokenizer);
                Assert.Equal(tokenizer.Decode(ids), string.Concat(ids.Select(detokenizer.Push)) + detokenizer.Flush());
            }
            Assert.StartsWith("sha256:", tokenizer.Digest);
            return true;
        }
        catch (UserErrorException)
        {
            return false;
        }
    }

    /// <summary>The same with the fewest tokens, so that mutants are quick and hit what matters.</summary>
    private static JsonObject Shrunk(JsonObject file)
    {
        var model = file["model"]!.AsObject();
        if (model["vocab"] is JsonArray pieces)
        {
            while (pieces.Count > 40) pieces.RemoveAt(pieces.Count - 1);
            return file;
        }
        var added = file["added_tokens"]!.AsArray();
        while (added.Count > 5) added.RemoveAt(added.Count - 1);
        var kept = model["vocab"]!.AsObject().Select(token => token.Key).Take(320).ToArray();
        model["vocab"] = new JsonObject([.. kept.Select((token, id) => KeyValuePair.Create(token, (JsonNode?)id))]);
        if (model["merges"] is not JsonArray merges) return file;
        var known = kept.ToHashSet();
        model["merges"] = new JsonArray([.. merges.Select(merge => merge is JsonArray pair
            ? $"{pair[0]} {pair[1]}" : merge!.ToString()).Where(merge =>
                merge.Split(' ').Append(merge.Replace(" ", "", StringComparison.Ordinal)).All(known.Contains))
            .Select(merge => JsonValue.Create(merge))]);
        return file;
    }
}
