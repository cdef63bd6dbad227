using Weir.Text.Jinja.Values;

namespace Weir.Text.Jinja.Builtins;

/// <summary>The tests that follow <c>is</c>, by name.</summary>
internal static class TestTable
{
    private delegate bool Test(JinjaValue value, CallArguments arguments);

    private static readonly Dictionary<string, Test> Tests = new()
    {
        ["boolean"] = (v, _) => v is BoolValue,
        ["callable"] = (v, _) => v is FunctionValue,
        ["defined"] = (v, _) => !v.IsUndefined,
        ["divisibleby"] = (v, a) => !Arithmetic.Apply("%", v, Operand(a), a.Budget).IsTrue,
        ["eq"] = AreEqual,
        ["equalto"] = AreEqual,
        ["=="] = AreEqual,
        ["even"] = (v, a) => Half(v, a) == 0,
        ["false"] = (v, _) => v is BoolValue { Value: false },
        ["filter"] = (v, _) => v is StringValue name && FilterTable.Has(name.Text),
        ["float"] = (v, _) => v is FloatValue,
        ["ge"] = (v, a) => PythonOrder.Compare(v, Operand(a), a.Budget) >= 0,
        [">="] = (v, a) => PythonOrder.Compare(v, Operand(a), a.Budget) >= 0,
        ["gt"] = (v, a) => PythonOrder.Compare(v, Operand(a), a.Budget) > 0,
        ["greaterthan"] = (v, a) => PythonOrder.Compare(v, Operand(a), a.Budget) > 0,
        [">"] = (v, a) => PythonOrder.Compare(v, Operand(a), a.Budget) > 0,
        ["in"] = (v, a) => Sequences.Contains(Operand(a), v, a.Budget),
        ["integer"] = (v, _) => v is IntValue,
        ["iterable"] = (v, _) => v is StringValue or ListValue or DictValue or UndefinedValue,
        ["le"] = (v, a) => PythonOrder.Compare(v, Operand(a), a.Budget) <= 0,
        ["<="] = (v, a) => PythonOrder.Compare(v, Operand(a), a.Budget) <= 0,
        ["lower"] = (v, a) => Cased(v, a, char.IsLower, char.IsUpper),
        ["lt"] = (v, a) => PythonOrder.Compare(v, Operand(a), a.Budget) < 0,
        ["lessthan"] = (v, a) => PythonOrder.Compare(v, Operand(a), a.Budget) < 0,
        ["<"] = (v, a) => PythonOrder.Compare(v, Operand(a), a.Budget) < 0,
        ["mapping"] = (v, _) => v is DictValue,
        ["ne"] = (v, a) => !AreEqual(v, a),
        ["!="] = (v, a) => !AreEqual(v, a),
        ["none"] = (v, _) => v is NoneValue,
        ["number"] = (v, _) => PythonOrder.IsNumber(v),
        ["odd"] = (v, a) => Half(v, a) == 1,
        ["sameas"] = (v, a) => AreSame(v, Operand(a)),
        ["sequence"] = (v, _) => v is StringValue or ListValue or DictValue or UndefinedValue,
        ["string"] = (v, _) => v is StringValue,
        ["test"] = (v, _) => v is StringValue name && Has(name.Text),
        ["true"] = (v, _) => v is BoolValue { Value: true },
        ["undefined"] = (v, _) => v.IsUndefined,
        ["upper"] = (v, a) => Cased(v, a, char.IsUpper, char.IsLower),
    };

    public static bool Passes(string name, JinjaValue value, CallArguments arguments)
    {
        arguments.Budget.Step();
        return Tests.TryGetValue(name, out var test) ? test(value, arguments)
            : throw new TemplateFaultException($"the test '{name}' is not supported; write it with the tests "
                + string.Join(", ", Tests.Keys));
    }

    private static bool Has(string name) => Tests.ContainsKey(name);

    private static JinjaValue Operand(CallArguments arguments) => arguments.Positional.Count == 1
        ? arguments.Positional[0] : throw new TemplateFaultException("the test needs one value to compare with");

    private static bool AreEqual(JinjaValue value, CallArguments arguments) =>
        PythonOrder.AreEqual(value, Operand(arguments), arguments.Budget);

    private static double Half(JinjaValue value, CallArguments arguments) => PythonOrder.IsNumber(value)
        ? PythonOrder.AsFloat(Arithmetic.Apply("%", value, IntValue.Of(2), arguments.Budget))
        : throw new TemplateFaultException($"a value of the type {value.TypeName} is neither odd nor even");

    // Python interns small integers, and templates compare none and booleans; all else is the same object or not.
    private static bool AreSame(JinjaValue a, JinjaValue b) =>
        ReferenceEquals(a, b) || a is IntValue x && b is IntValue y && x.Value == y.Value
        || a is StringValue s && b is StringValue t && s.Text == t.Text;

    private static bool Cased(JinjaValue value, CallArguments arguments, Func<char, bool> wanted,
        Func<char, bool> unwanted)
    {
        var text = PythonText.Str(value, arguments.Budget).Text;
        arguments.Budget.Read(text.Length);
        return text.Any(wanted) && !text.Any(unwanted);
    }
}
