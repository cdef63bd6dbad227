using Weir.Text.Jinja.Values;

namespace Weir.Text.Jinja.Syntax;

internal enum TokenKind { Text, BlockBegin, BlockEnd, OutputBegin, OutputEnd, Name, Integer, Float, String, Operator,
    End }

/// <summary>A piece of a template's source.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Plain text after white-space control; a name; a number's digits; a string's value; an
/// operator.</param>
/// <param name="Line">From 1.</param>
internal readonly record struct Token(TokenKind Kind, string Text, int Line)
{
    public bool Is(string name) => Kind == TokenKind.Name && Text == name;

    public bool IsOperator(string text) => Kind == TokenKind.Operator && Text == text;

    public override string ToString() => Kind switch
    {
        TokenKind.BlockEnd => "'%}'",
        TokenKind.OutputEnd => "'}}'",
        TokenKind.Text => "text",
        TokenKind.End => "the end of the template",
        _ => $"'{Text}'",
    };
}

/// <summary>The tokens of a template, with a place in them.</summary>
internal sealed class TokenReader(IReadOnlyList<Token> tokens)
{
    private int _at, _nesting;

    public Token Current => tokens[_at];

    public Token Ahead => tokens[Math.Min(_at + 1, tokens.Count - 1)];

    public int Line => Current.Line;

    public Token Next()
    {
        var token = tokens[_at];
        if (_at < tokens.Count - 1) _at++;
        return token;
    }

    public bool Skip(string op)
    {
        if (!Current.IsOperator(op)) return false;
        Next();
        return true;
    }

    public bool SkipName(string name)
    {
        if (!Current.Is(name)) return false;
        Next();
        return true;
    }

    public void Expect(string op)
    {
        if (!Skip(op)) throw Unexpected($"'{op}'");
    }

    public void ExpectName(string name)
    {
        if (!SkipName(name)) throw Unexpected($"'{name}'");
    }

    public string Name() => Current.Kind == TokenKind.Name ? Next().Text : throw Unexpected("a name");

    public void Expect(TokenKind kind, string what)
    {
        if (Current.Kind != kind) throw Unexpected(what);
        Next();
    }

    public TemplateFaultException Unexpected(string wanted) => Fault($"{wanted} is expected, not {Current}");

    public TemplateFaultException Fault(string message) => new(message, Line);

    /// <summary>Every call has its <see cref="Leave"/>, but after a fault, which ends the parsing.</summary>
    public void Enter()
    {
        if (++_nesting > JinjaLimits.Nesting) throw Fault($"it is nested more than {JinjaLimits.Nesting} levels deep");
    }

    public void Leave() => _nesting--;
}
