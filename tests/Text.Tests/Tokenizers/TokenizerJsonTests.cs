using System.Text;
using System.Text.Json.Nodes;
using Weir.Formats.Bcl;
using Weir.Text.Tokenizers;

namespace Weir.Text.Tests.Tokenizers;

public sealed class TokenizerJsonTests
{
    private static Tokenizer Tokenizer => TestTokenizer.Bilingual;

    [Fact]
    public void A_saved_tokenizer_loads_as_the_same()
    {
        using var folder = TestTokenizer.NewFolder();
        Tokenizer.Save(folder.File("tokenizer.json"));
        var loaded = Tokenizer.Load(folder.File("tokenizer.json"));
        Assert.Equal(Tokenizer.TokenTexts, loaded.TokenTexts);
        Assert.Equal(Tokenizer.Merges, loaded.Merges);
        Assert.Equal(Tokenizer.SpecialTokens.OrderBy(t => t.Value), loaded.SpecialTokens.OrderBy(t => t.Value));
        Assert.Equal(Digest.OfFile(folder.File("tokenizer.json")), Tokenizer.Digest);
        Assert.Equal(Tokenizer.Digest, loaded.Digest);
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void The_layout_is_the_one_of_the_Hugging_Face_library()
    {
        var json = Parts();
        Assert.Equal(["version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer",
            "post_processor", "decoder", "model"], json.Select(part => part.Key));
        const string Special = "{'id':1,'content':'<|end|>','single_word':false,'lstrip':false,'rstrip':false,"
            + "'normalized':false,'special':true}";
        Assert.Equal(Special.Replace('\'', '"'),
            json["added_tokens"]![1]!.ToJsonString(WeirJson.Options(indented: false)));
        Assert.Equal("Isolated", (string?)json["pre_tokenizer"]!["pretokenizers"]![0]!["behavior"]);
        Assert.Equal(Tokenizer.VocabularySize, json["model"]!["vocab"]!.AsObject().Count);
        Assert.Equal(0, (int?)json["model"]!["vocab"]!["<|endoftext|>"]);
        Assert.Equal(5, (int?)json["model"]!["vocab"]!["!"]);
    }

    [Fact]
    public void Merges_may_be_arrays()
    {
        var json = Parts();
        json["model"]!["merges"] = new JsonArray([.. Tokenizer.Merges.Select(m => new JsonArray(m.Left, m.Right))]);
        Assert.Equal(Tokenizer.Digest, LoadText(json.ToJsonString()).Digest);
    }

    public static TheoryData<string, string> Damages => new()
    {
        { "model.type=\"WordPiece\"", "model of type WordPiece" },
        { "model=[]", "model of type none" },
        { "model.byte_fallback=true", "byte_fallback" },
        { "model.vocab.!=99999", "holes" },
        { "model.vocab.!=7", "same id 7" },
        { "model.vocab.!=-1", "no natural number" },
        { "model.vocab.!=1.5", "no natural number" },
        { "model.vocab.!=\"5\"", "no natural number" },
        { "model.vocab=3", "no vocab" },
        { "model.merges=[\"q zzzz\"]", "'zzzz'" },
        { "model.merges=[\"qz\"]", "merge 0 does not name two tokens" },
        { "model.merges=[[\"a\"]]", "merge 0 does not name two tokens" },
        { "model.merges=[7]", "merge 0 does not name two tokens" },
        { "model.merges={}", "lacks the list merges" },
        { "normalizer.type=\"NFD\"", "normalizer of type NFD" },
        { "pre_tokenizer.pretokenizers=[]", "two pre-tokenizers" },
        { "pre_tokenizer.type=\"Whitespace\"", "pre_tokenizer of type Whitespace" },
        { "decoder=null", "decoder of type none" },
        { "post_processor={\"type\":\"TemplateProcessing\"}", "post_processor of type TemplateProcessing" },
        { "added_tokens=[{\"id\":1,\"content\":\"<|endoftext|>\",\"special\":true}]", "the ids 0 and 1" },
        { "added_tokens=[{\"id\":0,\"content\":\"\",\"special\":false}]", "without text" },
        { "added_tokens=[{\"content\":\"<|endoftext|>\",\"special\":true}]", "no natural number" },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public void A_damaged_file_is_refused_with_what_is_wrong(string damage, string message)
    {
        var json = Parts();
        var (path, value) = (damage[..damage.IndexOf('=')].Split('.'), damage[(damage.IndexOf('=') + 1)..]);
        JsonNode parent = json;
        foreach (var name in path[..^1]) parent = parent[name]!;
        parent[path[^1]] = JsonNode.Parse(value);
        Assert.Contains(message, Assert.Throws<UserErrorException>(() => LoadText(json.ToJsonString())).Message);
    }

    [Fact]
    public void A_token_named_twice_is_refused() => Assert.Contains("twice", Assert.Throws<UserErrorException>(() =>
        LoadText(SavedText().Replace("\"!\": 5,", "\"!\": 5, \"!\": 6,", StringComparison.Ordinal))).Message);

    [Fact]
    public void A_missing_file_and_text_that_is_no_JSON_are_user_errors()
    {
        Assert.Contains("no tokenizer file",
            Assert.Throws<UserErrorException>(() => Tokenizer.Load("/nowhere/tokenizer.json")).Message);
        foreach (var text in new[] { "", "{", "[]", "null", "\"\\ud800\"", SavedText()[..5000] })
            Assert.Throws<UserErrorException>(() => LoadText(text));
    }

    [Fact]
    public void Whatever_happens_to_the_file_nothing_but_a_user_error_comes_out()
    {
        var saved = Encoding.UTF8.GetBytes(SavedText(BpeTrainer.Train(["ab ab ab abc"],
            new BpeTrainerOptions { VocabularySize = 262, SpecialTokens = ["<s>"] }, CancellationToken.None)));
        var random = new Random(33);
        string[] words = ["null", "{}", "[]", "-1", "1e9", "99999999999", "\"\"", "\"\\ud800\"", "true",
            ",", "\"", "[[[[", " "];
        using var folder = TestTokenizer.NewFolder();
        var path = folder.File("tokenizer.json");
        var refused = 0;
        for (var round = 0; round < 500; round++)
        {
            var bytes = saved.ToList();
            for (var change = random.Next(1, 4); change > 0; change--)
            {
                var at = random.Next(bytes.Count);
                var end = Math.Min(bytes.Count, at + random.Next(1, random.Next(2, 200)));
                switch (random.Next(5))
                {
                    case 0: bytes[at] = (byte)random.Next(256); break;
                    case 1: bytes.RemoveRange(at, end - at); break;
                    case 2: bytes.InsertRange(at, bytes[at..end]); break;
                    case 3: bytes.InsertRange(at, Encoding.UTF8.GetBytes(words[random.Next(words.Length)])); break;
                    default: ReplaceValue(bytes, at, words[random.Next(words.Length)]); break;
                }
            }
            File.WriteAllBytes(path, [.. bytes]);
            try
            {
                Assert.Equal("ab", Tokenizer.Load(path).Decode(Tokenizer.Load(path).Encode("ab")));
            }
            catch (UserErrorException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 250, 500);
    }

    // Replaces the JSON value after the next colon, so that mutations get past the parser.
    private static void ReplaceValue(List<byte> bytes, int from, string value)
    {
        var start = bytes.IndexOf((byte)':', from) + 1;
        if (start == 0) return;
        var end = bytes.FindIndex(start, b => b is (byte)',' or (byte)'\n');
        bytes.RemoveRange(start, Math.Max(0, end - start));
        bytes.InsertRange(start, Encoding.UTF8.GetBytes(value));
    }

    private static string SavedText(Tokenizer? tokenizer = null)
    {
        using var folder = TestTokenizer.NewFolder();
        (tokenizer ?? Tokenizer).Save(folder.File("tokenizer.json"));
        return File.ReadAllText(folder.File("tokenizer.json"));
    }

    private static JsonObject Parts() => JsonNode.Parse(SavedText())!.AsObject();

    private static Tokenizer LoadText(string text)
    {
        using var folder = TestTokenizer.NewFolder();
        File.WriteAllText(folder.File("tokenizer.json"), text);
        return Tokenizer.Load(folder.File("tokenizer.json"));
    }
}
