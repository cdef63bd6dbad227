using System.Globalization;

namespace Weir.Text.Tokenizers.Splitting;

/// <summary>Compiles the regular expressions of pre-tokenizers: sets, <c>\s \S \d \p{..}</c>, greedy and possessive
/// quantifiers of sets, alternatives, groups that may be optional, <c>(?i:...)</c> (which folds ASCII letters only, as
/// every reader of these patterns but Oniguruma does), lookahead and <c>$</c>. The patterns are the known ones of
/// <see cref="SplitPatterns"/>, so anything else is a mistake of ours and an
/// <see cref="InvalidOperationException"/>.</summary>
internal sealed class PatternParser
{
    private readonly string _pattern;
    private int _at;
    private bool _foldsCase;

    private PatternParser(string pattern) => _pattern = pattern;

    public static PatternNode Parse(string pattern)
    {
        var parser = new PatternParser(pattern);
        var build = parser.ReadAlternatives();
        if (parser._at != pattern.Length) throw parser.Unknown();
        return build(AcceptNode.Instance);
    }

    // A part is read before what follows it, and built after: so reading gives a function from the rest to the node.
    private Func<PatternNode, PatternNode> ReadAlternatives()
    {
        var alternatives = new List<Func<PatternNode, PatternNode>> { ReadSequence() };
        while (Take('|')) alternatives.Add(ReadSequence());
        return alternatives.Count == 1 ? alternatives[0]
            : next => new BranchNode([.. alternatives.Select(alternative => alternative(next))]);
    }

    private Func<PatternNode, PatternNode> ReadSequence()
    {
        var parts = new List<Func<PatternNode, PatternNode>>();
        while (_at < _pattern.Length && _pattern[_at] is not ('|' or ')')) parts.Add(ReadPart());
        return next =>
        {
            for (var i = parts.Count - 1; i >= 0; i--) next = parts[i](next);
            return next;
        };
    }

    private Func<PatternNode, PatternNode> ReadPart()
    {
        if (Take('(')) return ReadGroup();
        if (Take('$')) return next => new TextEndNode(next);
        var set = Take('[') ? ReadSet() : ReadOne();
        var (minimum, maximum) = ReadQuantifier();
        var isPossessive = (minimum, maximum) != (1, 1) && Take('+');
        return next => new RunNode(set, minimum, maximum, isPossessive, next);
    }

    private Func<PatternNode, PatternNode> ReadGroup()
    {
        if (Take("?!")) return ReadLookahead(isNegated: true);
        if (Take("?=")) return ReadLookahead(isNegated: false);
        var outer = _foldsCase;
        if (Take("?i:")) _foldsCase = true;
        else Take("?:");
        var inner = ReadAlternatives();
        Expect(')');
        _foldsCase = outer;
        return ReadQuantifier() switch
        {
            (1, 1) => inner,
            (0, 1) => next => new BranchNode([inner(next), next]),
            _ => throw Unknown(),
        };
    }

    private Func<PatternNode, PatternNode> ReadLookahead(bool isNegated)
    {
        var condition = ReadAlternatives()(AcceptNode.Instance);
        Expect(')');
        return next => new LookaheadNode(condition, isNegated, next);
    }

    private (int, int) ReadQuantifier()
    {
        if (Take('?')) return (0, 1);
        if (Take('*')) return (0, int.MaxValue);
        if (Take('+')) return (1, int.MaxValue);
        if (!Take('{')) return (1, 1);
        var minimum = ReadNumber();
        var maximum = !Take(',') ? minimum : _pattern[_at] == '}' ? int.MaxValue : ReadNumber();
        Expect('}');
        return (minimum, maximum);
    }

    private int ReadNumber()
    {
        var start = _at;
        while (char.IsAsciiDigit(_pattern[_at])) _at++;
        return int.Parse(_pattern.AsSpan(start, _at - start), CultureInfo.InvariantCulture);
    }

    private CharacterSet ReadOne()
    {
        uint categories = 0;
        var ranges = new List<(int, int)>();
        var isNegated = false;
        if (Take("\\S"))
        {
            ranges.AddRange(CharacterSet.WhiteSpace);
            isNegated = true;
        }
        else if (!TryReadClass(ref categories, ranges)) Add(ranges, ReadCharacter(), null);
        return new CharacterSet(categories, ranges, isNegated);
    }

    private CharacterSet ReadSet()
    {
        uint categories = 0;
        var ranges = new List<(int, int)>();
        var isNegated = Take('^');
        while (!Take(']'))
        {
            if (TryReadClass(ref categories, ranges)) continue;
            var first = ReadCharacter();
            var isRange = _pattern[_at] == '-' && _pattern[_at + 1] != ']';
            if (isRange) _at++;
            Add(ranges, first, isRange ? ReadCharacter() : null);
        }
        return new CharacterSet(categories, ranges, isNegated);
    }

    private void Add(List<(int First, int Last)> ranges, int first, int? last)
    {
        ranges.Add((first, last ?? first));
        if (!_foldsCase || first > 'z' || !char.IsAsciiLetter((char)first)) return;
        if (last is not null) throw Unknown();
        ranges.Add((first ^ 0x20, first ^ 0x20));
    }

    private bool TryReadClass(ref uint categories, List<(int, int)> ranges)
    {
        if (Take("\\s")) ranges.AddRange(CharacterSet.WhiteSpace);
        else if (Take("\\d")) categories |= 1u << (int)UnicodeCategory.DecimalDigitNumber;
        else if (Take("\\w")) categories |= MaskOf("L") | MaskOf("M") | MaskOf("Nd") | MaskOf("Nl") | MaskOf("Pc");
        else if (Take("\\p{"))
        {
            var end = _pattern.IndexOf('}', _at);
            categories |= MaskOf(_pattern[_at..end]);
            _at = end + 1;
        }
        else return false;
        return true;
    }

    private int ReadCharacter()
    {
        if (!Take('\\'))
        {
            var codePoint = char.ConvertToUtf32(_pattern, _at);
            _at += codePoint > char.MaxValue ? 2 : 1;
            return codePoint;
        }
        var escaped = _pattern[_at++];
        return escaped switch
        {
            'r' => '\r',
            'n' => '\n',
            't' => '\t',
            _ when !char.IsAsciiLetterOrDigit(escaped) => escaped,
            _ => throw Unknown(),
        };
    }

    /// <summary>The bits of a category such as <c>Lu</c>, or of a family such as <c>L</c>.</summary>
    private uint MaskOf(string name)
    {
        const string Order = "LuLlLtLmLoMnMcMeNdNlNoZsZlZpCcCfCsCoPcPdPsPePiPfPoSmScSkSoCn";
        uint mask = 0;
        for (var i = 0; i < Order.Length; i += 2)
            if (Order.AsSpan(i, 2).StartsWith(name, StringComparison.Ordinal)) mask |= 1u << i / 2;
        return mask != 0 ? mask : throw Unknown();
    }

    private bool Take(char c)
    {
        if (_at >= _pattern.Length || _pattern[_at] != c) return false;
        _at++;
        return true;
    }

    private bool Take(string text)
    {
        if (!_pattern.AsSpan(_at).StartsWith(text, StringComparison.Ordinal)) return false;
        _at += text.Length;
        return true;
    }

    private void Expect(char c)
    {
        if (!Take(c)) throw Unknown();
    }

    private InvalidOperationException Unknown() => new($"The pattern is not understood at {_at}: {_pattern}");
}
