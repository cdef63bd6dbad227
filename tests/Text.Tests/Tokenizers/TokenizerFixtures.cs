using System.Text.Json.Nodes;
using Weir.Text.Tokenizers;

namespace Weir.Text.Tests.Tokenizers;

/// <summary>Small <c>tokenizer.json</c> files of every kind, learnt from the sample texts.</summary>
internal static class TokenizerFixtures
{
    private const string Space = "▁";

    private static readonly (string[] Characters, (string Left, string Right)[] Merges) Learnt = Learn(400);

    /// <summary>By name: the file, and whether the reference reads its decoder as the library does.</summary>
    public static IReadOnlyDictionary<string, Func<JsonObject>> All { get; } = new Dictionary<string, Func<JsonObject>>
    {
        ["byte-level of GPT-2"] = () => ByteLevel(Parse("""{"type":"ByteLevel","add_prefix_space":false}""")),
        ["byte-level with a prefix space"] = () => ByteLevel(
            Parse("""{"type":"ByteLevel","add_prefix_space":true,"use_regex":true}"""), ignoresMerges: true),
        ["byte-level of Llama 3"] = () => ByteLevel(Splits(
            @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
            + @"|\s+(?!\S)|\s+"), template: true, ignoresMerges: true),
        ["byte-level of DeepSeek V3"] = () => ByteLevel(Splits(@"\p{N}{1,3}", "[一-龥\u3040-ゟ゠-ヿ]+",
            "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
            + "| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+")),
        ["byte-level of GPT-4o"] = () => ByteLevel(Splits(
            @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
            + @"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
            + @"(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")),
        ["characters, Llama 2"] = () => Characters(
            Parse("{'type':'Sequence','normalizers':[{'type':'Prepend','prepend':'▁'}," + ToSpace + "]}"), null,
            bytes: true),
        ["characters, Metaspace"] = () => Characters(null,
            Parse("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":false}"""), bytes: true),
        ["characters, without bytes"] = () => Characters(Parse(ToSpace), null, bytes: false),
        ["unigram"] = () => Unigram(Parse("{'type':'Sequence','normalizers':[{'type':'NFKC'},{'type':'Replace',"
            + "'pattern':{'Regex':' {2,}'},'content':' '}]}")),
        ["unigram, in words"] = () => Unigram(Parse("{'type':'Sequence','normalizers':[{'type':'Lowercase'},"
            + "{'type':'Strip','strip_left':true,'strip_right':true}]}"), words: true),
        ["WordPiece"] = () => WordPiece(Parse("{'type':'BertNormalizer','clean_text':true,'handle_chinese_chars':true,"
            + "'strip_accents':null,'lowercase':true}")),
        ["WordPiece with case"] = () => WordPiece(Parse("{'type':'BertNormalizer','clean_text':true,"
            + "'handle_chinese_chars':true,'strip_accents':false,'lowercase':false}")),
    };

    private const string ToSpace = """{"type":"Replace","pattern":{"String":" "},"content":"▁"}""";

    private static JsonObject Parse(string json) => JsonNode.Parse(json.Replace('\'', '"'))!.AsObject();

    private static JsonObject File(JsonNode? normalizer, JsonNode? preTokenizer, JsonNode? post, JsonNode decoder,
        JsonNode model, JsonArray added) => new()
    {
        ["version"] = "1.0", ["added_tokens"] = added, ["normalizer"] = normalizer, ["pre_tokenizer"] = preTokenizer,
        ["post_processor"] = post, ["decoder"] = decoder, ["model"] = model,
    };

    private static JsonObject Added(string text, int id, bool special = true, bool left = false, bool right = false,
        bool normalized = false) => new()
    {
        ["id"] = id, ["content"] = text, ["single_word"] = false, ["lstrip"] = left, ["rstrip"] = right,
        ["normalized"] = normalized, ["special"] = special,
    };

    private static JsonObject Splits(params string[] patterns)
    {
        var steps = new JsonArray([.. patterns.Select(pattern => new JsonObject
        {
            ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = pattern }, ["behavior"] = "Isolated",
            ["invert"] = false,
        })]);
        steps.Add(Parse("""{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}"""));
        return new JsonObject { ["type"] = "Sequence", ["pretokenizers"] = steps };
    }

    private static JsonObject ByteLevel(JsonObject preTokenizer, bool template = false, bool ignoresMerges = false)
    {
        var source = TestTokenizer.Bilingual;
        var vocabulary = new JsonObject();
        for (var id = 0; id < source.VocabularySize; id++) vocabulary[source.TokenTexts[id]] = id;
        var count = source.VocabularySize;
        JsonArray added =
        [
            .. source.SpecialTokens.OrderBy(t => t.Value).Select(t => Added(t.Key, t.Value)),
            Added("<tool>", count, special: false), Added("  ", count + 1, special: false),
            Added("<right>", count + 2, right: true), Added("<left>", count + 3, special: false, left: true),
        ];
        var post = template ? Parse("{'type':'Sequence','processors':[{'type':'ByteLevel'},"
            + "{'type':'TemplateProcessing',"
            + "'single':[{'SpecialToken':{'id':'<|endoftext|>','type_id':0}},{'Sequence':{'id':'A','type_id':0}}],"
            + "'pair':[],'special_tokens':{'<|endoftext|>':{'id':'<|endoftext|>',"
            + "'ids':[0],'tokens':['<|endoftext|>']}}}]}")
            : null;
        return File(null, preTokenizer, post, Parse("""{"type":"ByteLevel"}"""), new JsonObject
        {
            ["type"] = "BPE", ["unk_token"] = null, ["fuse_unk"] = false, ["byte_fallback"] = false,
            ["ignore_merges"] = ignoresMerges, ["vocab"] = vocabulary,
            ["merges"] = new JsonArray([.. source.Merges.Select(m => new JsonArray(m.Left, m.Right))]),
        }, added);
    }

    private static JsonObject Characters(JsonObject? normalizer, JsonObject? preTokenizer, bool bytes)
    {
        List<string> tokens = ["<unk>", "<s>", "</s>"];
        if (bytes) tokens.AddRange(Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>"));
        tokens.AddRange(Learnt.Characters);
        tokens.AddRange(Learnt.Merges.Select(merge => merge.Left + merge.Right).Distinct());
        var vocabulary = new JsonObject();
        foreach (var token in tokens.Distinct()) vocabulary[token] = vocabulary.Count;
        return File(normalizer, preTokenizer, null, Parse("{'type':'Sequence','decoders':[{'type':'Replace',"
            + "'pattern':{'String':'▁'},'content':' '},{'type':'ByteFallback'},{'type':'Fuse'},{'type':'Strip',"
            + "'content':' ','start':1,'stop':0}]}"), new JsonObject
        {
            ["type"] = "BPE", ["dropout"] = null, ["unk_token"] = "<unk>", ["fuse_unk"] = true,
            ["byte_fallback"] = bytes, ["vocab"] = vocabulary,
            ["merges"] = new JsonArray([.. Learnt.Merges.Select(m => JsonValue.Create($"{m.Left} {m.Right}"))]),
        }, [Added("<unk>", 0), Added("<s>", 1), Added("</s>", 2)]);
    }

    private static JsonObject Unigram(JsonObject normalizer, bool words = false)
    {
        var random = new Random(5);
        var metaspace = Parse("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}""");
        var pieces = new JsonArray(new JsonArray("<pad>", 0.0), new JsonArray("</s>", 0.0),
            new JsonArray("<unk>", 0.0));
        foreach (var token in Learnt.Characters.Concat(Learnt.Merges.Select(m => m.Left + m.Right)).Distinct())
            pieces.Add(new JsonArray(token, -3 - random.NextDouble() * 8));
        return File(normalizer, words ? new JsonObject
        {
            ["type"] = "Sequence",
            ["pretokenizers"] = new JsonArray(Parse("""{"type":"WhitespaceSplit"}"""), metaspace),
        } : metaspace, Parse("{'type':'TemplateProcessing','single':[{'Sequence':{'id':'A','type_id':0}},"
            + "{'SpecialToken':{'id':'</s>','type_id':0}}],'pair':[],"
            + "'special_tokens':{'</s>':{'id':'</s>','ids':[1],'tokens':['</s>']}}}"),
            Parse("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}"""),
            new JsonObject { ["type"] = "Unigram", ["unk_id"] = 2, ["vocab"] = pieces },
            [Added("<pad>", 0), Added("</s>", 1), Added("<unk>", 2)]);
    }

