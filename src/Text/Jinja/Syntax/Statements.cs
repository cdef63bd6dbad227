namespace Weir.Text.Jinja.Syntax;

/// <summary>A statement of a template.</summary>
/// <param name="Line">Of the source, from 1.</param>
internal abstract record Statement(int Line);

internal sealed record TextStatement(int Line, string Text) : Statement(Line);

internal sealed record OutputStatement(int Line, Expression Value) : Statement(Line);

/// <summary>The branches in order; a null test is the else.</summary>
internal sealed record IfStatement(int Line, IReadOnlyList<(Expression? Test, IReadOnlyList<Statement> Body)> Branches)
    : Statement(Line);

/// <param name="Line">Of the source, from 1.</param>
/// <param name="Target">A name, or a tuple of targets.</param>
/// <param name="Source">What is looped over.</param>
/// <param name="Filter">Items for which it fails are passed over.</param>
/// <param name="Body">Runs once an item.</param>
/// <param name="Otherwise">Runs where there was no item.</param>
internal sealed record ForStatement(int Line, Expression Target, Expression Source, Expression? Filter,
    IReadOnlyList<Statement> Body, IReadOnlyList<Statement> Otherwise) : Statement(Line);

internal sealed record BreakStatement(int Line) : Statement(Line);

internal sealed record ContinueStatement(int Line) : Statement(Line);

/// <summary>The target is a name, an attribute of a namespace, or a tuple of them.</summary>
internal sealed record SetStatement(int Line, Expression Target, Expression Value) : Statement(Line);

/// <summary>Sets what the body renders, after the filters.</summary>
internal sealed record SetBlockStatement(int Line, Expression Target, IReadOnlyList<FilterExpression> Filters,
    IReadOnlyList<Statement> Body) : Statement(Line);

internal sealed record FilterBlockStatement(int Line, IReadOnlyList<FilterExpression> Filters,
    IReadOnlyList<Statement> Body) : Statement(Line);

internal sealed record WithStatement(int Line, IReadOnlyList<(Expression Target, Expression Value)> Values,
    IReadOnlyList<Statement> Body) : Statement(Line);

/// <summary>The answer of an assistant, where a trainer looks for it; rendered as it is.</summary>
internal sealed record GenerationStatement(int Line, IReadOnlyList<Statement> Body) : Statement(Line);

internal sealed record MacroStatement(int Line, MacroDefinition Macro) : Statement(Line);

/// <summary>Calls a macro that calls back for the body.</summary>
internal sealed record CallStatement(int Line, CallExpression Call, MacroDefinition Caller) : Statement(Line);

/// <param name="Name">What it is called by.</param>
/// <param name="Parameters">With their defaults.</param>
/// <param name="Body">What a call renders.</param>
/// <param name="TakesMore">Whether the body reads <c>varargs</c>, so that more arguments may be given.</param>
/// <param name="TakesMoreNamed">Whether the body reads <c>kwargs</c>.</param>
internal sealed record MacroDefinition(string Name, IReadOnlyList<(string Name, Expression? Default)> Parameters,
    IReadOnlyList<Statement> Body, bool TakesMore, bool TakesMoreNamed);
