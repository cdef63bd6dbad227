using Weir.Formats.Bcl;
using Weir.Text.Tokenizers.Splitting;

namespace Weir.Text.Tokenizers;

/// <summary>The member "pre_tokenizer" of a <c>tokenizer.json</c>.</summary>
internal sealed class JsonPreTokenizer
{
    private const int MaxSteps = 32;

    private readonly List<SplitStep> _steps = [];
    private readonly List<string> _types = [];

    private JsonPreTokenizer()
    {
    }

    public IReadOnlyList<SplitStep> Steps => _steps;

    /// <summary>The types of the steps.</summary>
    public IReadOnlyList<string> Types => _types;

    /// <summary>Whether what is cut is written as bytes.</summary>
    public bool IsByteLevel { get; private set; }

    /// <summary>When Metaspace puts a space in front; null without Metaspace.</summary>
    public PrependScheme? Metaspace { get; private set; }

    /// <exception cref="UserErrorException">A pre-tokenizer is damaged or not supported.</exception>
    public static JsonPreTokenizer Read(JsonPart part)
    {
        var result = new JsonPreTokenizer();
        result.Add(part, depth: 0);
        return result;
    }

    private void Add(JsonPart part, int depth)
    {
        if (part.IsNull) return;
        if (part.Type == "Sequence")
        {
            part.Require(depth < 4, "has pre-tokenizers within pre-tokenizers");
            var inner = part["pretokenizers"].Items("pretokenizers", MaxSteps);
            part.Require(inner.Length > 0,
                "has an empty Sequence of pre-tokenizers; of a byte-level tokenizer it holds "
                + "the two pre-tokenizers Split and ByteLevel");
            foreach (var item in inner) Add(item, depth + 1);
            part.Require(_steps.Count <= MaxSteps, "has too many pre-tokenizers");
            return;
        }
        _types.Add(part.Type);
        switch (part.Type)
        {
            case "ByteLevel":
                AddByteLevel(part);
                break;
            case "Split":
                _steps.Add(ReadSplit(part));
                break;
            case "Digits":
                _steps.Add(SplitStep.Isolating(part["individual_digits"].Flag == true ? SplitPatterns.OneNumber
                    : SplitPatterns.Numbers));
                break;
            case "Punctuation":
                _steps.Add(Cutting(SplitPatterns.Punctuation, Behavior(part["behavior"], "Isolated"), false));
                break;
            case "WhitespaceSplit":
                _steps.Add(Cutting(SplitPatterns.WhiteSpace, SplitBehavior.Removed, false));
                break;
            case "Whitespace":
                _steps.Add(Cutting(SplitPatterns.WhiteSpace, SplitBehavior.Removed, false));
                _steps.Add(Cutting(SplitPatterns.WordsOrSymbols, SplitBehavior.Isolated, false));
                break;
            case "BertPreTokenizer":
                _steps.AddRange(DescribedTokenizer.BertSteps);
                break;
            case "Metaspace":
                AddMetaspace(part);
                break;
            default:
                throw part.Unsupported("a pre_tokenizer");
        }
    }

    private void AddByteLevel(JsonPart part)
    {
        part.Require(!IsByteLevel, "has two ByteLevel pre-tokenizers");
        IsByteLevel = true;
        var step = new ByteLevelStep(part["add_prefix_space"].Flag == true, part["use_regex"].Flag ?? true);
        if (!step.DoesNothing) _steps.Add(step);
    }

    private void AddMetaspace(JsonPart part)
    {
        part.Require(Metaspace is null, "has two Metaspace pre-tokenizers");
        part.Require((part["replacement"].TextOrNull ?? "\u2581") == "\u2581",
            "replaces spaces by another character than U+2581");
        var scheme = part["prepend_scheme"].TextOrNull
            ?? (part["add_prefix_space"].Flag == false ? "never" : "always");
        Metaspace = scheme switch
        {
            "always" => PrependScheme.Always,
            "first" => PrependScheme.First,
            "never" => PrependScheme.Never,
            _ => null,
        };
        part.Require(Metaspace is not null, $"has the unknown prepend_scheme '{scheme}'");
        _steps.Add(new MetaspaceStep(Metaspace!.Value, part["split"].Flag ?? true));
    }

    private static SplitStep ReadSplit(JsonPart part)
    {
        var behavior = Behavior(part["behavior"], null);
        var isInverted = part["invert"].Flag == true;
        if (part["pattern"]["String"].TextOrNull is { } literal)
        {
            part.Require(literal.Length > 0, "splits at an empty text");
            return new LiteralStep(literal, behavior, isInverted);
        }
        var regex = part["pattern"]["Regex"].Text("pattern");
        var known = SplitPatterns.Find(regex);
        part.Require(known is not null, $"splits by a pattern that is not known: {regex}");
        // Only isolating has a way to do this one that is not quadratic.
        part.Require(known != SplitPatterns.TrailingSpace || behavior == SplitBehavior.Isolated,
            $"splits by the pattern {regex} with the behavior {behavior}, which is not supported");
        return Cutting(known!, behavior, isInverted);
    }

    private static SplitStep Cutting(string pattern, SplitBehavior behavior, bool isInverted) =>
        behavior == SplitBehavior.Isolated ? SplitStep.Isolating(pattern)
            : new PatternStep(pattern, behavior, isInverted);

    private static SplitBehavior Behavior(JsonPart part, string? otherwise)
    {
        var name = part.TextOrNull ?? otherwise ?? "none";
        part.Require(Enum.TryParse<SplitBehavior>(name, out var behavior) && Enum.IsDefined(behavior)
            && char.IsAsciiLetter(name[0]), $"splits with the unknown behavior '{name}'");
        return behavior;
    }
}
