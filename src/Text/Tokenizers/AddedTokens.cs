using System.Buffers;
using System.Globalization;
using System.Text;
using Weir.Text.Tokenizers.Models;

namespace Weir.Text.Tokenizers;

/// <summary>A token that is found in text as it is written.</summary>
/// <param name="Text">How it is written.</param>
/// <param name="Id">Its id.</param>
/// <param name="IsSpecial">Whether it is found only when asked for, and silent in decoded text.</param>
internal sealed record AddedToken(string Text, int Id, bool IsSpecial)
{
    /// <summary>Whether it takes the white space before it.</summary>
    public bool StripsLeft { get; init; }

    /// <summary>Whether it takes the white space behind it.</summary>
    public bool StripsRight { get; init; }

    /// <summary>Whether letters, numbers and underscores beside it keep it from being found.</summary>
    public bool IsSingleWord { get; init; }

    /// <summary>Whether it is looked for in normalised text.</summary>
    public bool IsNormalised { get; init; }
}

/// <summary>Finds added tokens in text: the leftmost, and of those that start together the longest.</summary>
internal sealed class AddedTokens
{
    private readonly AddedToken[] _tokens;
    private readonly TokenTrie _trie;
    private readonly SearchValues<char> _first;

    public AddedTokens(IEnumerable<AddedToken> tokens)
    {
        _tokens = [.. tokens.Where(token => token.Text.Length > 0)];
        var texts = _tokens.Select(token => token.Text).ToArray();
        _trie = new TokenTrie(texts, [.. texts.Select(_ => true)], "added tokens");
        _first = SearchValues.Create([.. texts.Select(text => text[0]).Distinct()]);
    }

    public bool IsEmpty => _tokens.Length == 0;

    /// <summary>The first token at or behind <paramref name="from"/>, with the white space that it takes; null when
    /// there is none.</summary>
    public AddedToken? Find(ReadOnlySpan<char> text, int from, out int start, out int end)
    {
        for (start = from; ; start = end)
        {
            (var token, end) = (FindAnywhere(text, ref start), 0);
            if (token is null) return null;
            end = start + token.Text.Length;
            if (token.IsSingleWord && (IsWord(text[..start], last: true) || IsWord(text[end..], last: false))) continue;
            if (token.StripsLeft) while (start > from && char.IsWhiteSpace(text[start - 1])) start--;
            if (token.StripsRight) while (end < text.Length && char.IsWhiteSpace(text[end])) end++;
            return token;
        }
    }

    private AddedToken? FindAnywhere(ReadOnlySpan<char> text, ref int start)
    {
        while (true)
        {
            var step = text[start..].IndexOfAny(_first);
            if (step < 0) return null;
            start += step;
            AddedToken? longest = null;
            var node = TokenTrie.Root;
            for (var at = start; at < text.Length && _trie.TryStep(ref node, text[at]); at++)
                if (_trie.TokenAt(node) is >= 0 and var found) longest = _tokens[found];
            if (longest is not null) return longest;
            start++;
        }
    }

    private static bool IsWord(ReadOnlySpan<char> text, bool last)
    {
        if (text.IsEmpty) return false;
        Rune rune;
        if (last) Rune.DecodeLastFromUtf16(text, out rune, out _);
        else Rune.DecodeFromUtf16(text, out rune, out _);
        return Rune.GetUnicodeCategory(rune) is <= UnicodeCategory.OtherLetter or UnicodeCategory.NonSpacingMark
            or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
            or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.ConnectorPunctuation;
    }
}
