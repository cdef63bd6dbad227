using System.Globalization;
using System.Numerics;
using System.Text;
using Weir.Text.Jinja.Values;

namespace Weir.Text.Jinja.Syntax;

/// <summary>Parses expressions; a method for each of Jinja's levels of precedence, loosest first.</summary>
internal sealed class ExpressionParser(TokenReader tokens)
{
    private static readonly string[] Comparisons = ["==", "!=", "<", "<=", ">", ">="];

    /// <summary>Told of each name that is read.</summary>
    public Action<string>? OnName { get; set; }

    /// <summary>An expression, or several with commas between them, which are a tuple.</summary>
    /// <param name="conditional">Whether <c>a if b else c</c> may stand without brackets: not where an <c>if</c> of a
    /// loop may follow.</param>
    public Expression ParseTuple(bool conditional = true)
    {
        var line = tokens.Line;
        var first = Part();
        if (!tokens.Current.IsOperator(",")) return first;
        var items = new List<Expression> { first };
        while (tokens.Skip(","))
        {
            if (EndsTuple(tokens.Current)) break;
            items.Add(Part());
        }
        return new ListLiteral(line, items, IsTuple: true);

        Expression Part() => conditional ? ParseExpression() : ParseOr();
    }

    public Expression ParseExpression()
    {
        tokens.Enter();
        var line = tokens.Line;
        var expression = ParseOr();
        while (tokens.SkipName("if"))
        {
            var test = ParseOr();
            var otherwise = tokens.SkipName("else") ? ParseExpression() : null;
            expression = new ConditionalExpression(line, test, expression, otherwise);
        }
        tokens.Leave();
        return expression;
    }

    /// <summary>A name, or names with commas between them, in brackets or not.</summary>
    public Expression ParseTarget(bool namespaces)
    {
        var line = tokens.Line;
        var first = OneTarget(namespaces);
        if (!tokens.Current.IsOperator(",")) return first;
        var items = new List<Expression> { first };
        while (tokens.Skip(","))
        {
            if (tokens.Current.Is("in") || tokens.Current.IsOperator("=") || tokens.Current.IsOperator(")")) break;
            items.Add(OneTarget(namespaces));
        }
        return new ListLiteral(line, items, IsTuple: true);
    }

    public ArgumentList ParseArguments()
    {
        tokens.Expect("(");
        var positional = new List<Expression>();
        var named = new List<(string, Expression)>();
        Expression? more = null, moreNamed = null;
        while (!tokens.Skip(")"))
        {
            if (tokens.Skip("**")) moreNamed = ParseExpression();
            else if (tokens.Skip("*")) more = ParseExpression();
            else if (tokens.Current.Kind == TokenKind.Name && tokens.Ahead.IsOperator("="))
            {
                var name = tokens.Name();
                tokens.Next();
                named.Add((name, ParseExpression()));
            }
            else if (named.Count == 0) positional.Add(ParseExpression());
            else throw tokens.Fault("an argument without a name stands after one with a name");
            if (!tokens.Current.IsOperator(")")) tokens.Expect(",");
        }
        return new ArgumentList(positional, named, more, moreNamed);
    }

    /// <summary>One <c>name</c> or <c>name(arguments)</c> after a <c>|</c>.</summary>
    public FilterExpression ParseFilter(Expression? target)
    {
        var line = tokens.Line;
        var name = DottedName();
        return new FilterExpression(line, target, name,
            tokens.Current.IsOperator("(") ? ParseArguments() : ArgumentList.Empty);
    }

    private Expression OneTarget(bool namespaces)
    {
        var line = tokens.Line;
        if (tokens.Current.IsOperator("("))
        {
            tokens.Enter();
            tokens.Next();
            var inner = ParseTarget(namespaces);
            tokens.Expect(")");
            tokens.Leave();
            return inner;
        }
        var name = new NameExpression(line, tokens.Name());
        if (name.Name is "true" or "false" or "none" or "True" or "False" or "None" or "loop" && !namespaces)
            throw tokens.Fault($"'{name.Name}' cannot be assigned to");
        return namespaces && tokens.Skip(".") ? new AttributeExpression(line, name, tokens.Name()) : name;
    }

