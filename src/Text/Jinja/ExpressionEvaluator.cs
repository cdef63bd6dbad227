using Weir.Text.Jinja.Builtins;
using Weir.Text.Jinja.Syntax;
using Weir.Text.Jinja.Values;

namespace Weir.Text.Jinja;

/// <summary>Evaluates expressions by walking them. It can reach only what <see cref="JinjaValue"/>s are and what the
/// tables of built-ins hold.</summary>
internal sealed class ExpressionEvaluator(RenderBudget budget)
{
    /// <summary>Where in the source the renderer is, for messages.</summary>
    public int Line { get; set; }

    public JinjaValue Evaluate(Expression expression, Scope scope)
    {
        budget.Enter();
        Line = expression.Line;
        var value = expression switch
        {
            Literal literal => literal.Value,
            NameExpression name => scope.Find(name.Name) ?? new UndefinedValue($"'{name.Name}' is undefined"),
            AttributeExpression attribute =>
                Members.Attribute(Evaluate(attribute.Target, scope), attribute.Name, budget),
            ItemExpression item => Members.Item(Evaluate(item.Target, scope), Evaluate(item.Index, scope), budget),
            SliceExpression slice => Sequences.Slice(Evaluate(slice.Target, scope), Optional(slice.Start, scope),
                Optional(slice.Stop, scope), Optional(slice.Step, scope), budget),
            CallExpression call => Call(call, Evaluate(call.Callee, scope), scope),
            FilterExpression filter => Filter(filter, Evaluate(filter.Target!, scope), scope),
            TestExpression test => BoolValue.Of(TestTable.Passes(test.Name, Evaluate(test.Target, scope),
                Arguments(test.Arguments, scope))),
            AndExpression and => Evaluate(and.Left, scope) is var left && left.IsTrue
                ? Evaluate(and.Right, scope) : left,
            OrExpression or => Evaluate(or.Left, scope) is var left && left.IsTrue
                ? left : Evaluate(or.Right, scope),
            ComparisonExpression comparison => Compare(comparison, scope),
            ConditionalExpression conditional => Choose(conditional, scope),
            ConcatExpression concat => Concat(concat, scope),
            BinaryExpression binary => Arithmetic.Apply(binary.Operator, Evaluate(binary.Left, scope),
                Evaluate(binary.Right, scope), budget),
            UnaryExpression unary => Unary(unary.Operator, Evaluate(unary.Operand, scope)),
            ListLiteral list => List(list, scope),
            DictLiteral dict => Dict(dict, scope),
            _ => throw new InvalidOperationException($"No evaluation of {expression.GetType().Name}."),
        };
        budget.Leave();
        return value;
    }

    public JinjaValue Filter(FilterExpression filter, JinjaValue target, Scope scope) =>
        FilterTable.Apply(filter.Name, target, Arguments(filter.Arguments, scope));

    /// <summary>Calls with the arguments of the expression, and one more by name where it is given.</summary>
    public JinjaValue Call(CallExpression call, JinjaValue callee, Scope scope, FunctionValue? caller = null)
    {
        Arithmetic.CheckDefined(callee);
        if (callee is not FunctionValue function)
            throw new TemplateFaultException($"a value of the type {callee.TypeName} cannot be called");
        var arguments = Arguments(call.Arguments, scope);
        if (caller is not null)
            arguments = new CallArguments(budget, arguments.Positional,
                [.. arguments.Named, KeyValuePair.Create<string, JinjaValue>("caller", caller)]);
        return function.Call(arguments);
    }

    private JinjaValue? Optional(Expression? expression, Scope scope) =>
        expression is null ? null : Evaluate(expression, scope);

    private CallArguments Arguments(ArgumentList list, Scope scope)
    {
        var positional = new List<JinjaValue>(list.Positional.Count);
        foreach (var argument in list.Positional) positional.Add(Evaluate(argument, scope));
        if (list.MorePositional is not null)
            positional.AddRange(Sequences.ToList(Evaluate(list.MorePositional, scope), budget));
        var named = new List<KeyValuePair<string, JinjaValue>>(list.Named.Count);
        foreach (var (name, value) in list.Named) named.Add(KeyValuePair.Create(name, Evaluate(value, scope)));
        if (list.MoreNamed is not null)
        {
            if (Evaluate(list.MoreNamed, scope) is not DictValue more)
                throw new TemplateFaultException("'**' takes a dictionary");
            budget.MakeItems(more.Count);
            foreach (var (key, value) in more.Items)
                named.Add(KeyValuePair.Create(StringMethods.Text(key, "'**'").Text, value));
        }
        return new CallArguments(budget, positional, named);
    }

    private BoolValue Compare(ComparisonExpression comparison, Scope scope)
    {
        var left = Evaluate(comparison.First, scope);
        foreach (var (op, operand) in comparison.Rest)
        {
            var right = Evaluate(operand, scope);
            var holds = op switch
            {
                "==" => PythonOrder.AreEqual(left, right, budget),
                "!=" => !PythonOrder.AreEqual(left, right, budget),
                "in" => Sequences.Contains(right, left, budget),
                "not in" => !Sequences.Contains(right, left, budget),
                "<" => PythonOrder.Compare(left, right, budget) < 0,
                "<=" => PythonOrder.Compare(left, right, budget) <= 0,
                ">" => PythonOrder.Compare(left, right, budget) > 0,
                _ => PythonOrder.Compare(left, right, budget) >= 0,
            };
            if (!holds) return BoolValue.False;
            left = right;
        }
        return BoolValue.True;
    }

    private JinjaValue Choose(ConditionalExpression conditional, Scope scope)
    {
        if (Evaluate(conditional.Test, scope).IsTrue) return Evaluate(conditional.Then, scope);
        return conditional.Otherwise is null
            ? new UndefinedValue("the inline if has no else") : Evaluate(conditional.Otherwise, scope);
    }

    private StringValue Concat(ConcatExpression concat, Scope scope)
    {
        var text = new MarkedBuilder(budget);
        foreach (var item in concat.Items) text.Append(PythonText.Str(Evaluate(item, scope), budget));
        return text.ToValue();
    }

    private static JinjaValue Unary(string op, JinjaValue operand) => op switch
    {
        "not" => BoolValue.Of(!operand.IsTrue),
        "-" => Arithmetic.Negate(operand),
        _ => Arithmetic.Plus(operand),
    };

    private ListValue List(ListLiteral list, Scope scope)
    {
        budget.MakeItems(1 + list.Items.Count);
        var items = new List<JinjaValue>(list.Items.Count);
        foreach (var item in list.Items) items.Add(Evaluate(item, scope));
        return new ListValue(items, list.IsTuple);
    }

    private DictValue Dict(DictLiteral dict, Scope scope)
    {
        budget.MakeItems(1 + 2L * dict.Items.Count);
        var value = new DictValue();
        foreach (var (key, item) in dict.Items)
        {
            var k = Evaluate(key, scope);
            PythonKeys.Check(k, budget);
            value.Add(k, Evaluate(item, scope));
        }
        return value;
    }
}
