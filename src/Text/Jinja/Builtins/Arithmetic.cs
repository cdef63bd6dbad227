using System.Numerics;
using Weir.Text.Jinja.Values;

namespace Weir.Text.Jinja.Builtins;

/// <summary>Python's arithmetic: integers of any length (up to a limit), true division, floors towards minus
/// infinity, and the sums and products of texts and lists.</summary>
internal static class Arithmetic
{
    // About 4,930 decimal digits, above what can be printed.
    private const int IntegerBits = 16_384;

    public static JinjaValue Apply(string op, JinjaValue left, JinjaValue right, RenderBudget budget)
    {
        CheckDefined(left);
        CheckDefined(right);
        switch (op, left, right)
        {
            case ("+", StringValue a, StringValue b):
                return MarkedBuilder.Concat(budget, a, b);
            case ("+", ListValue a, ListValue b) when a.IsTuple == b.IsTuple:
                budget.MakeItems(a.Items.Count + b.Items.Count);
                return new ListValue([.. a.Items, .. b.Items], a.IsTuple);
            case ("%", StringValue format, _):
                var tuple = right is ListValue { IsTuple: true } list ? list.Items : null;
                return StringFormats.Percent(format, tuple ?? [right], right as DictValue,
                    mayLeave: tuple is null && right is (DictValue or ListValue), budget);
            case ("*", StringValue or ListValue, _) when PythonOrder.AsInteger(right) is { } count:
                return Repeat(left, count, budget);
            case ("*", _, StringValue or ListValue) when PythonOrder.AsInteger(left) is { } count:
                return Repeat(right, count, budget);
        }
        if (!PythonOrder.IsNumber(left) || !PythonOrder.IsNumber(right))
            throw new TemplateFaultException(
                $"'{op}' cannot take values of the types {left.TypeName} and {right.TypeName}");
        return PythonOrder.AsInteger(left) is { } x && PythonOrder.AsInteger(right) is { } y
            ? Integers(op, x, y, budget) : Floats(op, PythonOrder.AsFloat(left), PythonOrder.AsFloat(right));
    }

    public static JinjaValue Negate(JinjaValue value) => value switch
    {
        FloatValue f => new FloatValue(-f.Value),
        BoolValue or IntValue => IntValue.Of(-PythonOrder.AsInteger(value)!.Value),
        _ => throw NoSign(value),
    };

    public static JinjaValue Plus(JinjaValue value) => value switch
    {
        FloatValue => value,
        BoolValue or IntValue => IntValue.Of(PythonOrder.AsInteger(value)!.Value),
        _ => throw NoSign(value),
    };

    public static void CheckDefined(JinjaValue value)
    {
        if (value is UndefinedValue undefined) throw new TemplateFaultException(undefined.Why);
    }

    /// <summary>Rounds half to even, on the exact value of the float, as Python does.</summary>
    /// <param name="value">Any number.</param>
    /// <param name="digits">After the point; negative for tens, hundreds and so on.</param>
    public static double Round(double value, int digits)
    {
        const int mostDigits = 323; // of the smallest float
        if (!double.IsFinite(value) || value == 0 || digits > mostDigits) return value;
        if (digits < -mostDigits) return value < 0 ? -0.0 : 0.0;
        var rounded = RoundScaled(value, digits);
        var text = $"{(value < 0 ? "-" : "")}{BigInteger.Abs(rounded)}e{-digits}";
        return double.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>The integer next to value * 10^digits, half to even.</summary>
    public static BigInteger RoundScaled(double value, int digits)
    {
        // value = mantissa * 2^exponent, exactly.
        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)(bits >> 52 & 0x7FF);
        var mantissa = bits & 0xFFFFFFFFFFFFF;
        if (exponent == 0) exponent++;
        else mantissa |= 1L << 52;
        exponent -= 1075;
        BigInteger top = mantissa, bottom = 1;
        if (exponent >= 0) top <<= exponent;
        else bottom <<= -exponent;
        if (digits >= 0) top *= BigInteger.Pow(10, digits);
        else bottom *= BigInteger.Pow(10, -digits);
        var (whole, rest) = BigInteger.DivRem(top, bottom);
        var half = (rest * 2).CompareTo(bottom);
        if (half > 0 || half == 0 && !whole.IsEven) whole++;
        return value < 0 ? -whole : whole;
    }