    private Expression ParseOr()
    {
        var left = ParseAnd();
        while (tokens.Current.Is("or"))
        {
            var line = tokens.Next().Line;
            left = new OrExpression(line, left, ParseAnd());
        }
        return left;
    }

    private Expression ParseAnd()
    {
        var left = ParseNot();
        while (tokens.Current.Is("and"))
        {
            var line = tokens.Next().Line;
            left = new AndExpression(line, left, ParseNot());
        }
        return left;
    }

    private Expression ParseNot()
    {
        if (!tokens.Current.Is("not")) return ParseComparison();
        tokens.Enter();
        var line = tokens.Next().Line;
        var negated = new UnaryExpression(line, "not", ParseNot());
        tokens.Leave();
        return negated;
    }

    private Expression ParseComparison()
    {
        var line = tokens.Line;
        var first = ParseSum();
        var rest = new List<(string, Expression)>();
        while (true)
        {
            if (tokens.Current.Kind == TokenKind.Operator && Comparisons.Contains(tokens.Current.Text))
                rest.Add((tokens.Next().Text, ParseSum()));
            else if (tokens.SkipName("in")) rest.Add(("in", ParseSum()));
            else if (tokens.Current.Is("not") && tokens.Ahead.Is("in"))
            {
                tokens.Next();
                tokens.Next();
                rest.Add(("not in", ParseSum()));
            }
            else return rest.Count == 0 ? first : new ComparisonExpression(line, first, rest);
        }
    }

    private Expression ParseSum() => ParseBinary(ParseConcat, "+", "-");

    private Expression ParseConcat()
    {
        var line = tokens.Line;
        var first = ParseProduct();
        if (!tokens.Current.IsOperator("~")) return first;
        var items = new List<Expression> { first };
        while (tokens.Skip("~")) items.Add(ParseProduct());
        return new ConcatExpression(line, items);
    }

    private Expression ParseProduct() => ParseBinary(ParsePower, "*", "/", "//", "%");

    // From left to right, unlike Python's.
    private Expression ParsePower() => ParseBinary(() => ParseUnary(), "**");

    private Expression ParseBinary(Func<Expression> operand, params string[] operators)
    {
        var left = operand();
        while (tokens.Current.Kind == TokenKind.Operator && operators.Contains(tokens.Current.Text))
        {
            var op = tokens.Next();
            left = new BinaryExpression(op.Line, op.Text, left, operand());
        }
        return left;
    }

    private Expression ParseUnary(bool withFilters = true)
    {
        Expression expression;
        if (tokens.Current.IsOperator("-") || tokens.Current.IsOperator("+"))
        {
            tokens.Enter();
            var op = tokens.Next();
            expression = new UnaryExpression(op.Line, op.Text, ParseUnary(withFilters: false));
            tokens.Leave();
        }
        else expression = ParsePrimary();
        expression = ParsePostfix(expression);
        return withFilters ? ParseFiltersAndTests(expression) : expression;
    }

    private Expression ParsePrimary()
    {
        var token = tokens.Current;
        switch (token.Kind)
        {
            case TokenKind.Name:
                tokens.Next();
                return Named(token);
            case TokenKind.String:
                var text = new StringBuilder();
                while (tokens.Current.Kind == TokenKind.String) text.Append(tokens.Next().Text);
                return new Literal(token.Line, new StringValue(text.ToString()));
            case TokenKind.Integer:
                tokens.Next();
                return new Literal(token.Line,
                    IntValue.Of(BigInteger.Parse(token.Text, CultureInfo.InvariantCulture)));
            case TokenKind.Float:
                tokens.Next();
                return new Literal(token.Line,
                    new FloatValue(double.Parse(token.Text, NumberStyles.Float, CultureInfo.InvariantCulture)));
            default:
                if (tokens.Skip("(")) return InParentheses(token.Line);
                if (tokens.Skip("[")) return new ListLiteral(token.Line, Items("]"), IsTuple: false);
                if (tokens.Skip("{")) return Dict(token.Line);
                throw tokens.Unexpected("a value");
        }
    }

