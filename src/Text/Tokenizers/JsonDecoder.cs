using Weir.Formats.Bcl;

namespace Weir.Text.Tokenizers;

/// <summary>The member "decoder" of a <c>tokenizer.json</c>: not a program here, but the few things that known decoders
/// do.</summary>
internal sealed class JsonDecoder
{
    private JsonDecoder()
    {
    }

    public bool IsByteLevel { get; private set; }

    /// <summary>Whether byte tokens join to characters.</summary>
    public bool JoinsBytes { get; private set; }

    /// <summary>Whether the space that the text begins with is left out.</summary>
    public bool DropsLeadingSpace { get; private set; }

    /// <summary>What marks a token that continues a word; null but for WordPiece.</summary>
    public string? WordPiecePrefix { get; private set; }

    /// <summary>Whether no space stands before the marks that close a sentence or a part of it.</summary>
    public bool CleansUp { get; private set; }

    /// <exception cref="UserErrorException">The decoder is damaged or not supported.</exception>
    public static JsonDecoder Read(JsonPart part)
    {
        var result = new JsonDecoder();
        if (part.Type == "Sequence")
            foreach (var step in part["decoders"].Items("decoders", most: 32)) result.Add(step);
        else result.Add(part);
        return result;
    }

    private void Add(JsonPart part)
    {
        switch (part.Type)
        {
            case "ByteLevel":
                IsByteLevel = true;
                break;
            case "ByteFallback":
                JoinsBytes = true;
                break;
            case "Fuse":
                break;
            case "Metaspace":
                part.Require((part["replacement"].TextOrNull ?? "\u2581") == "\u2581",
                    "writes spaces as another character than U+2581");
                DropsLeadingSpace |= part["prepend_scheme"].TextOrNull != "never"
                    && part["add_prefix_space"].Flag != false;
                break;
            case "Replace":
                part.Require(part["pattern"]["String"].TextOrNull == "\u2581" && part["content"].TextOrNull == " ",
                    "has a decoder that replaces anything but U+2581 by a space");
                break;
            case "Strip":
                part.Require(part["content"].TextOrNull == " " && part["stop"].Count("stop", 0) == 0
                    && part["start"].Count("start", 0) <= 1, "has a decoder that strips more than one leading space");
                DropsLeadingSpace |= part["start"].Count("start", 0) == 1;
                break;
            case "WordPiece":
                WordPiecePrefix = part["prefix"].TextOrNull ?? "##";
                CleansUp = part["cleanup"].Flag ?? true;
                DropsLeadingSpace = true;
                break;
            default:
                throw part.Unsupported("a decoder");
        }
    }
}
