using Weir.Formats.Bcl;
using Weir.Text.Tokenizers.Normalizing;
using Weir.Text.Tokenizers.Splitting;
using Weir.Text.Unicode;

namespace Weir.Text.Tokenizers;

/// <summary>The member "normalizer" of a <c>tokenizer.json</c>.</summary>
internal sealed class JsonNormalizer
{
    private const int MaxSteps = 64, MaxReplacement = 4;

    private readonly List<Func<string, string>> _steps = [];
    private readonly List<string> _types = [];

    private JsonNormalizer()
    {
    }

    public TextNormalizer Normalizer { get; private set; } = TextNormalizer.None;

    /// <summary>What the steps are, in words that <see cref="JsonModel"/> compares.</summary>
    public IReadOnlyList<string> Types => _types;

    /// <summary>The character map, where there is one.</summary>
    public ReadOnlyMemory<byte> Charsmap { get; private set; }

    public BertNormalizer? Bert { get; private set; }

    /// <exception cref="UserErrorException">A normaliser is damaged or not supported.</exception>
    public static JsonNormalizer Read(JsonPart part, string path)
    {
        var result = new JsonNormalizer();
        result.Add(part, path, depth: 0);
        result.Normalizer = result._types is ["NFC"] ? TextNormalizer.Nfc
            : result._steps.Count == 0 ? TextNormalizer.None : new TextNormalizer(result._steps);
        return result;
    }

    private void Add(JsonPart part, string path, int depth)
    {
        if (part.IsNull) return;
        if (part.Type == "Sequence")
        {
            part.Require(depth < 4, "has normalizers within normalizers");
            foreach (var inner in part["normalizers"].Items("normalizers", MaxSteps)) Add(inner, path, depth + 1);
            part.Require(_steps.Count <= MaxSteps, "has too many normalizers");
            return;
        }
        var name = part.Type;
        _steps.Add(name switch
        {
            "NFC" => UnicodeRepair.Normalise,
            "NFKC" => NormalizerSteps.Nfkc,
            "Lowercase" => NormalizerSteps.Lowercase,
            "StripAccents" => NormalizerSteps.StripMarks,
            "Strip" => NormalizerSteps.Strip(part["strip_left"].Flag == true, part["strip_right"].Flag == true),
            "Prepend" => NormalizerSteps.Prepend(ShortText(part["prepend"], "prepend")),
            "Replace" => ReadReplace(part, ref name),
            "Precompiled" => ReadCharsmap(part, path),
            "BertNormalizer" => ReadBert(part),
            _ => throw part.Unsupported("a normalizer"),
        });
        _types.Add(name == "Prepend" ? $"Prepend {part["prepend"].TextOrNull}" : name);
    }

    // A replacement that is longer than what it replaces makes text longer; the limit keeps a step's growth bounded.
    private static string ShortText(JsonPart part, string what)
    {
        var text = part.Text(what);
        part.Require(text.Length <= MaxReplacement, $"has a {what} of more than {MaxReplacement} characters");
        return text;
    }

    private static Func<string, string> ReadReplace(JsonPart part, ref string name)
    {
        var content = ShortText(part["content"], "content");
        if (part["pattern"]["String"].TextOrNull is { } literal)
        {
            part.Require(literal.Length > 0, "replaces an empty text");
            name = $"Replace '{literal}' '{content}'";
            return NormalizerSteps.Replace(literal, content);
        }
        var regex = part["pattern"]["Regex"].Text("pattern");
        var known = SplitPatterns.Find(regex);
        part.Require(known is not null and not SplitPatterns.TrailingSpace,
            $"replaces by the pattern '{regex}', which is not known");
        name = $"Replace /{known}/ '{content}'";
        var pattern = SplitPattern.Of(known!);
        return text =>
        {
            var result = new System.Text.StringBuilder(text.Length);
            for (var start = 0; start < text.Length;)
            {
                var end = pattern.EndOfStretch(text, start, out var isMatch);
                if (isMatch) result.Append(content);
                else result.Append(text, start, end - start);
                start = end;
            }
            return result.ToString();
        };
    }

    private Func<string, string> ReadCharsmap(JsonPart part, string path)
    {
        if (part["precompiled_charsmap"].IsNull) return text => text;
        var text = part["precompiled_charsmap"].Text("precompiled_charsmap");
        var bytes = new byte[(text.Length / 4 + 1) * 3];
        part.Require(Convert.TryFromBase64String(text, bytes, out var length),
            "has a precompiled_charsmap that is not Base64");
        Charsmap = bytes.AsMemory(0, length);
        return length == 0 ? text => text : new Charsmap(Charsmap.Span, path).Apply;
    }

    private Func<string, string> ReadBert(JsonPart part)
    {
        var lowercases = part["lowercase"].Flag ?? true;
        Bert = new BertNormalizer(part["clean_text"].Flag ?? true, part["handle_chinese_chars"].Flag ?? true,
            part["strip_accents"].Flag ?? lowercases, lowercases);
        return Bert.Apply;
    }
}
