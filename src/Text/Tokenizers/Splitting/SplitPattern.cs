using System.Collections.Concurrent;

namespace Weir.Text.Tokenizers.Splitting;

/// <summary>A pattern that is looked for in text, over whole characters. (The runtime's regular expressions see UTF-16
/// units, so their <c>\p{L}</c> misses the letters above the basic plane.)</summary>
internal sealed class SplitPattern
{
    private static readonly ConcurrentDictionary<string, SplitPattern> Compiled = new(StringComparer.Ordinal);

    private readonly PatternNode _root;
    // Characters of the basic plane that a match may begin with; null when any may.
    private readonly ulong[]? _first;

    private SplitPattern(PatternNode root)
    {
        _root = root;
        var first = new ulong[(char.MaxValue + 1) / 64];
        if (AddFirst(root, first)) _first = first;
    }

    /// <summary>Compiled once a process.</summary>
    public static SplitPattern Of(string pattern) =>
        Compiled.GetOrAdd(pattern, static text => new SplitPattern(PatternParser.Parse(text)));

    /// <summary>The end of the match or of the gap that starts at <paramref name="start"/>: a gap ends where the next
    /// match starts. Empty matches do not count.</summary>
    public int EndOfStretch(ReadOnlySpan<char> text, int start, out bool isMatch)
    {
        var end = MatchEnd(text, start);
        isMatch = end > start;
        if (isMatch) return end;
        for (var at = After(text, start); at < text.Length; at = After(text, at))
            if (MatchEnd(text, at) > at) return at;
        return text.Length;
    }

    /// <summary>The end of the match at this place, or -1.</summary>
    public int MatchEnd(ReadOnlySpan<char> text, int at)
    {
        var c = text[at];
        if (_first is not null && (_first[c >> 6] >> c & 1) == 0 && !char.IsHighSurrogate(c)) return -1;
        return _root.Match(text, at);
    }

    private static int After(ReadOnlySpan<char> text, int at) =>
        at + (char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]) ? 2 : 1);

    private static bool AddFirst(PatternNode node, ulong[] first)
    {
        if (node is BranchNode branch) return branch.Alternatives.All(alternative => AddFirst(alternative, first));
        if (node is not RunNode run) return false;
        for (var c = 0; c <= char.MaxValue; c++)
            if (run.Set.Contains((char)c)) first[c >> 6] |= 1UL << c;
        return !run.MayBeEmpty || AddFirst(run.Next, first);
    }
}
