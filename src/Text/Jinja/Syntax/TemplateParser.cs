using Weir.Text.Jinja.Values;

namespace Weir.Text.Jinja.Syntax;

/// <summary>Parses a template's source into statements.</summary>
internal sealed class TemplateParser
{
    private readonly TokenReader _tokens;
    private readonly ExpressionParser _expressions;
    // Names that the bodies of the macros around read, innermost last.
    private readonly Stack<HashSet<string>> _macros = new();
    private int _loops;

    private TemplateParser(string source)
    {
        _tokens = new TokenReader(TemplateLexer.Tokenise(source));
        _expressions = new ExpressionParser(_tokens)
        {
            OnName = name =>
            {
                if (_macros.TryPeek(out var names)) names.Add(name);
            },
        };
    }

    /// <exception cref="TemplateFaultException">The source is no template that is supported.</exception>
    public static IReadOnlyList<Statement> Parse(string source)
    {
        if (source.Length > JinjaLimits.SourceCharacters)
            throw new TemplateFaultException($"it has more than {JinjaLimits.SourceCharacters:N0} characters", 1);
        var parser = new TemplateParser(source);
        var statements = parser.ParseBody();
        return parser._tokens.Current.Kind == TokenKind.End ? statements
            : throw parser._tokens.Fault($"{parser._tokens.Ahead} closes nothing");
    }

    // Statements up to a block that one of the names opens, of which the name is the next token afterwards, or up to
    // the end of the template where no name is given.
    private List<Statement> ParseBody(params ReadOnlySpan<string> ends)
    {
        _tokens.Enter();
        var body = new List<Statement>();
        while (true)
        {
            var token = _tokens.Current;
            if (token.Kind == TokenKind.End)
            {
                if (ends.Length > 0) throw _tokens.Unexpected($"{{% {ends[^1]} %}}");
                break;
            }
            if (token.Kind == TokenKind.BlockBegin && IsEnd(_tokens.Ahead.Text))
            {
                if (ends.IndexOf(_tokens.Ahead.Text) >= 0) _tokens.Next();
                else if (ends.Length > 0)
                {
                    _tokens.Next();
                    throw _tokens.Unexpected($"{{% {ends[^1]} %}}");
                }
                break;
            }
            _tokens.Next();
            body.Add(token.Kind switch
            {
                TokenKind.Text => new TextStatement(token.Line, token.Text),
                TokenKind.OutputBegin => ParseOutput(token.Line),
                _ => ParseBlock(token.Line),
            });
        }
        _tokens.Leave();
        return body;
    }

    private static bool IsEnd(string name) =>
        name is "else" or "elif" || name.StartsWith("end", StringComparison.Ordinal);

    private OutputStatement ParseOutput(int line)
    {
        var value = _expressions.ParseTuple();
        _tokens.Expect(TokenKind.OutputEnd, "'}}'");
        return new OutputStatement(line, value);
    }

    private Statement ParseBlock(int line)
    {
        var name = _tokens.Name();
        switch (name)
        {
            case "if": return ParseIf(line);
            case "for": return ParseFor(line);
            case "set": return ParseSet(line);
            case "macro": return ParseMacro(line);
            case "call": return ParseCall(line);
            case "filter": return new FilterBlockStatement(line, ParseFilters(first: true), BlockOf("endfilter"));
            case "with": return ParseWith(line);
            case "generation": return new GenerationStatement(line, BlockOf("endgeneration"));
            case "break" or "continue":
                if (_loops == 0) throw _tokens.Fault($"'{name}' stands outside of a loop");
                EndBlock();
                return name == "break" ? new BreakStatement(line) : new ContinueStatement(line);
            default:
                throw new TemplateFaultException($"the tag '{name}' is not supported; write it with if, for, set, "
                    + "macro, call, filter, with, generation, break and continue", line);
        }
    }

    private IfStatement ParseIf(int line)
    {
        var branches = new List<(Expression?, IReadOnlyList<Statement>)>();
        while (true)
        {
            var test = _expressions.ParseTuple(conditional: true);
            EndBlock();
            branches.Add((test, ParseBody("elif", "else", "endif")));
            if (_tokens.SkipName("elif")) continue;
            if (_tokens.SkipName("else"))
            {
                EndBlock();
                branches.Add((null, ParseBody("endif")));
            }
            _tokens.ExpectName("endif");
            EndBlock();
            return new IfStatement(line, branches);
        }
    }

