using System.Buffers;

namespace Weir.Text.Tokenizers;

/// <summary>Finds special tokens written out in text: the leftmost, and of those that start together the
/// longest.</summary>
internal sealed class SpecialTokenFinder(IReadOnlyDictionary<string, int> specialTokens)
{
    private readonly SearchValues<string> _search =
        SearchValues.Create([.. specialTokens.Keys], StringComparison.Ordinal);
    private readonly (string Text, int Id)[] _longestFirst =
        specialTokens.Select(pair => (pair.Key, pair.Value)).OrderByDescending(token => token.Key.Length).ToArray();

    /// <summary>True with the place, length and id of the first special token in <paramref name="text"/>.</summary>
    public bool TryFind(ReadOnlySpan<char> text, out int at, out int length, out int id)
    {
        (length, id) = (0, 0);
        at = text.IndexOfAny(_search);
        if (at < 0) return false;
        foreach (var token in _longestFirst)
        {
            if (!text[at..].StartsWith(token.Text, StringComparison.Ordinal)) continue;
            (length, id) = (token.Text.Length, token.Id);
            return true;
        }
        return false;
    }
}