    private static JinjaValue Repeat(JinjaValue value, BigInteger count, RenderBudget budget)
    {
        var length = value is StringValue s ? s.Text.Length : ((ListValue)value).Items.Count;
        if (count.Sign <= 0 || length == 0)
            return value is StringValue ? StringValue.Empty : new ListValue([], ((ListValue)value).IsTuple);
        // Charged before a byte of it is made.
        var total = (long)BigInteger.Min(count * length, long.MaxValue / 2);
        if (value is StringValue text)
        {
            budget.MakeText(total);
            var builder = new MarkedBuilder(budget);
            for (var i = 0; i < (int)count; i++) builder.Append(text);
            return builder.ToValue();
        }
        budget.MakeItems(total);
        var list = (ListValue)value;
        var items = new List<JinjaValue>((int)total);
        for (var i = 0; i < (int)count; i++) items.AddRange(list.Items);
        return new ListValue(items, list.IsTuple);
    }

    private static JinjaValue Integers(string op, BigInteger x, BigInteger y, RenderBudget budget)
    {
        switch (op)
        {
            case "+": return Checked(x + y);
            case "-": return Checked(x - y);
            case "*": return Checked(x * y);
            case "/":
                CheckDivisor(y.IsZero);
                return new FloatValue((double)x / (double)y);
            case "//" or "%":
                CheckDivisor(y.IsZero);
                var (quotient, rest) = BigInteger.DivRem(x, y);
                var below = !rest.IsZero && rest.Sign != y.Sign;
                return IntValue.Of(op == "%" ? below ? rest + y : rest : below ? quotient - 1 : quotient);
            case "**" when y.Sign < 0:
                CheckDivisor(x.IsZero);
                return new FloatValue(Math.Pow((double)x, (double)y));
            case "**":
                if (x.IsOne || x.IsZero && !y.IsZero) return IntValue.Of(x);
                // A lower bound of the result's bits; the result has at most twice as many.
                if (y * Math.Max(1, x.GetBitLength() - 1) > IntegerBits) throw TooLarge();
                budget.Step((long)y);
                return Checked(BigInteger.Pow(x, (int)y));
            default: throw new InvalidOperationException($"No operator '{op}'.");
        }
    }

    private static FloatValue Floats(string op, double x, double y)
    {
        if (op is "/" or "//" or "%") CheckDivisor(y == 0);
        var rest = op is "//" or "%" ? Modulo(x, y) : 0;
        return new FloatValue(op switch
        {
            "+" => x + y,
            "-" => x - y,
            "*" => x * y,
            "/" => x / y,
            "%" => rest,
            "//" => Math.Round((x - rest) / y),
            "**" => Math.Pow(x, y),
            _ => throw new InvalidOperationException($"No operator '{op}'."),
        });
    }

    private static double Modulo(double x, double y)
    {
        var rest = x % y;
        return rest != 0 && rest < 0 != y < 0 ? rest + y : rest;
    }

    private static IntValue Checked(BigInteger value) =>
        value.GetBitLength() <= IntegerBits ? IntValue.Of(value) : throw TooLarge();

    private static void CheckDivisor(bool isZero)
    {
        if (isZero) throw new TemplateFaultException("a division by zero");
    }

    private static TemplateFaultException TooLarge() => new("an integer is too large");

    private static TemplateFaultException NoSign(JinjaValue value) => value is UndefinedValue undefined
        ? new TemplateFaultException(undefined.Why)
        : new TemplateFaultException($"a value of the type {value.TypeName} has no sign");
}
