using System.Text;
using Weir.Text.Jinja.Values;

namespace Weir.Text.Jinja.Builtins;

/// <summary>The methods of Python's strings. What they cut and join keeps track of the foreign stretches.</summary>
internal static class StringMethods
{
    private delegate JinjaValue Method(StringValue self, CallArguments arguments);

    private static readonly Dictionary<string, Method> Methods = new()
    {
        ["strip"] = (s, a) => Strip(s, Characters(a, "strip"), a.Budget, true, true),
        ["lstrip"] = (s, a) => Strip(s, Characters(a, "lstrip"), a.Budget, true, false),
        ["rstrip"] = (s, a) => Strip(s, Characters(a, "rstrip"), a.Budget, false, true),
        ["split"] = (s, a) => StringSplitting.Split(s, a, fromEnd: false),
        ["rsplit"] = (s, a) => StringSplitting.Split(s, a, fromEnd: true),
        ["splitlines"] = (s, a) => new ListValue([.. StringSplitting.Lines(s,
            a.Bind("splitlines", "keepends")[0]?.IsTrue ?? false, a.Budget)]),
        ["partition"] = (s, a) => StringSplitting.Partition(s, a, fromEnd: false),
        ["rpartition"] = (s, a) => StringSplitting.Partition(s, a, fromEnd: true),
        ["startswith"] = (s, a) => Affix(s, a, "startswith", (text, affix) => text.StartsWith(affix)),
        ["endswith"] = (s, a) => Affix(s, a, "endswith", (text, affix) => text.EndsWith(affix)),
        ["replace"] = Replace,
        ["upper"] = (s, a) => Plain(a, "upper", () => Upper(s, a.Budget)),
        ["lower"] = (s, a) => Plain(a, "lower", () => Lower(s, a.Budget)),
        ["casefold"] = (s, a) => Plain(a, "casefold", () => Lower(s, a.Budget)),
        ["title"] = (s, a) => Plain(a, "title", () => Title(s, a.Budget)),
        ["capitalize"] = (s, a) => Plain(a, "capitalize", () => Capitalize(s, a.Budget)),
        ["swapcase"] = (s, a) => Plain(a, "swapcase", () => Map(s, a.Budget,
            c => char.IsUpper(c) ? char.ToLowerInvariant(c) : char.ToUpperInvariant(c))),
        ["find"] = (s, a) => IntValue.Of(Find(s, a, "find", fromEnd: false)),
        ["rfind"] = (s, a) => IntValue.Of(Find(s, a, "rfind", fromEnd: true)),
        ["index"] = (s, a) => Find(s, a, "index", fromEnd: false) is >= 0 and var at ? IntValue.Of(at)
            : throw new TemplateFaultException("index finds no such text"),
        ["count"] = (s, a) => IntValue.Of(Count(s, Text(a.Bind("count", "part")[0], "count"), a.Budget)),
        ["join"] = (s, a) => Join(s, a.Bind("join", "items")[0], a.Budget),
        ["format"] = StringFormats.Braces,
        ["removeprefix"] = (s, a) => Text(a.Bind("removeprefix", "prefix")[0], "removeprefix").Text is var affix
            && s.Text.StartsWith(affix, StringComparison.Ordinal) ? s.Slice(affix.Length..) : s,
        ["removesuffix"] = (s, a) => Text(a.Bind("removesuffix", "suffix")[0], "removesuffix").Text is var affix
            && s.Text.EndsWith(affix, StringComparison.Ordinal) ? s.Slice(..^affix.Length) : s,
        ["ljust"] = (s, a) => Pad(s, a, "ljust", (_, _) => 0),
        ["rjust"] = (s, a) => Pad(s, a, "rjust", (missing, _) => missing),
        ["center"] = (s, a) => Pad(s, a, "center", (missing, width) => missing / 2 + (missing & width & 1)),
        ["zfill"] = ZeroFill,
        ["isdigit"] = (s, a) => All(s, a, "isdigit", char.IsDigit),
        ["isnumeric"] = (s, a) => All(s, a, "isnumeric", char.IsNumber),
        ["isalpha"] = (s, a) => All(s, a, "isalpha", char.IsLetter),
        ["isalnum"] = (s, a) => All(s, a, "isalnum", char.IsLetterOrDigit),
        ["isspace"] = (s, a) => All(s, a, "isspace", CodePoints.IsSpace),
        ["isupper"] = (s, a) => Plain(a, "isupper", () => BoolValue.Of(s.Text.Any(char.IsUpper)
            && !s.Text.Any(char.IsLower))),
        ["islower"] = (s, a) => Plain(a, "islower", () => BoolValue.Of(s.Text.Any(char.IsLower)
            && !s.Text.Any(char.IsUpper))),
    };

