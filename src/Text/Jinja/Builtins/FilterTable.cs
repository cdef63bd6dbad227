using System.Globalization;
using System.Numerics;
using Weir.Text.Jinja.Values;

namespace Weir.Text.Jinja.Builtins;

/// <summary>The filters by name, and those of numbers and of any value.</summary>
internal static class FilterTable
{
    private delegate JinjaValue Filter(JinjaValue value, CallArguments arguments);

    private static readonly Dictionary<string, Filter> Filters = new()
    {
        ["abs"] = (v, a) => Plain(a, "abs", Abs(v)),
        ["batch"] = ListFilters.Batch,
        ["capitalize"] = (v, a) => Plain(a, "capitalize", StringMethods.Capitalize(Soft(v, a), a.Budget)),
        ["center"] = TextFilters.Center,
        ["count"] = (v, a) => Plain(a, "count", Length(v)),
        ["d"] = Default,
        ["default"] = Default,
        ["dictsort"] = ListFilters.DictSort,
        ["e"] = (v, a) => Plain(a, "e", TextFilters.Escape(Soft(v, a), a.Budget)),
        ["escape"] = (v, a) => Plain(a, "escape", TextFilters.Escape(Soft(v, a), a.Budget)),
        ["first"] = (v, a) => Plain(a, "first", ListFilters.First(v, a.Budget)),
        ["float"] = (v, a) => Float(v, a.Bind("float", "default")[0]),
        ["forceescape"] = (v, a) => Plain(a, "forceescape", TextFilters.Escape(Soft(v, a), a.Budget)),
        ["format"] = (v, a) => StringFormats.Percent(Soft(v, a), a.Positional, TextFilters.Named(a),
            mayLeave: false, a.Budget),
        ["groupby"] = ListFilters.GroupBy,
        ["indent"] = TextFilters.Indent,
        ["int"] = Int,
        ["items"] = (v, a) => Plain(a, "items", v is DictValue dict ? Members.Items(dict, a.Budget)
            : v.IsUndefined ? new ListValue([]) : throw new TemplateFaultException("items takes a dictionary")),
        ["join"] = TextFilters.Join,
        ["last"] = (v, a) => Plain(a, "last", ListFilters.Last(v, a.Budget)),
        ["length"] = (v, a) => Plain(a, "length", Length(v)),
        ["list"] = (v, a) => Plain(a, "list", new ListValue(Sequences.ToList(v, a.Budget))),
        ["lower"] = (v, a) => Plain(a, "lower", StringMethods.Lower(Soft(v, a), a.Budget)),
        ["map"] = ListFilters.Map,
        ["max"] = (v, a) => ListFilters.Extreme(v, a, "max", sign: 1),
        ["min"] = (v, a) => ListFilters.Extreme(v, a, "min", sign: -1),
        ["reject"] = (v, a) => ListFilters.Select(v, a, wanted: false),
        ["rejectattr"] = (v, a) => ListFilters.SelectAttribute(v, a, wanted: false),
        ["replace"] = TextFilters.Replace,
        ["reverse"] = (v, a) => Plain(a, "reverse", ListFilters.Reverse(v, a.Budget)),
        ["round"] = Round,
        ["safe"] = (v, a) => Plain(a, "safe", Soft(v, a)),
        ["select"] = (v, a) => ListFilters.Select(v, a, wanted: true),
        ["selectattr"] = (v, a) => ListFilters.SelectAttribute(v, a, wanted: true),
        ["slice"] = ListFilters.Slices,
        ["sort"] = ListFilters.Sort,
        ["string"] = (v, a) => Plain(a, "string", Soft(v, a)),
        ["sum"] = ListFilters.Sum,
        ["title"] = (v, a) => Plain(a, "title", TextFilters.Title(Soft(v, a), a.Budget)),
        ["tojson"] = TextFilters.ToJson,
        ["trim"] = TextFilters.Trim,
        ["truncate"] = TextFilters.Truncate,
        ["unique"] = ListFilters.Unique,
        ["upper"] = (v, a) => Plain(a, "upper", StringMethods.Upper(Soft(v, a), a.Budget)),
        ["wordcount"] = (v, a) => Plain(a, "wordcount", TextFilters.WordCount(Soft(v, a), a.Budget)),
    };

    public static bool Has(string name) => Filters.ContainsKey(name);

    public static JinjaValue Apply(string name, JinjaValue value, CallArguments arguments)
    {
        arguments.Budget.Step();
        return Filters.TryGetValue(name, out var filter) ? filter(value, arguments)
            : throw new TemplateFaultException($"the filter '{name}' is not supported; write it with the filters "
                + string.Join(", ", Filters.Keys));
    }

    /// <summary>The value as text.</summary>
    public static StringValue Soft(JinjaValue value, CallArguments arguments) =>
        PythonText.Str(value, arguments.Budget);

    private static JinjaValue Plain(CallArguments arguments, string filter, JinjaValue result)
    {
        arguments.Bind(filter);
        return result;
    }

    private static IntValue Length(JinjaValue value) => Sequences.Length(value) is { } length ? IntValue.Of(length)
        : throw new TemplateFaultException($"a value of the type {value.TypeName} has no length");

