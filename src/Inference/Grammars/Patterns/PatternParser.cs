using System.Globalization;
using System.Text;
using Weir.Formats.Bcl;
using Weir.Inference.Grammars.Automata;

namespace Weir.Inference.Grammars.Patterns;

/// <summary>Reads the regular expressions of ECMA-262, in whole characters, without what no finite automaton can do
/// (back references) or what this one does not (look-around, word boundaries, flags).</summary>
internal sealed class PatternParser
{
    private readonly string _pattern;
    private readonly int[] _text;
    private int _at, _depth;

    private PatternParser(string pattern)
    {
        _pattern = pattern;
        _text = [.. pattern.EnumerateRunes().Select(r => r.Value)];
    }

    /// <exception cref="UserErrorException">It is no regular expression, or one with an unsupported part.</exception>
    public static PatternNode Parse(string pattern)
    {
        if (pattern.Length > GrammarLimits.MaximumPatternCharacters)
            throw new UserErrorException($"A regular expression has {pattern.Length} characters; at most "
                + $"{GrammarLimits.MaximumPatternCharacters} are allowed.");
        var parser = new PatternParser(pattern);
        var node = parser.ReadAlternatives();
        return parser._at == parser._text.Length ? node : throw parser.Error("the ')' closes no group");
    }

    private PatternNode ReadAlternatives()
    {
        var parts = new List<PatternNode> { ReadSequence() };
        while (TryRead('|')) parts.Add(ReadSequence());
        return parts.Count == 1 ? parts[0] : new PatternNode.Alternatives(parts);
    }

    private PatternNode ReadSequence()
    {
        var parts = new List<PatternNode>();
        while (_at < _text.Length && _text[_at] is not ('|' or ')'))
        {
            var part = ReadAtom();
            if (ReadQuantifier() is { } counts)
            {
                if (part is PatternNode.Anchor) throw Error("an anchor cannot be repeated");
                part = new PatternNode.Repeat(part, counts.Minimum, counts.Maximum);
            }
            parts.Add(part); // a second quantifier is read as an atom, and refused there
        }
        return parts.Count == 1 ? parts[0] : new PatternNode.Sequence(parts);
    }

    private PatternNode ReadAtom()
    {
        int c = _text[_at++];
        switch (c)
        {
            case '(': return ReadGroup();
            case '[': return new PatternNode.Characters(ReadClass());
            case '.': return new PatternNode.Characters(CodePointSet.LineEnds.Negated());
            case '^': return new PatternNode.Anchor(IsStart: true);
            case '$': return new PatternNode.Anchor(IsStart: false);
            case '*' or '+' or '?': throw Error("there is nothing to repeat");
            case '{' when IsQuantifier(): throw Error("there is nothing to repeat");
            case '\\': return new PatternNode.Characters(ReadEscape(inClass: false));
            default: return new PatternNode.Characters(CodePointSet.Of((c, c)));
        }
    }

    private PatternNode ReadGroup()
    {
        if (++_depth > GrammarLimits.MaximumPatternDepth)
            throw Error($"groups are nested more than {GrammarLimits.MaximumPatternDepth} deep");
        if (TryRead('?') && !TryRead(':'))
        {
            bool named = TryRead('<') && Peek() is not ('=' or '!' or -1);
            if (!named) throw Error("look-around, flags and atomic groups are not supported");
            while (!TryRead('>'))
                if (_at++ >= _text.Length) throw Error("the group's name does not end");
        }
        var inner = ReadAlternatives();
        if (!TryRead(')')) throw Error("a group is not closed");
        _depth--;
        return inner;
    }

    private (int Minimum, int? Maximum)? ReadQuantifier()
    {
        (int, int?)? found = Peek() switch
        {
            '*' => (0, null),
            '+' => (1, null),
            '?' => (0, 1),
            _ => null,
        };
        if (found is not null) _at++;
        else if (Peek() == '{') found = ReadCounts();
        // Lazy or not, the language is the same.
        if (found is not null) TryRead('?');
        return found;
    }

    /// <summary><c>{2}</c>, <c>{2,}</c>, <c>{2,5}</c>; any other brace is the character itself.</summary>
    private (int, int?)? ReadCounts()
    {
        int start = _at++;
        int? minimum = ReadNumber(), maximum = minimum;
        if (minimum is not null && TryRead(',')) maximum = Peek() == '}' ? null : ReadNumber() ?? -1;
        if (minimum is null || maximum == -1 || !TryRead('}'))
        {
            _at = start;
            return null;
        }
        if (maximum < minimum) throw Error("the counts are in the wrong order");
        return (minimum.Value, maximum);
    }

    private bool IsQuantifier()
    {
        int back = _at--;
        bool isQuantifier = ReadCounts() is not null;
        _at = back;
        return isQuantifier;
    }

