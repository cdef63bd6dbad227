namespace Weir.Text.Tokenizers;

/// <summary>The member "added_tokens" of a <c>tokenizer.json</c>.</summary>
internal static class JsonAddedTokens
{
    public static IReadOnlyList<AddedToken> Read(JsonPart part)
    {
        var tokens = new List<AddedToken>();
        if (part.IsNull) return tokens;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in part.Items("added_tokens"))
        {
            var text = item["content"].Text("content");
            var isSpecial = item["special"].Flag == true;
            tokens.Add(new AddedToken(text, item["id"].Id(text), isSpecial)
            {
                StripsLeft = item["lstrip"].Flag == true,
                StripsRight = item["rstrip"].Flag == true,
                IsSingleWord = item["single_word"].Flag == true,
                IsNormalised = item["normalized"].Flag ?? !isSpecial,
            });
            item.Require(text.Length > 0, $"has an added token without text, with the id {tokens[^1].Id}");
            item.Require(seen.Add(text), $"has the {(isSpecial ? "special" : "added")} token '{text}' twice");
        }
        return tokens;
    }
}
