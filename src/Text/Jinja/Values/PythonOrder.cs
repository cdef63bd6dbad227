using System.Numerics;

namespace Weir.Text.Jinja.Values;

/// <summary>Python's <c>==</c> and <c>&lt;</c>: numbers and booleans by value across types, the rest within
/// theirs.</summary>
internal static class PythonOrder
{
    public static bool AreEqual(JinjaValue left, JinjaValue right, RenderBudget budget) =>
        AreEqual(left, right, budget, 0);

    /// <summary>Negative, zero or positive; an error where Python has no order.</summary>
    public static int Compare(JinjaValue left, JinjaValue right, RenderBudget budget) =>
        Compare(left, right, budget, 0);

    /// <summary>Whether the value counts as a number in arithmetic.</summary>
    public static bool IsNumber(JinjaValue value) => value is BoolValue or IntValue or FloatValue;

    /// <summary>The integer that the value is in arithmetic, where it is one.</summary>
    public static BigInteger? AsInteger(JinjaValue value) => value switch
    {
        IntValue i => i.Value,
        BoolValue b => b.Value ? BigInteger.One : BigInteger.Zero,
        _ => null,
    };

    /// <summary>A number as a float.</summary>
    public static double AsFloat(JinjaValue value) =>
        value is FloatValue f ? f.Value : (double)AsInteger(value)!.Value;

    private static bool AreEqual(JinjaValue left, JinjaValue right, RenderBudget budget, int depth)
    {
        budget.Step();
        RenderBudget.CheckDataDepth(depth);
        switch (left, right)
        {
            case (StringValue a, StringValue b):
                budget.Read(Math.Min(a.Text.Length, b.Text.Length));
                return a.Text == b.Text;
            case (NoneValue, NoneValue) or (UndefinedValue, UndefinedValue):
                return true;
            case (ListValue a, ListValue b):
                if (a.IsTuple != b.IsTuple || a.Items.Count != b.Items.Count) return false;
                for (var i = 0; i < a.Items.Count; i++)
                    if (!AreEqual(a.Items[i], b.Items[i], budget, depth + 1)) return false;
                return true;
            case (DictValue a, DictValue b):
                if (a.Count != b.Count) return false;
                foreach (var (key, value) in a.Items)
                    if (!b.TryGet(key, out var other) || !AreEqual(value, other, budget, depth + 1)) return false;
                return true;
            default:
                return IsNumber(left) && IsNumber(right)
                    ? CompareNumbers(left, right) == 0 && !double.IsNaN(AsFloat(left)) : ReferenceEquals(left, right);
        }
    }

    private static int Compare(JinjaValue left, JinjaValue right, RenderBudget budget, int depth)
    {
        budget.Step();
        RenderBudget.CheckDataDepth(depth);
        switch (left, right)
        {
            case (StringValue a, StringValue b):
                budget.Read(Math.Min(a.Text.Length, b.Text.Length));
                return CodePoints.Compare(a.Text, b.Text);
            case (ListValue a, ListValue b) when a.IsTuple == b.IsTuple:
                for (var i = 0; i < a.Items.Count && i < b.Items.Count; i++)
                    if (!AreEqual(a.Items[i], b.Items[i], budget, depth + 1))
                        return Compare(a.Items[i], b.Items[i], budget, depth + 1);
                return a.Items.Count.CompareTo(b.Items.Count);
            case (UndefinedValue a, _):
                throw new TemplateFaultException(a.Why);
            case (_, UndefinedValue b):
                throw new TemplateFaultException(b.Why);
            default:
                return IsNumber(left) && IsNumber(right) ? CompareNumbers(left, right)
                    : throw new TemplateFaultException(
                        $"values of the types {left.TypeName} and {right.TypeName} have no order");
        }
    }

    private static int CompareNumbers(JinjaValue left, JinjaValue right) =>
        AsInteger(left) is { } a && AsInteger(right) is { } b ? a.CompareTo(b)
            : AsFloat(left).CompareTo(AsFloat(right));
}

/// <summary>Equality of dictionary keys. Keys are compared within the container, which has paid for them.</summary>
internal static class PythonKeys
{
    public static IEqualityComparer<JinjaValue> Comparer { get; } = new KeyComparer();

    /// <summary>Checks that the value can be a key, and pays for its comparison.</summary>
    /// <exception cref="TemplateFaultException">It is a list or a dictionary.</exception>
    public static void Check(JinjaValue key, RenderBudget budget)
    {
        if (key is StringValue text) budget.Read(text.Text.Length);
        else if (!IsHashable(key, budget, 0))
            throw new TemplateFaultException($"a value of the type {key.TypeName} cannot be a key");
    }

    public static bool IsHashable(JinjaValue key, RenderBudget budget, int depth)
    {
        budget.Step();
        RenderBudget.CheckDataDepth(depth);
        if (key is StringValue text) budget.Read(text.Text.Length);
        if (key is DictValue or ListValue { IsTuple: false }) return false;
        if (key is ListValue tuple)
            for (var i = 0; i < tuple.Items.Count; i++)
                if (!IsHashable(tuple.Items[i], budget, depth + 1)) return false;
        return true;
    }

    private sealed class KeyComparer : IEqualityComparer<JinjaValue>
    {
        public bool Equals(JinjaValue? x, JinjaValue? y) =>
            x is StringValue a && y is StringValue b ? a.Text == b.Text
                : PythonOrder.AreEqual(x!, y!, new RenderBudget());

        public int GetHashCode(JinjaValue obj) => obj switch
        {
            StringValue text => text.Text.GetHashCode(),
            FloatValue { Value: var f } when f == Math.Floor(f) && !double.IsInfinity(f) =>
                new BigInteger(f).GetHashCode(),
            FloatValue f => f.Value.GetHashCode(),
            IntValue or BoolValue => PythonOrder.AsInteger(obj)!.Value.GetHashCode(),
            ListValue tuple => tuple.Items.Aggregate(tuple.Items.Count, (hash, item) =>
                HashCode.Combine(hash, GetHashCode(item))),
            NoneValue or UndefinedValue => 0,
            _ => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(obj),
        };
    }
}