    private static JsonObject WordPiece(JsonObject normalizer)
    {
        var vocabulary = new JsonObject();
        List<string> tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", .. ".,?!'()#+-</>{}=:*_".Select(c => c.ToString())];
        foreach (var text in Learnt.Characters.Concat(Learnt.Merges.Select(m => m.Left + m.Right)))
            if (text.Trim('▁') is { Length: > 0 } part) tokens.AddRange([part.ToLowerInvariant(), part, "##" + part]);
        foreach (var token in tokens.Distinct()) vocabulary[token] = vocabulary.Count;
        return File(normalizer, Parse("""{"type":"BertPreTokenizer"}"""), Parse("{'type':'TemplateProcessing',"
            + "'single':[{'SpecialToken':{'id':'[CLS]','type_id':0}},{'Sequence':{'id':'A','type_id':0}},"
            + "{'SpecialToken':{'id':'[SEP]','type_id':0}}],'pair':[],'special_tokens':{}}"),
            Parse("""{"type":"WordPiece","prefix":"##","cleanup":true}"""), new JsonObject
            {
                ["type"] = "WordPiece", ["unk_token"] = "[UNK]", ["continuing_subword_prefix"] = "##",
                ["max_input_chars_per_word"] = 20, ["vocab"] = vocabulary,
            }, [.. tokens.Take(4).Select((text, id) => Added(text, id))]);
    }