    public static FunctionValue? Find(StringValue text, string name) =>
        Methods.TryGetValue(name, out var method) ? new FunctionValue(name, a => method(text, a)) : null;

    /// <param name="text">The text.</param>
    /// <param name="characters">What is stripped; null for white space.</param>
    /// <param name="budget">Charged.</param>
    /// <param name="start">Whether to strip at the beginning.</param>
    /// <param name="end">Whether to strip at the end.</param>
    public static StringValue Strip(StringValue text, string? characters, RenderBudget budget, bool start, bool end)
    {
        budget.MakeText(text.Text.Length);
        if (characters is not null) budget.Search(text.Text.Length, characters.Length);
        int from = 0, to = text.Text.Length;
        while (start && from < to && Stripped(text.Text[from])) from++;
        while (end && to > from && Stripped(text.Text[to - 1])) to--;
        return text.Slice(from..to);

        bool Stripped(char c) => characters is null ? CodePoints.IsSpace(c) : characters.Contains(c);
    }

    public static StringValue Replace(StringValue text, StringValue old, StringValue with, long? most,
        RenderBudget budget)
    {
        var result = new MarkedBuilder(budget);
        var left = most is null or < 0 ? long.MaxValue : most.Value;
        var at = 0;
        if (old.Text.Length == 0)
        {
            // Between all characters, before the first and after the last.
            foreach (var item in Sequences.Iterate(text, budget))
            {
                if (left-- > 0) result.Append(with);
                result.Append((StringValue)item);
            }
            return left > 0 ? result.Append(with).ToValue() : result.ToValue();
        }
        budget.Search(text.Text.Length, old.Text.Length);
        for (; left > 0 && text.Text.IndexOf(old.Text, at, StringComparison.Ordinal) is >= 0 and var found; left--)
        {
            budget.Step();
            result.Append(text.Slice(at..found)).Append(with);
            at = found + old.Text.Length;
        }
        return at == 0 ? text : result.Append(text.Slice(at..)).ToValue();
    }

    public static StringValue Join(StringValue separator, JinjaValue? items, RenderBudget budget)
    {
        var result = new MarkedBuilder(budget);
        var first = true;
        foreach (var item in Sequences.Iterate(items ?? NoneValue.Instance, budget))
        {
            if (!first) result.Append(separator);
            first = false;
            result.Append(Text(item, "join"));
        }
        return result.ToValue();
    }

    public static StringValue Upper(StringValue text, RenderBudget budget)
    {
        budget.MakeText(text.Text.Length);
        // The one letter of common use whose capital is two; .NET keeps it.
        return StringValue.Mapped(text, text.Text.ToUpperInvariant().Replace("ß", "SS"));
    }

    public static StringValue Lower(StringValue text, RenderBudget budget)
    {
        budget.MakeText(text.Text.Length);
        return StringValue.Mapped(text, text.Text.ToLowerInvariant());
    }

    public static StringValue Capitalize(StringValue text, RenderBudget budget)
    {
        var first = text.Text.Length > 1 && char.IsSurrogatePair(text.Text[0], text.Text[1]) ? 2
            : Math.Min(1, text.Text.Length);
        return MarkedBuilder.Concat(budget, Upper(text.Slice(..first), budget), Lower(text.Slice(first..), budget));
    }

    public static int Count(StringValue text, StringValue part, RenderBudget budget)
    {
        if (part.Text.Length == 0) return CodePoints.Length(text.Text) + 1;
        budget.Search(text.Text.Length, part.Text.Length);
        return text.Text.AsSpan().Count(part.Text);
    }

    /// <summary>An argument that must be a text.</summary>
    public static StringValue Text(JinjaValue? value, string function) => value switch
    {
        StringValue text => text,
        UndefinedValue undefined => throw new TemplateFaultException(undefined.Why),
        null => throw new TemplateFaultException($"{function} needs a text"),
        _ => throw new TemplateFaultException(
            $"{function} takes a text, not a value of the type {value.TypeName}"),
    };

    private static JinjaValue Plain(CallArguments arguments, string function, Func<JinjaValue> result)
    {
        arguments.Bind(function);
        return result();
    }

