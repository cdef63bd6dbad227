using System.Globalization;
using System.Text;
using Weir.Text.Jinja.Values;

namespace Weir.Text.Jinja.Syntax;

/// <summary>Reads the names, numbers, strings and operators inside a tag.</summary>
internal sealed class ExpressionLexer(string source)
{
    private static readonly string[] Operators =
        ["**", "//", "==", "!=", ">=", "<=", "+", "-", "*", "/", "%", "~", "[", "]", "(", ")", "{", "}", "<", ">", "=",
            ".", ":", "|", ","];
    private readonly Stack<char> _open = new();

    /// <summary>Whether no bracket is open, so that the tag may end.</summary>
    public bool IsBalanced => _open.Count == 0;

    public Token Read(int at, int line, out int end)
    {
        var c = source[at];
        end = at + 1;
        if (char.IsAsciiDigit(c)) return Number(at, line, out end);
        if (IsNamePart(c))
        {
            while (end < source.Length && IsNamePart(source[end])) end++;
            return new Token(TokenKind.Name, source[at..end], line);
        }
        if (c is '"' or '\'') return new Token(TokenKind.String, StringText(at, line, out end), line);
        foreach (var op in Operators)
        {
            if (string.CompareOrdinal(source, at, op, 0, op.Length) != 0) continue;
            end = at + op.Length;
            Balance(op[0], line);
            return new Token(TokenKind.Operator, op, line);
        }
        throw new TemplateFaultException($"the character '{c}' means nothing here", line);
    }

    private void Balance(char c, int line)
    {
        if (c is '(' or '[' or '{') _open.Push(c switch { '(' => ')', '[' => ']', _ => '}' });
        else if (c is ')' or ']' or '}' && (_open.Count == 0 || _open.Pop() != c))
            throw new TemplateFaultException($"'{c}' closes nothing", line);
    }

    private static bool IsNamePart(char c) => char.IsLetterOrDigit(c) || c == '_';

    // Digits with single underscores between them; a fraction or an exponent makes a float, but not after a dot
    // (in "a.1.2" both are indices).
    private Token Number(int at, int line, out int end)
    {
        if (source[at] == '0' && at + 1 < source.Length && (source[at + 1] | 0x20) is 'x' or 'o' or 'b')
            return Prefixed(at, line, out end);
        end = Digits(at);
        var isFloat = false;
        if (at == 0 || source[at - 1] != '.')
        {
            if (end + 1 < source.Length && source[end] == '.' && char.IsAsciiDigit(source[end + 1]))
            {
                isFloat = true;
                end = Digits(end + 1);
            }
            if (end < source.Length && (source[end] | 0x20) == 'e')
            {
                var exponent = end + 1;
                if (exponent < source.Length && source[exponent] is '+' or '-') exponent++;
                if (exponent < source.Length && char.IsAsciiDigit(source[exponent]))
                {
                    isFloat = true;
                    end = Digits(exponent);
                }
            }
        }
        var text = source[at..end].Replace("_", "");
        if (text.Length > JinjaLimits.IntegerDigits)
            throw new TemplateFaultException($"a number has more than {JinjaLimits.IntegerDigits} digits", line);
        return new Token(isFloat ? TokenKind.Float : TokenKind.Integer, text, line);
    }

    private int Digits(int at)
    {
        while (at < source.Length && (char.IsAsciiDigit(source[at]) || source[at] == '_' && at + 1 < source.Length
            && char.IsAsciiDigit(source[at + 1]))) at++;
        return at;
    }

    private Token Prefixed(int at, int line, out int end)
    {
        var radix = (source[at + 1] | 0x20) switch { 'x' => 16, 'o' => 8, _ => 2 };
        end = at + 2;
        long value = 0;
        for (; end < source.Length && (char.IsAsciiHexDigit(source[end]) || source[end] == '_'); end++)
        {
            if (source[end] == '_') continue;
            var digit = Convert.ToInt32(source[end].ToString(), 16);
            if (digit >= radix || value > (long.MaxValue - digit) / radix)
                throw new TemplateFaultException("a number is written wrongly or too large", line);
            value = value * radix + digit;
        }
        if (end == at + 2) throw new TemplateFaultException("a number has no digits", line);
        return new Token(TokenKind.Integer, value.ToString(CultureInfo.InvariantCulture), line);
    }

    private string StringText(int at, int line, out int end)
    {
        var quote = source[at];
        var text = new StringBuilder();
        for (end = at + 1; end < source.Length && source[end] != quote; end++)
        {
            if (source[end] != '\\') text.Append(source[end]);
            else if (end + 1 < source.Length) end = Escape(end + 1, text, line);
        }
        if (end++ >= source.Length) throw new TemplateFaultException("a string is not closed", line);
        return text.ToString();
    }

    // Python's escapes; one that it does not know stays as it is written. Returns the place of the last character.
    private int Escape(int at, StringBuilder text, int line)
    {
        var c = source[at];
        switch (c)
        {
            case '\n': return at;
            case 'n': text.Append('\n'); return at;
            case 't': text.Append('\t'); return at;
            case 'r': text.Append('\r'); return at;
            case 'a': text.Append('\a'); return at;
            case 'b': text.Append('\b'); return at;
            case 'f': text.Append('\f'); return at;
            case 'v': text.Append('\v'); return at;
            case '\\' or '\'' or '"': text.Append(c); return at;
            case 'x': return Hexadecimal(at, 2, text, line);
            case 'u': return Hexadecimal(at, 4, text, line);
            case 'U': return Hexadecimal(at, 8, text, line);
            case 'N': throw new TemplateFaultException("characters by name (\\N{...}) are not supported; write the "
                + "character itself", line);
            case >= '0' and <= '7':
                var value = 0;
                var end = at;
                for (; end < Math.Min(at + 3, source.Length) && source[end] is >= '0' and <= '7'; end++)
                    value = value * 8 + (source[end] - '0');
                text.Append((char)value);
                return end - 1;
            default: text.Append('\\').Append(c); return at;
        }
    }

    private int Hexadecimal(int at, int digits, StringBuilder text, int line)
    {
        if (at + digits >= source.Length || !int.TryParse(source.AsSpan(at + 1, digits), NumberStyles.AllowHexSpecifier,
            CultureInfo.InvariantCulture, out var code) || code is < 0 or > 0x10FFFF)
            throw new TemplateFaultException($"the escape \\{source[at]} needs {digits} hexadecimal digits", line);
        text.Append(code < 0x10000 ? ((char)code).ToString() : char.ConvertFromUtf32(code));
        return at + digits;
    }
}
