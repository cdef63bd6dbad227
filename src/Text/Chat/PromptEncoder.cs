using System.Buffers;
using Weir.Text.Jinja.Values;
using Weir.Text.Tokenizers;

namespace Weir.Text.Chat;

/// <summary>Makes ids of rendered prompts. Special tokens that the template wrote become their ids; what the request
/// wrote is plain text, even where it spells a special token, alone or together with what stands beside it. Safe for
/// any number of threads.</summary>
public sealed class PromptEncoder(Tokenizer tokenizer)
{
    private readonly SearchValues<string> _search =
        SearchValues.Create([.. tokenizer.SpecialTokens.Keys], StringComparison.Ordinal);
    private readonly (string Text, int Id)[] _longestFirst = [.. tokenizer.SpecialTokens
        .Select(token => (token.Key, token.Value)).OrderByDescending(token => token.Key.Length)];

    public int[] Encode(RenderedPrompt prompt)
    {
        var text = prompt.Text;
        var foreign = prompt.Marked.Foreign;
        var specials = FindSpecials(text, foreign, out var anyRefused);
        // Without a forgery the tokenizer can be given the whole, and does the cutting itself.
        if (!anyRefused) return tokenizer.Encode(text, recogniseSpecial: true);
        var ids = new List<int>(text.Length / 2 + 4);
        var from = 0;
        foreach (var (at, length, id) in specials)
        {
            tokenizer.Encode(text.AsSpan(from, at - from), ids);
            ids.Add(id);
            from = at + length;
        }
        tokenizer.Encode(text.AsSpan(from), ids);
        return [.. ids];
    }

    // From left to right, of those that start together the longest of which no character is the request's.
    private List<(int At, int Length, int Id)> FindSpecials(string text, ForeignRanges? foreign, out bool anyRefused)
    {
        var found = new List<(int, int, int)>();
        anyRefused = false;
        for (var from = 0; text.AsSpan(from).IndexOfAny(_search) is >= 0 and var offset;)
        {
            var at = from + offset;
            from = at + 1;
            foreach (var (token, id) in _longestFirst)
            {
                if (string.CompareOrdinal(text, at, token, 0, token.Length) != 0) continue;
                if (foreign?.Touch(at, at + token.Length) ?? false)
                {
                    anyRefused = true;
                    continue;
                }
                found.Add((at, token.Length, id));
                from = at + token.Length;
                break;
            }
        }
        return found;
    }
}