    private static string? Characters(CallArguments arguments, string function) =>
        arguments.Bind(function, "chars")[0] is { } given and not NoneValue ? Text(given, function).Text : null;

    private static StringValue Replace(StringValue self, CallArguments arguments)
    {
        var bound = arguments.Bind("replace", "old", "new", "count");
        return Replace(self, Text(bound[0], "replace"), Text(bound[1], "replace"), Sequences.Bound(bound[2]),
            arguments.Budget);
    }

    private delegate bool AffixTest(ReadOnlySpan<char> text, ReadOnlySpan<char> affix);

    private static BoolValue Affix(StringValue self, CallArguments arguments, string function, AffixTest test)
    {
        var bound = arguments.Bind(function, "affix", "start", "end");
        var text = bound[1] is null && bound[2] is null ? self
            : (StringValue)Sequences.Slice(self, bound[1], bound[2], null, arguments.Budget);
        var affixes = bound[0] is ListValue { IsTuple: true } tuple ? tuple.Items : [Text(bound[0], function)];
        foreach (var affix in affixes)
        {
            arguments.Budget.Read(Text(affix, function).Text.Length);
            if (test(text.Text, Text(affix, function).Text)) return BoolValue.True;
        }
        return BoolValue.False;
    }

    private static StringValue Map(StringValue text, RenderBudget budget, Func<char, char> map)
    {
        budget.MakeText(text.Text.Length);
        return StringValue.Mapped(text, string.Concat(text.Text.Select(map)));
    }

    private static StringValue Title(StringValue text, RenderBudget budget)
    {
        budget.MakeText(2L * text.Text.Length);
        var titled = new StringBuilder(text.Text.Length);
        var inWord = false;
        foreach (var c in text.Text)
        {
            titled.Append(inWord ? char.ToLowerInvariant(c) : char.ToUpperInvariant(c));
            inWord = char.IsUpper(c) || char.IsLower(c);
        }
        return StringValue.Mapped(text, titled.ToString());
    }

    private static int Find(StringValue self, CallArguments arguments, string function, bool fromEnd)
    {
        var bound = arguments.Bind(function, "part", "start", "end");
        var part = Text(bound[0], function).Text;
        var length = CodePoints.Length(self.Text);
        var (first, count, _) = CodePoints.SliceOf(length, Sequences.Bound(bound[1]), Sequences.Bound(bound[2]), 1);
        var window = (StringValue)Sequences.Slice(self, IntValue.Of(first), IntValue.Of(first + count), null,
            arguments.Budget);
        arguments.Budget.Search(window.Text.Length, part.Length);
        var found = fromEnd ? window.Text.LastIndexOf(part, StringComparison.Ordinal)
            : window.Text.IndexOf(part, StringComparison.Ordinal);
        return found < 0 ? -1 : first + CodePoints.Index(window.Text, found);
    }

    private static StringValue Pad(StringValue self, CallArguments arguments, string function,
        Func<int, int, int> before)
    {
        var bound = arguments.Bind(function, "width", "fill");
        var width = (int)(Sequences.Bound(bound[0]) ?? 0);
        var fill = bound[1] is null ? new StringValue(" ") : Text(bound[1], function);
        if (fill.Text.Length != 1) throw new TemplateFaultException($"{function} fills with one character");
        var missing = Math.Max(0, width - CodePoints.Length(self.Text));
        arguments.Budget.MakeText(missing);
        var left = before(missing, width);
        return MarkedBuilder.Concat(arguments.Budget, StringValue.Like(fill, new string(fill.Text[0], left)), self,
            StringValue.Like(fill, new string(fill.Text[0], missing - left)));
    }

    private static StringValue ZeroFill(StringValue self, CallArguments arguments)
    {
        var width = Sequences.Bound(arguments.Bind("zfill", "width")[0]) ?? 0;
        var missing = (int)Math.Max(0, width - CodePoints.Length(self.Text));
        arguments.Budget.MakeText(missing);
        var sign = self.Text.StartsWith('+') || self.Text.StartsWith('-') ? 1 : 0;
        return MarkedBuilder.Concat(arguments.Budget, self.Slice(..sign), new StringValue(new string('0', missing)),
            self.Slice(sign..));
    }

    private static BoolValue All(StringValue self, CallArguments arguments, string function, Func<char, bool> test)
    {
        arguments.Bind(function);
        arguments.Budget.Read(self.Text.Length);
        return BoolValue.Of(self.Text.Length > 0 && self.Text.All(test));
    }
}
