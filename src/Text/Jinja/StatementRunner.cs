using Weir.Text.Jinja.Builtins;
using Weir.Text.Jinja.Syntax;
using Weir.Text.Jinja.Values;

namespace Weir.Text.Jinja;

/// <summary>Runs statements and writes what they render.</summary>
internal sealed class StatementRunner(RenderBudget budget, ExpressionEvaluator expressions)
{
    /// <summary>How a run of statements ended.</summary>
    private enum Flow { Normal, Break, Continue }

    public void Run(IReadOnlyList<Statement> statements, Scope scope, MarkedBuilder output) =>
        RunAll(statements, scope, output);

    private Flow RunAll(IReadOnlyList<Statement> statements, Scope scope, MarkedBuilder output)
    {
        budget.Enter();
        var flow = Flow.Normal;
        for (var i = 0; i < statements.Count && flow == Flow.Normal; i++)
        {
            budget.Step();
            expressions.Line = statements[i].Line;
            flow = RunOne(statements[i], scope, output);
        }
        budget.Leave();
        return flow;
    }

    private Flow RunOne(Statement statement, Scope scope, MarkedBuilder output)
    {
        switch (statement)
        {
            case TextStatement text:
                output.Append(text.Text);
                return Flow.Normal;
            case OutputStatement write:
                output.Append(PythonText.Str(expressions.Evaluate(write.Value, scope), budget));
                return Flow.Normal;
            case IfStatement choice:
                return RunIf(choice, scope, output);
            case ForStatement loop:
                return RunFor(loop, scope, output);
            case SetStatement set:
                Assign(set.Target, expressions.Evaluate(set.Value, scope), scope);
                return Flow.Normal;
            case SetBlockStatement set:
                Assign(set.Target, Filtered(set.Filters, Captured(set.Body, new Scope(scope)), scope), scope);
                return Flow.Normal;
            case FilterBlockStatement filter:
                output.Append(PythonText.Str(
                    Filtered(filter.Filters, Captured(filter.Body, new Scope(scope)), scope), budget));
                return Flow.Normal;
            case WithStatement with:
                var inner = new Scope(scope);
                foreach (var (target, value) in with.Values) Assign(target, expressions.Evaluate(value, scope), inner);
                return RunAll(with.Body, inner, output);
            case GenerationStatement generation:
                return RunAll(generation.Body, new Scope(scope), output);
            case MacroStatement macro:
                scope.Set(macro.Macro.Name, Macro(macro.Macro, scope));
                return Flow.Normal;
            case CallStatement call:
                output.Append(PythonText.Str(expressions.Call(call.Call,
                    expressions.Evaluate(call.Call.Callee, scope), scope, Macro(call.Caller, scope)), budget));
                return Flow.Normal;
            case BreakStatement:
                return Flow.Break;
            case ContinueStatement:
                return Flow.Continue;
            default:
                throw new InvalidOperationException($"No way to run {statement.GetType().Name}.");
        }
    }

    private Flow RunIf(IfStatement choice, Scope scope, MarkedBuilder output)
    {
        foreach (var (test, body) in choice.Branches)
            if (test is null || expressions.Evaluate(test, scope).IsTrue) return RunAll(body, scope, output);
        return Flow.Normal;
    }

    private Flow RunFor(ForStatement node, Scope scope, MarkedBuilder output)
    {
        var source = expressions.Evaluate(node.Source, scope);
        var items = Sequences.Iterate(source, budget);
        // A list can grow while it is looped over; its length is asked of it as it was in the beginning.
        var loop = node.Filter is null ? new LoopValue(items, Sequences.Length(source))
            : new LoopValue(Passing(node, items, scope), null);
        var ran = false;
        while (loop.MoveNext())
        {
            ran = true;
            budget.Iterate();
            var inner = new Scope(scope);
            Assign(node.Target, loop.Current, inner);
            inner.Set("loop", loop);
            if (RunAll(node.Body, inner, output) == Flow.Break) break;
        }
        return ran ? Flow.Normal : RunAll(node.Otherwise, new Scope(scope), output);
    }

    private IEnumerable<JinjaValue> Passing(ForStatement node, IEnumerable<JinjaValue> items, Scope scope)
    {
        foreach (var item in items)
        {
            budget.Iterate();
            var inner = new Scope(scope);
            Assign(node.Target, item, inner);
            if (expressions.Evaluate(node.Filter!, inner).IsTrue) yield return item;
        }
    }

    private void Assign(Expression target, JinjaValue value, Scope scope)
    {
        switch (target)
        {
            case NameExpression name:
                scope.Set(name.Name, value);
                break;
            case AttributeExpression { Target: NameExpression space } attribute:
                Members.Set(scope.Find(space.Name) ?? new UndefinedValue(""), attribute.Name, value);
                break;
            case ListLiteral targets:
                var items = Sequences.ToList(value, budget);
                if (items.Count != targets.Items.Count)
                    throw new TemplateFaultException(
                        $"{items.Count} values cannot go into {targets.Items.Count} names");
                for (var i = 0; i < items.Count; i++) Assign(targets.Items[i], items[i], scope);
                break;
            default:
                throw new InvalidOperationException($"No way to assign to {target.GetType().Name}.");
        }
    }

    private StringValue Captured(IReadOnlyList<Statement> body, Scope scope)
    {
        var text = new MarkedBuilder(budget);
        RunAll(body, scope, text);
        return text.ToValue();
    }

    private JinjaValue Filtered(IReadOnlyList<FilterExpression> filters, JinjaValue value, Scope scope)
    {
        foreach (var filter in filters) value = expressions.Filter(filter, value, scope);
        return value;
    }

    private FunctionValue Macro(MacroDefinition macro, Scope around) => new(macro.Name, arguments =>
    {
        var scope = new Scope(around);
        Bind(macro, arguments, scope);
        return Captured(macro.Body, scope);
    });

    // By place, by name, by default, in this order; what is not given is undefined.
    private void Bind(MacroDefinition macro, CallArguments arguments, Scope scope)
    {
        var named = new Dictionary<string, JinjaValue>(StringComparer.Ordinal);
        foreach (var (name, value) in arguments.Named)
            if (!named.TryAdd(name, value)) throw new TemplateFaultException($"'{name}' is given twice");
        scope.Set("caller", named.Remove("caller", out var caller) ? caller
            : new UndefinedValue("there is no caller: the macro is not in a call block"));
        for (var i = 0; i < macro.Parameters.Count; i++)
        {
            var (name, byDefault) = macro.Parameters[i];
            var given = i < arguments.Positional.Count ? arguments.Positional[i] : null;
            if (named.Remove(name, out var value))
                given = given is null ? value
                    : throw new TemplateFaultException($"'{macro.Name}' is given '{name}' twice");
            scope.Set(name, given ?? (byDefault is null ? new UndefinedValue($"the argument '{name}' is not given")
                : expressions.Evaluate(byDefault, scope)));
        }
        if (macro.TakesMore)
            scope.Set("varargs", ListValue.Tuple([.. arguments.Positional.Skip(macro.Parameters.Count)]));
        else if (arguments.Positional.Count > macro.Parameters.Count)
            throw new TemplateFaultException($"'{macro.Name}' takes at most {macro.Parameters.Count} arguments");
        if (macro.TakesMoreNamed)
        {
            var more = new DictValue();
            foreach (var (name, value) in named) more.Add(new StringValue(name), value);
            scope.Set("kwargs", more);
        }
        else if (named.Count > 0)
            throw new TemplateFaultException($"'{macro.Name}' has no parameter '{named.Keys.First()}'");
    }
}
