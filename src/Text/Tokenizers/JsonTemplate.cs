using Weir.Formats.Bcl;

namespace Weir.Text.Tokenizers;

/// <summary>The member "post_processor" of a <c>tokenizer.json</c>: the tokens that it puts around a text.</summary>
/// <param name="First">The text of the token in front, or null.</param>
/// <param name="Last">The text of the token behind, or null.</param>
internal sealed record JsonTemplate(string? First, string? Last)
{
    /// <exception cref="UserErrorException">It is damaged or not supported.</exception>
    public static JsonTemplate Read(JsonPart part)
    {
        if (part.IsNull) return new JsonTemplate(null, null);
        switch (part.Type)
        {
            // It moves offsets and adds nothing.
            case "ByteLevel":
                return new JsonTemplate(null, null);
            case "TemplateProcessing":
                return ReadTemplate(part);
            case "BertProcessing" or "RobertaProcessing":
                return new JsonTemplate(PairText(part, "cls"), PairText(part, "sep"));
            case "Sequence":
                var result = new JsonTemplate(null, null);
                foreach (var step in part["processors"].Items("processors", most: 16))
                {
                    step.Require(step.Type != "Sequence", "has post-processors within post-processors");
                    var next = Read(step);
                    step.Require(next is { First: null, Last: null } || result is { First: null, Last: null },
                        "has two post-processors that add tokens");
                    if (next is not { First: null, Last: null }) result = next;
                }
                return result;
            default:
                throw part.Unsupported("a post_processor");
        }
    }

    /// <summary>The description with the ids of these tokens.</summary>
    /// <exception cref="UserErrorException">The vocabulary lacks one of them.</exception>
    public TokenizerDescription Complete(TokenizerDescription description, JsonPart root)
    {
        if (First is not null) description = description with { BosId = Id(First), AddsBos = true };
        if (Last is not null) description = description with { EosId = Id(Last), AddsEos = true };
        return description;

        int Id(string text)
        {
            var id = -1;
            for (var i = 0; id < 0 && i < description.Tokens.Count; i++) if (description.Tokens[i] == text) id = i;
            root.Require(id >= 0, $"adds the token '{text}' to texts, which the vocabulary lacks");
            return id;
        }
    }

    private static JsonTemplate ReadTemplate(JsonPart part)
    {
        part.Require(part["single"].IsArray, "has a post_processor of type TemplateProcessing without a template");
        string? first = null, last = null;
        var hasText = false;
        foreach (var item in part["single"].Items("single", most: 16))
        {
            if (!item["Sequence"].IsNull)
            {
                part.Require(!hasText, "has a template with the text twice");
                hasText = true;
                continue;
            }
            var token = item["SpecialToken"]["id"].Text("a template's token");
            part.Require((hasText ? last : first) is null, "adds more than one token at an end of texts");
            if (hasText) last = token;
            else first = token;
        }
        part.Require(hasText, "has a template without the text");
        return new JsonTemplate(first, last);
    }

    private static string PairText(JsonPart part, string name)
    {
        var pair = part[name].Items(name, most: 2);
        part.Require(pair.Length == 2, $"has no token as {name}");
        return pair[0].Text(name);
    }
}