    private ForStatement ParseFor(int line)
    {
        var target = _expressions.ParseTarget(namespaces: false);
        _tokens.ExpectName("in");
        var source = _expressions.ParseTuple(conditional: false);
        var filter = _tokens.SkipName("if") ? _expressions.ParseExpression() : null;
        if (_tokens.Current.Is("recursive"))
            throw _tokens.Fault("'recursive' loops are not supported; write a macro that calls itself");
        EndBlock();
        _loops++;
        var body = ParseBody("else", "endfor");
        _loops--;
        IReadOnlyList<Statement> otherwise = [];
        if (_tokens.SkipName("else"))
        {
            EndBlock();
            otherwise = ParseBody("endfor");
        }
        _tokens.ExpectName("endfor");
        EndBlock();
        return new ForStatement(line, target, source, filter, body, otherwise);
    }

    private Statement ParseSet(int line)
    {
        var target = _expressions.ParseTarget(namespaces: true);
        if (_tokens.Skip("="))
        {
            var value = _expressions.ParseTuple();
            EndBlock();
            return new SetStatement(line, target, value);
        }
        if (target is ListLiteral) throw _tokens.Unexpected("'='");
        return new SetBlockStatement(line, target, ParseFilters(first: false), BlockOf("endset"));
    }

    private WithStatement ParseWith(int line)
    {
        var values = new List<(Expression, Expression)>();
        while (_tokens.Current.Kind != TokenKind.BlockEnd)
        {
            if (values.Count > 0) _tokens.Expect(",");
            // Commas part the assignments, so each has one name.
            var target = new NameExpression(_tokens.Line, _tokens.Name());
            _tokens.Expect("=");
            values.Add((target, _expressions.ParseExpression()));
        }
        return new WithStatement(line, values, BlockOf("endwith"));
    }

    private MacroStatement ParseMacro(int line)
    {
        var name = _tokens.Name();
        return new MacroStatement(line, ParseDefinition(name, ParseParameters(), "endmacro"));
    }

    private CallStatement ParseCall(int line)
    {
        var parameters = _tokens.Current.IsOperator("(") ? ParseParameters() : [];
        if (_expressions.ParseExpression() is not CallExpression call)
            throw _tokens.Fault("'call' needs a call of a macro");
        return new CallStatement(line, call, ParseDefinition("caller", parameters, "endcall"));
    }

    private List<(string, Expression?)> ParseParameters()
    {
        var parameters = new List<(string, Expression?)>();
        _tokens.Expect("(");
        while (!_tokens.Skip(")"))
        {
            var name = _tokens.Name();
            var value = _tokens.Skip("=") ? _expressions.ParseExpression() : null;
            if (value is null && parameters.Count > 0 && parameters[^1].Item2 is not null)
                throw _tokens.Fault($"the parameter '{name}' without a default stands after one with a default");
            parameters.Add((name, value));
            if (!_tokens.Current.IsOperator(")")) _tokens.Expect(",");
        }
        return parameters;
    }

    private MacroDefinition ParseDefinition(string name, List<(string, Expression?)> parameters, string end)
    {
        var loops = _loops;
        _loops = 0;
        _macros.Push([]);
        var body = BlockOf(end);
        _loops = loops;
        var names = _macros.Pop();
        return new MacroDefinition(name, parameters, body, names.Contains("varargs"), names.Contains("kwargs"));
    }

    private List<FilterExpression> ParseFilters(bool first)
    {
        var filters = new List<FilterExpression>();
        if (first) filters.Add(_expressions.ParseFilter(null));
        while (_tokens.Skip("|")) filters.Add(_expressions.ParseFilter(null));
        return filters;
    }

    // The rest of an opening block, its body, and the whole closing block.
    private List<Statement> BlockOf(string end)
    {
        EndBlock();
        var body = ParseBody(end);
        _tokens.ExpectName(end);
        // Jinja lets a macro's name stand again.
        if (end == "endmacro" && _tokens.Current.Kind == TokenKind.Name) _tokens.Next();
        EndBlock();
        return body;
    }

    private void EndBlock() => _tokens.Expect(TokenKind.BlockEnd, "'%}'");
}
