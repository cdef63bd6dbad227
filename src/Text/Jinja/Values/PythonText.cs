using System.Globalization;
using System.Numerics;
using System.Text;

namespace Weir.Text.Jinja.Values;

/// <summary>What Python's <c>str()</c> and <c>repr()</c> give, to the character.</summary>
internal static class PythonText
{
    /// <summary>What <c>{{ value }}</c> prints.</summary>
    public static StringValue Str(JinjaValue value, RenderBudget budget)
    {
        switch (value)
        {
            case StringValue text:
                return text;
            case UndefinedValue:
                return StringValue.Empty;
            case ListValue or DictValue or NamespaceValue:
                var writer = new ReprWriter(budget);
                writer.Write(value, 0);
                return writer.ToValue();
            default:
                return new StringValue(Scalar(value));
        }
    }

    /// <summary>Shortest text that reads back as the same number, in Python's layout: an exponent below 1e-4 and from
    /// 1e16 on.</summary>
    public static string Float(double value)
    {
        if (double.IsNaN(value)) return "nan";
        if (double.IsInfinity(value)) return value > 0 ? "inf" : "-inf";
        // E16 notation of the shortest round trip: digits, then the exponent.
        var shortest = value.ToString("R", CultureInfo.InvariantCulture);
        var negative = shortest[0] == '-';
        var (digits, point) = Digits(negative ? shortest[1..] : shortest);
        var sign = negative ? "-" : "";
        if (point is <= -4 or > 16)
        {
            var exponent = point - 1;
            var mantissa = digits.Length == 1 ? digits : $"{digits[0]}.{digits[1..]}";
            return $"{sign}{mantissa}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
        }
        if (point <= 0) return $"{sign}0.{new string('0', -point)}{digits}";
        return point >= digits.Length ? $"{sign}{digits}{new string('0', point - digits.Length)}.0"
            : $"{sign}{digits[..point]}.{digits[point..]}";
    }

    public static string Integer(BigInteger value)
    {
        var text = value.ToString(CultureInfo.InvariantCulture);
        return text.Length <= JinjaLimits.IntegerDigits + 1 ? text
            : throw new TemplateFaultException($"an integer has more than {JinjaLimits.IntegerDigits} digits");
    }

    /// <summary>A string as Python writes it in code: in single quotes, or in double quotes where it has only single
    /// ones.</summary>
    public static string Quoted(string text)
    {
        var quote = text.Contains('\'') && !text.Contains('"') ? '"' : '\'';
        var quoted = new StringBuilder(text.Length + 2).Append(quote);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == quote || c == '\\') quoted.Append('\\').Append(c);
            else if (c is '\n' or '\r' or '\t') quoted.Append('\\').Append(c switch { '\n' => 'n', '\r' => 'r',
                _ => 't' });
            else if (c is >= ' ' and < '\x7f') quoted.Append(c);
            else if (Rune.TryGetRuneAt(text, i, out var rune))
            {
                if (IsPrintable(Rune.GetUnicodeCategory(rune))) quoted.Append(rune.ToString());
                else quoted.Append(Escape(rune.Value));
                i += rune.Utf16SequenceLength - 1;
            }
            else quoted.Append(Escape(c));
        }
        return quoted.Append(quote).ToString();
    }

    private static string Escape(int code) =>
        code < 0x100 ? $"\\x{code:x2}" : code < 0x10000 ? $"\\u{code:x4}" : $"\\U{code:x8}";

    private static bool IsPrintable(UnicodeCategory category) => category is not (UnicodeCategory.Control
        or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.SpaceSeparator);

    // The significant digits and the place of the decimal point in them: value = 0.digits * 10^point.
    private static (string Digits, int Point) Digits(string number)
    {
        var exponent = 0;
        if (number.IndexOf('E') is > 0 and var e)
        {
            exponent = int.Parse(number.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            number = number[..e];
        }
        var dot = number.IndexOf('.');
        var whole = dot < 0 ? number : number[..dot];
        var digits = (whole + (dot < 0 ? "" : number[(dot + 1)..])).TrimStart('0');
        var leading = whole.Length + (dot < 0 ? 0 : number.Length - dot - 1) - digits.Length;
        digits = digits.TrimEnd('0');
        return digits.Length == 0 ? ("0", 1) : (digits, whole.Length - leading + exponent);
    }

    private static string Scalar(JinjaValue value) => value switch
    {
        NoneValue => "None",
        BoolValue b => b.Value ? "True" : "False",
        IntValue i => Integer(i.Value),
        FloatValue f => Float(f.Value),
        FunctionValue f => $"<function {f.Name}>",
        _ => $"<{value.TypeName}>",
    };

    private sealed class ReprWriter(RenderBudget budget)
    {
        private readonly MarkedBuilder _text = new(budget);
        private bool _foreign;

        // Braces and quotes between a user's words are of no use as special tokens: all of it counts as foreign.
        public StringValue ToValue()
        {
            var value = _text.ToValue();
            return _foreign ? new StringValue(value.Text, ForeignRanges.Whole(value.Text.Length)) : value;
        }

        public void Write(JinjaValue value, int depth)
        {
            budget.Step();
            RenderBudget.CheckDataDepth(depth);
            switch (value)
            {
                case StringValue text:
                    _foreign |= text.Foreign is not null;
                    budget.MakeText(text.Text.Length);
                    _text.Append(Quoted(text.Text));
                    break;
                case ListValue list:
                    _text.Append(list.IsTuple ? "(" : "[");
                    for (var i = 0; i < list.Items.Count; i++)
                    {
                        if (i > 0) _text.Append(", ");
                        Write(list.Items[i], depth + 1);
                    }
                    _text.Append(!list.IsTuple ? "]" : list.Items.Count == 1 ? ",)" : ")");
                    break;
                case DictValue dict:
                    WritePairs(dict.Items, depth);
                    break;
                case NamespaceValue space:
                    _text.Append("<Namespace ");
                    WritePairs(space.Attributes.Select(pair =>
                        KeyValuePair.Create<JinjaValue, JinjaValue>(new StringValue(pair.Key), pair.Value)), depth);
                    _text.Append(">");
                    break;
                default:
                    _text.Append(value.IsUndefined ? "Undefined" : Scalar(value));
                    break;
            }
        }

        private void WritePairs(IEnumerable<KeyValuePair<JinjaValue, JinjaValue>> pairs, int depth)
        {
            _text.Append("{");
            var first = true;
            foreach (var (key, value) in pairs)
            {
                if (!first) _text.Append(", ");
                first = false;
                Write(key, depth + 1);
                _text.Append(": ");
                Write(value, depth + 1);
            }
            _text.Append("}");
        }
    }
}
