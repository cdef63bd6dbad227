using Weir.Text.Jinja.Values;

namespace Weir.Text.Jinja.Syntax;

/// <summary>Cuts a template's source into text and tags, with Jinja's white-space control as Hugging Face sets it:
/// <c>trim_blocks</c> and <c>lstrip_blocks</c> are on, and one line end at the very end is dropped.</summary>
internal sealed class TemplateLexer
{
    private readonly string _source;
    private readonly List<Token> _tokens = [];
    private int _at, _line = 1;
    // Whether the tag before ended a line, so that white space up to the next block tag may be an indentation.
    private bool _lineStarts = true;

    private TemplateLexer(string source) => _source = source;

    public static IReadOnlyList<Token> Tokenise(string source)
    {
        source = source.Replace("\r\n", "\n").Replace('\r', '\n');
        if (source.EndsWith('\n')) source = source[..^1];
        var lexer = new TemplateLexer(source);
        lexer.ReadAll();
        return lexer._tokens;
    }

    private void ReadAll()
    {
        while (_at < _source.Length)
        {
            var open = FindTag(_at);
            if (open < 0)
            {
                Add(TokenKind.Text, _source[_at..]);
                break;
            }
            var kind = _source[open + 1];
            var text = StripBeforeTag(_source[_at..open], open, isOutput: kind == '{');
            if (text.Length > 0) Add(TokenKind.Text, text);
            MoveTo(open);
            if (kind == '#') SkipComment();
            else if (kind == '%' && IsRaw(open, out var afterRaw)) ReadRaw(afterRaw);
            else ReadTag(kind == '%');
        }
        Add(TokenKind.End, "");
    }

    private int FindTag(int from)
    {
        for (; (from = _source.IndexOf('{', from)) >= 0; from++)
            if (from + 1 < _source.Length && _source[from + 1] is '{' or '%' or '#') return from;
        return -1;
    }

    // A '-' strips all white space before a tag; without a sign, a block or comment strips its own indentation.
    private string StripBeforeTag(string text, int open, bool isOutput)
    {
        var sign = open + 2 < _source.Length ? _source[open + 2] : '\0';
        if (sign == '-') return TrimEnd(text);
        if (sign == '+' || isOutput) return text;
        var lineStart = text.LastIndexOf('\n') + 1;
        return (lineStart > 0 || _lineStarts) && IsBlank(text.AsSpan(lineStart)) ? text[..lineStart] : text;
    }

    private void SkipComment()
    {
        // In "{#-#}" the sign is the beginning's alone.
        var begin = _at + (_at + 2 < _source.Length && _source[_at + 2] is '-' or '+' ? 3 : 2);
        var end = begin > _source.Length ? -1 : _source.IndexOf("#}", begin, StringComparison.Ordinal);
        if (end < 0) throw Fault("a comment is not closed: '#}' is missing");
        EndTag(end + 2, sign: end > begin ? _source[end - 1] : '\0', isBlock: true);
    }

    private void ReadTag(bool isBlock)
    {
        Add(isBlock ? TokenKind.BlockBegin : TokenKind.OutputBegin, "");
        MoveTo(_at + 2);
        if (_at < _source.Length && _source[_at] is '-' or '+') MoveTo(_at + 1);
        var close = isBlock ? '%' : '}';
        var expression = new ExpressionLexer(_source);
        while (true)
        {
            SkipSpace();
            if (_at >= _source.Length)
                throw Fault($"a tag is not closed: '{close}}}' is missing");
            if (expression.IsBalanced && IsTagEnd(close, isBlock, out var sign))
            {
                Add(isBlock ? TokenKind.BlockEnd : TokenKind.OutputEnd, "");
                EndTag(_at + (sign == '\0' ? 2 : 3), sign, isBlock);
                return;
            }
            var token = expression.Read(_at, _line, out var end);
            _tokens.Add(token);
            MoveTo(end);
        }
    }

    private bool IsTagEnd(char close, bool isBlock, out char sign)
    {
        sign = _source[_at];
        var at = _at + 1;
        if (sign == close)
        {
            sign = '\0';
            at = _at;
        }
        else if (sign != '-' && !(sign == '+' && isBlock)) return false;
        return at + 1 < _source.Length && _source[at] == close && _source[at + 1] == '}';
    }

    // What follows the end of a tag: '-' drops all white space, a block drops one line end but for '+'.
    private void EndTag(int end, char sign, bool isBlock)
    {
        if (sign == '-')
            while (end < _source.Length && CodePoints.IsSpace(_source[end])) end++;
        else if (isBlock && sign != '+' && end < _source.Length && _source[end] == '\n') end++;
        MoveTo(end);
        _lineStarts = _source[end - 1] == '\n';
    }

    private bool IsRaw(int open, out int end)
    {
        end = open + 2;
        if (end < _source.Length && _source[end] is '-' or '+') end++;
        return IsTagNamed("raw", ref end);
    }

    // From after the opening: white space, the name, white space, and an end of which the sign is looked at later.
    private bool IsTagNamed(string name, ref int at)
    {
        while (at < _source.Length && CodePoints.IsSpace(_source[at])) at++;
        if (string.CompareOrdinal(_source, at, name, 0, name.Length) != 0) return false;
        at += name.Length;
        while (at < _source.Length && CodePoints.IsSpace(_source[at])) at++;
        var signed = at < _source.Length && _source[at] is '-' or '+';
        return string.CompareOrdinal(_source, at + (signed ? 1 : 0), "%}", 0, 2) == 0;
    }

    private void ReadRaw(int nameEnd)
    {
        var sign = _source[nameEnd];
        // Unlike other blocks, the beginning of raw text keeps its line end.
        EndTag(nameEnd + (sign == '%' ? 2 : 3), sign, isBlock: false);
        for (var open = _at; (open = _source.IndexOf("{%", open, StringComparison.Ordinal)) >= 0; open++)
        {
            var end = open + 2;
            if (end < _source.Length && _source[end] is '-' or '+') end++;
            if (!IsTagNamed("endraw", ref end)) continue;
            var text = StripBeforeTag(_source[_at..open], open, isOutput: false);
            if (text.Length > 0) Add(TokenKind.Text, text);
            EndTag(end + (_source[end] == '%' ? 2 : 3), _source[end], isBlock: true);
            return;
        }
        throw Fault("'raw' is not closed: '{% endraw %}' is missing");
    }

    private void SkipSpace()
    {
        var at = _at;
        while (at < _source.Length && CodePoints.IsSpace(_source[at])) at++;
        MoveTo(at);
    }

    private void MoveTo(int at)
    {
        _line += _source.AsSpan(_at, at - _at).Count('\n');
        _at = at;
    }

    private void Add(TokenKind kind, string text) => _tokens.Add(new Token(kind, text, _line));

    private TemplateFaultException Fault(string message) => new(message, _line);

    private static bool IsBlank(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
            if (!CodePoints.IsSpace(c)) return false;
        return true;
    }

    private static string TrimEnd(string text)
    {
        var end = text.Length;
        while (end > 0 && CodePoints.IsSpace(text[end - 1])) end--;
        return text[..end];
    }
}
