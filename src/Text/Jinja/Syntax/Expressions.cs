using Weir.Text.Jinja.Values;

namespace Weir.Text.Jinja.Syntax;

/// <summary>An expression of a template.</summary>
/// <param name="Line">Of the source, from 1.</param>
internal abstract record Expression(int Line);

internal sealed record Literal(int Line, JinjaValue Value) : Expression(Line);

internal sealed record NameExpression(int Line, string Name) : Expression(Line);

internal sealed record ListLiteral(int Line, IReadOnlyList<Expression> Items, bool IsTuple) : Expression(Line);

internal sealed record DictLiteral(int Line, IReadOnlyList<(Expression Key, Expression Value)> Items)
    : Expression(Line);

/// <summary>Operator is <c>+</c>, <c>-</c> or <c>not</c>.</summary>
internal sealed record UnaryExpression(int Line, string Operator, Expression Operand) : Expression(Line);

/// <summary>Operator is one of <c>+ - * / // % **</c>.</summary>
internal sealed record BinaryExpression(int Line, string Operator, Expression Left, Expression Right)
    : Expression(Line);

internal sealed record AndExpression(int Line, Expression Left, Expression Right) : Expression(Line);

internal sealed record OrExpression(int Line, Expression Left, Expression Right) : Expression(Line);

/// <summary>A chain, as in <c>a &lt; b &lt; c</c>. Operators are <c>== != &lt; &lt;= &gt; &gt;= in</c> and
/// <c>not in</c>.</summary>
internal sealed record ComparisonExpression(int Line, Expression First,
    IReadOnlyList<(string Operator, Expression Operand)> Rest) : Expression(Line);

internal sealed record ConcatExpression(int Line, IReadOnlyList<Expression> Items) : Expression(Line);

/// <summary>Without <paramref name="Otherwise"/> it is undefined where the test fails.</summary>
internal sealed record ConditionalExpression(int Line, Expression Test, Expression Then, Expression? Otherwise)
    : Expression(Line);

internal sealed record AttributeExpression(int Line, Expression Target, string Name) : Expression(Line);

internal sealed record ItemExpression(int Line, Expression Target, Expression Index) : Expression(Line);

internal sealed record SliceExpression(int Line, Expression Target, Expression? Start, Expression? Stop,
    Expression? Step) : Expression(Line);

internal sealed record CallExpression(int Line, Expression Callee, ArgumentList Arguments) : Expression(Line);

/// <summary>A null target is the body of a filter block.</summary>
internal sealed record FilterExpression(int Line, Expression? Target, string Name, ArgumentList Arguments)
    : Expression(Line);

internal sealed record TestExpression(int Line, Expression Target, string Name, ArgumentList Arguments)
    : Expression(Line);

/// <summary>What stands in the parentheses of a call. The last two are <c>*list</c> and <c>**dict</c>.</summary>
internal sealed record ArgumentList(IReadOnlyList<Expression> Positional,
    IReadOnlyList<(string Name, Expression Value)> Named, Expression? MorePositional = null,
    Expression? MoreNamed = null)
{
    public static ArgumentList Empty { get; } = new([], []);
}