    private static JinjaValue Default(JinjaValue value, CallArguments arguments)
    {
        var bound = arguments.Bind("default", "default_value", "boolean");
        return value.IsUndefined || (bound[1]?.IsTrue ?? false) && !value.IsTrue
            ? bound[0] ?? StringValue.Empty : value;
    }

    private static JinjaValue Abs(JinjaValue value) => value switch
    {
        FloatValue f => new FloatValue(Math.Abs(f.Value)),
        _ when PythonOrder.AsInteger(value) is { } i => IntValue.Of(BigInteger.Abs(i)),
        _ => throw new TemplateFaultException($"a value of the type {value.TypeName} has no absolute value"),
    };

    private static JinjaValue Float(JinjaValue value, JinjaValue? otherwise) => value switch
    {
        StringValue s when TryFloat(s.Text, out var number) => new FloatValue(number),
        _ when PythonOrder.IsNumber(value) => new FloatValue(PythonOrder.AsFloat(value)),
        UndefinedValue undefined => throw new TemplateFaultException(undefined.Why),
        _ => otherwise ?? new FloatValue(0),
    };

    private static JinjaValue Int(JinjaValue value, CallArguments arguments)
    {
        var bound = arguments.Bind("int", "default", "base");
        var radix = Sequences.Bound(bound[1]) ?? 10;
        Arithmetic.CheckDefined(value);
        if (value is StringValue { Text: var text })
        {
            if (TryInteger(text, (int)radix, out var integer)) return IntValue.Of(integer);
            if (TryFloat(text, out var number) && double.IsFinite(number))
                return IntValue.Of(new BigInteger(number));
        }
        else if (value is FloatValue { Value: var f })
        {
            if (double.IsFinite(f)) return IntValue.Of(new BigInteger(f));
        }
        else if (PythonOrder.AsInteger(value) is { } whole) return IntValue.Of(whole);
        return bound[0] ?? IntValue.Of(0);
    }

    // As Python's int(): a sign, a prefix of the base, digits with single underscores between them.
    private static bool TryInteger(string text, int radix, out BigInteger value)
    {
        value = 0;
        text = text.Trim();
        var negative = text.StartsWith('-');
        if (negative || text.StartsWith('+')) text = text[1..];
        var prefix = radix switch { 16 => "0x", 8 => "0o", 2 => "0b", _ => null };
        if (prefix is not null && text.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)) text = text[2..];
        if (text.Length is 0 or > JinjaLimits.IntegerDigits || text[0] == '_' || text[^1] == '_'
            || text.Contains("__", StringComparison.Ordinal)) return false;
        foreach (var c in text)
        {
            if (c == '_') continue;
            var digit = char.IsAsciiDigit(c) ? c - '0' : char.IsAsciiLetter(c) ? (c | 0x20) - 'a' + 10 : radix;
            if (digit >= radix) return false;
            value = value * radix + digit;
        }
        if (negative) value = -value;
        return true;
    }

    private static bool TryFloat(string text, out double value)
    {
        text = text.Trim();
        value = text.TrimStart('+', '-').ToLowerInvariant() switch
        {
            "inf" or "infinity" => text[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity,
            "nan" => double.NaN,
            _ => 0,
        };
        for (var i = text.IndexOf('_'); i >= 0; i = text.IndexOf('_', i + 1))
            if (i == 0 || i + 1 == text.Length || !char.IsAsciiDigit(text[i - 1]) || !char.IsAsciiDigit(text[i + 1]))
                return false;
        return value != 0 || text.Length <= JinjaLimits.IntegerDigits && double.TryParse(text.Replace("_", ""),
            NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
            CultureInfo.InvariantCulture, out value);
    }

    private static JinjaValue Round(JinjaValue value, CallArguments arguments)
    {
        var bound = arguments.Bind("round", "precision", "method");
        var precision = (int)Math.Clamp(Sequences.Bound(bound[0]) ?? 0, -400, 400);
        var method = bound[1] is null ? "common" : StringMethods.Text(bound[1], "round").Text;
        if (!PythonOrder.IsNumber(value))
            throw new TemplateFaultException($"a value of the type {value.TypeName} cannot be rounded");
        if (method == "common")
        {
            if (PythonOrder.AsInteger(value) is not { } integer)
                return new FloatValue(Arithmetic.Round(PythonOrder.AsFloat(value), precision));
            if (precision >= 0) return IntValue.Of(integer);
            var unit = BigInteger.Pow(10, -precision);
            var (whole, rest) = BigInteger.DivRem(BigInteger.Abs(integer), unit);
            var half = (rest * 2).CompareTo(unit);
            return IntValue.Of(integer.Sign * unit * (half > 0 || half == 0 && !whole.IsEven ? whole + 1 : whole));
        }
        var power = Math.Pow(10, precision);
        var scaled = PythonOrder.AsFloat(value) * power;
        return method switch
        {
            "ceil" => new FloatValue(Math.Ceiling(scaled) / power),
            "floor" => new FloatValue(Math.Floor(scaled) / power),
            _ => throw new TemplateFaultException("round takes the methods common, ceil and floor"),
        };
    }
}
