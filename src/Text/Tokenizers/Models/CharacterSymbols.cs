using System.Text;
using Weir.Formats.Bcl;

namespace Weir.Text.Tokenizers.Models;

/// <summary>The symbols that a model over characters starts from.</summary>
internal sealed class CharacterSymbols
{
    private const int None = CharacterTable.None;

    private readonly CharacterTable _ofBasic = new();
    private readonly Dictionary<int, int> _ofOthers = [];
    private readonly List<Rune> _withoutToken = [];

    /// <exception cref="UserErrorException">The tokens are beyond a limit, or one stands there twice.</exception>
    public CharacterSymbols(IReadOnlyList<string> tokens, bool[] isPlain, string where)
    {
        Tokens = TokenIndex.Build(tokens, where);
        TokenCount = tokens.Count;
        for (var id = 0; id < tokens.Count; id++)
            if (!isPlain[id]) Tokens.Remove(tokens[id]);
        foreach (var (text, id) in Tokens)
            if (Rune.DecodeFromUtf16(text, out var rune, out var length) == System.Buffers.OperationStatus.Done
                && length == text.Length) Set(rune, id);
        foreach (var text in tokens.Where((_, id) => isPlain[id]))
            foreach (var rune in text.EnumerateRunes())
            {
                if (Find(rune) != None) continue;
                Set(rune, TokenCount + _withoutToken.Count);
                _withoutToken.Add(rune);
            }
    }

    /// <summary>The ids of the tokens that text may become.</summary>
    public Dictionary<string, int> Tokens { get; }

    public int TokenCount { get; }

    public int Of(Rune rune)
    {
        var symbol = Find(rune);
        // Not -1, which a pair's key may not be made of.
        return symbol != None ? symbol : -2 - rune.Value;
    }

    /// <summary>The symbol of a part of a token, or null.</summary>
    public int? Of(ReadOnlySpan<char> part)
    {
        if (Tokens.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(part, out var id)) return id;
        return Rune.DecodeFromUtf16(part, out var rune, out var length) == System.Buffers.OperationStatus.Done
            && length == part.Length && Find(rune) is >= 0 and var symbol ? symbol : null;
    }

    /// <summary>The character of a symbol that is no token.</summary>
    public Rune CharacterOf(int symbol) => symbol < 0 ? new Rune(-2 - symbol) : _withoutToken[symbol - TokenCount];

    private int Find(Rune rune) => rune.IsBmp ? _ofBasic[(char)rune.Value]
        : _ofOthers.GetValueOrDefault(rune.Value, None);

    private void Set(Rune rune, int symbol)
    {
        if (rune.IsBmp) _ofBasic[(char)rune.Value] = symbol;
        else _ofOthers[rune.Value] = symbol;
    }
}

/// <summary>Which characters stand side by side in a token.</summary>
internal sealed class CharacterNeighbours
{
    private readonly MergeTable _pairs;

    public CharacterNeighbours(IReadOnlyList<string> tokens, bool[] isPlain)
    {
        var pairs = new HashSet<(int, int)>();
        for (var id = 0; id < tokens.Count; id++)
        {
            if (!isPlain[id]) continue;
            var left = -1;
            foreach (var rune in tokens[id].EnumerateRunes())
            {
                if (left >= 0) pairs.Add((left, rune.Value));
                left = rune.Value;
            }
        }
        _pairs = new MergeTable(pairs.Count);
        foreach (var (left, right) in pairs) _pairs.TryAdd(left, right, 0, 0);
    }

    /// <summary>The first place behind <paramref name="start"/> that no token crosses.</summary>
    public int EndOfRun(ReadOnlySpan<char> text, int start)
    {
        var left = -1;
        for (var at = start; at < text.Length;)
        {
            Rune.DecodeFromUtf16(text[at..], out var rune, out var length);
            if (left >= 0 && _pairs.Find(left, rune.Value) == MergeTable.NoMerge) return at;
            left = rune.Value;
            at += length;
        }
        return text.Length;
    }
}