    private int? ReadNumber()
    {
        int start = _at, value = 0;
        while (Peek() is >= '0' and <= '9')
        {
            value = value * 10 + _text[_at++] - '0';
            if (value > GrammarLimits.MaximumRepeats)
                throw Error($"at most {GrammarLimits.MaximumRepeats} repetitions are allowed");
        }
        return _at == start ? null : value;
    }

    private CodePointSet ReadClass()
    {
        bool negated = TryRead('^');
        var ranges = new List<(int, int)>();
        while (!TryRead(']'))
        {
            var low = ReadClassItem();
            bool isRange = Peek() == '-' && _at + 1 < _text.Length && _text[_at + 1] != ']';
            if (!isRange || !IsSingle(low))
            {
                ranges.AddRange(low.Ranges);
                continue;
            }
            _at++;
            var high = ReadClassItem();
            if (!IsSingle(high))
            {
                ranges.AddRange([.. low.Ranges, ('-', '-'), .. high.Ranges]);
                continue;
            }
            if (high.Ranges[0].Low < low.Ranges[0].Low) throw Error("a range is in the wrong order");
            ranges.Add((low.Ranges[0].Low, high.Ranges[0].Low));
        }
        var set = CodePointSet.Of(ranges);
        return negated ? set.Negated() : set;
    }

    private static bool IsSingle(CodePointSet set) => set.Ranges.Count == 1 && set.Ranges[0].Low == set.Ranges[0].High;

    private CodePointSet ReadClassItem()
    {
        if (_at >= _text.Length) throw Error("a class is not closed");
        int c = _text[_at++];
        return c == '\\' ? ReadEscape(inClass: true) : CodePointSet.Of((c, c));
    }

    private CodePointSet ReadEscape(bool inClass)
    {
        if (_at >= _text.Length) throw Error("a '\\' escapes nothing");
        int c = _text[_at++];
        switch (c)
        {
            case 'd': return CodePointSet.Digits;
            case 'D': return CodePointSet.Digits.Negated();
            case 'w': return CodePointSet.WordCharacters;
            case 'W': return CodePointSet.WordCharacters.Negated();
            case 's': return CodePointSet.WhiteSpace;
            case 'S': return CodePointSet.WhiteSpace.Negated();
            case 'p': return ReadCategory();
            case 'P': return ReadCategory().Negated();
            case 'b' when !inClass: throw Error("word boundaries are not supported");
            case 'B' when !inClass: throw Error("word boundaries are not supported");
            case 'k' or (>= '1' and <= '9'): throw Error("references to groups are not supported");
        }
        int single = c switch
        {
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'v' => '\v',
            'f' => '\f',
            'b' => '\b',
            '0' => 0,
            'x' => ReadHex(2),
            'u' => ReadUnicode(),
            'c' when Peek() is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') => _text[_at++] & 0x1F,
            (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') =>
                throw Error($"the escape '\\{new Rune(c)}' is not supported"),
            _ => c,
        };
        return CodePointSet.Of((single, single));
    }

    private int ReadUnicode()
    {
        if (TryRead('{'))
        {
            int value = 0;
            while (!TryRead('}'))
            {
                value = value * 16 + ReadHex(1);
                if (value > 0x10FFFF) throw Error("there is no such character");
            }
            return value;
        }
        int unit = ReadHex(4);
        if (!char.IsHighSurrogate((char)unit) || Peek() != '\\' || _at + 1 >= _text.Length || _text[_at + 1] != 'u')
            return unit;
        int back = _at;
        _at += 2;
        int low = ReadHex(4);
        if (char.IsLowSurrogate((char)low)) return char.ConvertToUtf32((char)unit, (char)low);
        _at = back;
        return unit;
    }

    private int ReadHex(int digits)
    {
        int value = 0;
        for (int i = 0; i < digits; i++)
        {
            if (Peek() is var c && (c < 0 || !char.IsAsciiHexDigit((char)Math.Min(c, 0xFFFF))))
                throw Error("hexadecimal digits are missing");
            value = value * 16 + Convert.ToInt32(((char)_text[_at++]).ToString(), 16);
        }
        return value;
    }

    private CodePointSet ReadCategory()
    {
        if (!TryRead('{')) throw Error("the category's name in braces is missing");
        var name = new StringBuilder();
        while (!TryRead('}'))
        {
            if (_at >= _text.Length) throw Error("the category's name does not end");
            name.Append(new Rune(_text[_at++]));
        }
        return CodePointSet.OfCategory(name.ToString())
            ?? throw Error($"the category '{name}' is not known; general categories such as L, Lu or Nd are");
    }

    private int Peek() => _at < _text.Length ? _text[_at] : -1;

    private bool TryRead(int c)
    {
        if (Peek() != c) return false;
        _at++;
        return true;
    }

    private UserErrorException Error(string what)
    {
        var shown = _pattern.Length <= 100 ? _pattern : string.Concat(_pattern.AsSpan(0, 97), "...");
        return new UserErrorException(
            string.Create(CultureInfo.InvariantCulture, $"The regular expression '{shown}', character {_at}: {what}."));
    }
}