    private Expression Named(Token token)
    {
        switch (token.Text)
        {
            case "true" or "True": return new Literal(token.Line, BoolValue.True);
            case "false" or "False": return new Literal(token.Line, BoolValue.False);
            case "none" or "None": return new Literal(token.Line, NoneValue.Instance);
            default:
                OnName?.Invoke(token.Text);
                return new NameExpression(token.Line, token.Text);
        }
    }

    private Expression InParentheses(int line)
    {
        if (tokens.Skip(")")) return new ListLiteral(line, [], IsTuple: true);
        var inner = ParseTuple();
        tokens.Expect(")");
        return inner;
    }

    private List<Expression> Items(string close)
    {
        var items = new List<Expression>();
        while (!tokens.Skip(close))
        {
            items.Add(ParseExpression());
            if (!tokens.Current.IsOperator(close)) tokens.Expect(",");
        }
        return items;
    }

    private DictLiteral Dict(int line)
    {
        var items = new List<(Expression, Expression)>();
        while (!tokens.Skip("}"))
        {
            var key = ParseExpression();
            tokens.Expect(":");
            items.Add((key, ParseExpression()));
            if (!tokens.Current.IsOperator("}")) tokens.Expect(",");
        }
        return new DictLiteral(line, items);
    }

    private Expression ParsePostfix(Expression expression)
    {
        while (true)
        {
            var line = tokens.Line;
            if (tokens.Skip("."))
            {
                expression = tokens.Current.Kind == TokenKind.Integer
                    ? new ItemExpression(line, expression, ParsePrimary())
                    : new AttributeExpression(line, expression, tokens.Name());
            }
            else if (tokens.Skip("[")) expression = Subscript(line, expression);
            else if (tokens.Current.IsOperator("("))
                expression = new CallExpression(line, expression, ParseArguments());
            else return expression;
        }
    }

    private Expression Subscript(int line, Expression target)
    {
        var start = tokens.Current.IsOperator(":") ? null : ParseTuple();
        if (!tokens.Skip(":"))
        {
            tokens.Expect("]");
            return new ItemExpression(line, target, start!);
        }
        var stop = Part();
        var step = tokens.Skip(":") ? Part() : null;
        tokens.Expect("]");
        return new SliceExpression(line, target, start, stop, step);

        Expression? Part() =>
            tokens.Current.IsOperator(":") || tokens.Current.IsOperator("]") ? null : ParseExpression();
    }

    private Expression ParseFiltersAndTests(Expression expression)
    {
        while (true)
        {
            var line = tokens.Line;
            if (tokens.Skip("|")) expression = ParseFilter(expression);
            else if (tokens.SkipName("is")) expression = ParseTest(line, expression);
            // A call after a filter or a test calls its result.
            else if (tokens.Current.IsOperator("("))
                expression = new CallExpression(line, expression, ParseArguments());
            else return expression;
        }
    }

    private Expression ParseTest(int line, Expression target)
    {
        var negated = tokens.SkipName("not");
        var name = DottedName();
        var arguments = ArgumentList.Empty;
        if (tokens.Current.IsOperator("(")) arguments = ParseArguments();
        else if (BeginsArgument(tokens.Current))
        {
            tokens.Enter();
            arguments = new ArgumentList([ParsePostfix(ParsePrimary())], []);
            tokens.Leave();
        }
        Expression test = new TestExpression(line, target, name, arguments);
        return negated ? new UnaryExpression(line, "not", test) : test;
    }

    // After "is divisibleby" a value may follow without brackets, but not one of the words that go on after a test.
    private static bool BeginsArgument(Token token) => token.Kind switch
    {
        TokenKind.Name => token.Text is not ("else" or "or" or "and" or "if" or "is" or "in" or "not"),
        TokenKind.String or TokenKind.Integer or TokenKind.Float => true,
        _ => token.IsOperator("[") || token.IsOperator("{"),
    };

    private static bool EndsTuple(Token token) => token.Kind is TokenKind.BlockEnd or TokenKind.OutputEnd
        || token.IsOperator(")") || token.IsOperator("]") || token.IsOperator("=");

    private string DottedName()
    {
        var name = new StringBuilder(tokens.Name());
        while (tokens.Skip(".")) name.Append('.').Append(tokens.Name());
        return name.ToString();
    }
}