    /// <summary>BPE over characters by its definition.</summary>
    private static (string[], (string, string)[]) Learn(int count)
    {
        var words = SampleTexts.Documents(seed: 1, count: 150).Concat(SampleTexts.Mixed(seed: 3, count: 200))
            .SelectMany(text => (" " + text).Replace(" ", " \0", StringComparison.Ordinal)
                .Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(word => word.Length < 40).GroupBy(word => word)
            .Select(group => (Symbols: group.Key.Replace("\0", Space, StringComparison.Ordinal).EnumerateRunes()
                .Select(rune => rune.ToString()).ToList(), Count: group.Count())).ToList();
        var characters = words.SelectMany(word => word.Symbols).GroupBy(c => c).Where(group => group.Count() > 2)
            .Select(group => group.Key).Order(StringComparer.Ordinal).ToArray();
        var known = characters.ToHashSet();
        var merges = new List<(string, string)>();
        while (merges.Count < count)
        {
            var pairs = new Dictionary<(string, string), int>();
            foreach (var (symbols, times) in words)
                for (var i = 0; i + 1 < symbols.Count; i++)
                    if (known.Contains(symbols[i]) && known.Contains(symbols[i + 1]))
                        pairs[(symbols[i], symbols[i + 1])] = times
                            + pairs.GetValueOrDefault((symbols[i], symbols[i + 1]));
            var (left, right) = pairs.OrderByDescending(pair => pair.Value)
                .ThenBy(pair => pair.Key.Item1 + " " + pair.Key.Item2, StringComparer.Ordinal).First().Key;
            merges.Add((left, right));
            known.Add(left + right);
            foreach (var (symbols, _) in words)
                for (var i = 0; i + 1 < symbols.Count; i++)
                {
                    if (symbols[i] != left || symbols[i + 1] != right) continue;
                    symbols[i] = left + right;
                    symbols.RemoveAt(i + 1);
                }
        }
        return (characters, [.. merges]);
    }
}
