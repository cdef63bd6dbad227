using System.Globalization;
using System.Numerics;
using Weir.Text.Jinja.Values;

namespace Weir.Text.Jinja.Builtins;

/// <summary>The <c>%</c> and the <c>{}</c> formats, without the attribute look-ups by which templates have been made
/// to reach into programs.</summary>
internal static class StringFormats
{
    private const int MostWidth = 1000;

    /// <param name="format">The text with its <c>%</c>s.</param>
    /// <param name="values">By place.</param>
    /// <param name="named">By name, for <c>%(name)s</c>.</param>
    /// <param name="mayLeave">Whether values may be left over, as Python has it for anything but a tuple of
    /// them.</param>
    /// <param name="budget">Charged.</param>
    public static StringValue Percent(StringValue format, IReadOnlyList<JinjaValue> values, DictValue? named,
        bool mayLeave, RenderBudget budget)
    {
        var result = new MarkedBuilder(budget);
        var text = format.Text;
        var used = 0;
        for (var at = 0; at < text.Length;)
        {
            budget.Step();
            var percent = text.IndexOf('%', at);
            result.Append(format.Slice(at..(percent < 0 ? text.Length : percent)));
            if (percent < 0) break;
            at = percent + 1;
            JinjaValue? value = null;
            if (at < text.Length && text[at] == '(' && named is not null && text.IndexOf(')', at) is > 0 and var close)
            {
                value = Sequences.TryGet(named, new StringValue(text[(at + 1)..close]), budget)
                    ?? throw new TemplateFaultException("the format names a value that is not given");
                at = close + 1;
            }
            var flags = Run(text, ref at, "-+ 0#");
            var width = Number(text, ref at);
            var precision = at < text.Length && text[at] == '.' && ++at > 0 ? Number(text, ref at) ?? 0 : (int?)null;
            if (at >= text.Length) throw new TemplateFaultException("the format ends within a '%'");
            var kind = text[at++];
            if (kind == '%')
            {
                result.Append("%");
                continue;
            }
            value ??= used < values.Count ? values[used++]
                : throw new TemplateFaultException("the format takes more values than are given");
            result.Append(Padded(Formatted(kind, value, precision, flags, budget), flags, width, kind is 's' or 'r',
                budget));
        }
        if (!mayLeave && used < values.Count)
            throw new TemplateFaultException("the format takes fewer values than are given");
        return result.ToValue();
    }

    public static JinjaValue Braces(StringValue format, CallArguments arguments)
    {
        var result = new MarkedBuilder(arguments.Budget);
        var text = format.Text;
        var used = 0;
        for (var at = 0; at < text.Length;)
        {
            arguments.Budget.Step();
            var brace = text.AsSpan(at).IndexOfAny('{', '}');
            result.Append(format.Slice(at..(brace < 0 ? text.Length : at + brace)));
            if (brace < 0) break;
            at += brace + 1;
            if (at < text.Length && text[at] == text[at - 1])
            {
                result.Append(text.AsSpan(at++, 1));
                continue;
            }
            var close = text.IndexOf('}', at);
            if (text[at - 1] == '}' || close < 0) throw new TemplateFaultException("a brace of the format stands "
                + "alone");
            var field = text[at..close];
            at = close + 1;
            result.Append(PythonText.Str(Field(field, arguments, ref used), arguments.Budget));
        }
        return result.ToValue();
    }

    private static JinjaValue Field(string field, CallArguments arguments, ref int used)
    {
        if (field.Length == 0) field = (used++).ToString(CultureInfo.InvariantCulture);
        if (int.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out var index))
            return index < arguments.Positional.Count ? arguments.Positional[index]
                : throw new TemplateFaultException("the format takes more values than are given");
        foreach (var (name, value) in arguments.Named)
            if (name == field) return value;
        throw new TemplateFaultException("a format of the form {} takes values by place or by name; write anything "
            + "else outside of it");
    }

    private static StringValue Formatted(char kind, JinjaValue value, int? precision, string flags,
        RenderBudget budget)
    {
        switch (kind)
        {
            case 's':
                return Cut(PythonText.Str(value, budget));
            case 'r':
                // A list of one has the value's form within.
                return Cut(PythonText.Str(new ListValue([value]), budget).Slice(1..^1));
            case 'd' or 'i' or 'u':
                var integer = value is FloatValue { Value: var f } && double.IsFinite(f) ? new BigInteger(f)
                    : PythonOrder.AsInteger(value) ?? throw NoNumber();
                return Signed(PythonText.Integer(BigInteger.Abs(integer)), integer.Sign < 0);
            case 'x' or 'X' or 'o':
                var whole = PythonOrder.AsInteger(value) ?? throw NoNumber();
                if (BigInteger.Abs(whole) > long.MaxValue) throw NoNumber();
                var digits = Convert.ToString((long)BigInteger.Abs(whole), kind == 'o' ? 8 : 16);
                return Signed(kind == 'X' ? digits.ToUpperInvariant() : digits, whole.Sign < 0);
            case 'f' or 'F':
                if (!PythonOrder.IsNumber(value)) throw NoNumber();
                return Fixed(PythonOrder.AsFloat(value), precision ?? 6);
            default:
                throw new TemplateFaultException($"the format '%{kind}' is not supported; use %s, %r, %d, %x or %f");
        }

        StringValue Cut(StringValue text) => precision is { } most && most < CodePoints.Length(text.Text)
            ? (StringValue)Sequences.Slice(text, null, IntValue.Of(most), null, budget) : text;
        StringValue Signed(string number, bool negative) =>
            new((negative ? "-" : flags.Contains('+') ? "+" : flags.Contains(' ') ? " " : "") + number);
        StringValue Fixed(double number, int places)
        {
            if (!double.IsFinite(number)) return new StringValue(PythonText.Float(number));
            var scaled = PythonText.Integer(BigInteger.Abs(Arithmetic.RoundScaled(number, places)))
                .PadLeft(places + 1, '0');
            return Signed(places == 0 ? scaled : $"{scaled[..^places]}.{scaled[^places..]}",
                double.IsNegative(number));
        }
        TemplateFaultException NoNumber() => new($"the format '%{kind}' cannot take a {value.TypeName}");
    }

    private static StringValue Padded(StringValue text, string flags, int? width, bool isText, RenderBudget budget)
    {
        var missing = (width ?? 0) - CodePoints.Length(text.Text);
        if (missing <= 0) return text;
        if (flags.Contains('-')) return MarkedBuilder.Concat(budget, text, new StringValue(new string(' ', missing)));
        if (isText || !flags.Contains('0'))
            return MarkedBuilder.Concat(budget, new StringValue(new string(' ', missing)), text);
        var sign = text.Text[0] is '-' or '+' or ' ' ? 1 : 0;
        return new StringValue(text.Text[..sign] + new string('0', missing) + text.Text[sign..]);
    }

    private static string Run(string text, ref int at, string characters)
    {
        var from = at;
        while (at < text.Length && characters.Contains(text[at])) at++;
        return text[from..at];
    }

    private static int? Number(string text, ref int at)
    {
        var digits = Run(text, ref at, "0123456789");
        if (digits.Length == 0) return null;
        return digits.Length <= 4 && int.Parse(digits, CultureInfo.InvariantCulture) is <= MostWidth and var number
            ? number : throw new TemplateFaultException($"a width of the format is above {MostWidth}");
    }
}
