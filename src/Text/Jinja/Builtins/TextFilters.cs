using System.Globalization;
using System.Text;
using Weir.Text.Jinja.Values;

namespace Weir.Text.Jinja.Builtins;

/// <summary>The filters that give text.</summary>
internal static class TextFilters
{
    /// <summary>As Hugging Face defines <c>tojson</c> for chat templates: no HTML escapes, Unicode as it is.</summary>
    public static JinjaValue ToJson(JinjaValue value, CallArguments arguments)
    {
        // Jinja's own has the indent first, Hugging Face's ensure_ascii.
        var bound = arguments.Bind("tojson", "ensure_ascii", "indent", "separators", "sort_keys");
        var indent = bound[1] switch
        {
            null or NoneValue => null,
            StringValue text => text.Text,
            var levels => new string(' ', (int)Math.Clamp(Sequences.Bound(levels) ?? 0, 0, 100)),
        };
        var (items, keys) = (indent is null ? ", " : ",", ": ");
        if (bound[2] is ListValue { Items: [StringValue between, StringValue after] })
            (items, keys) = (between.Text, after.Text);
        else if (bound[2] is not (null or NoneValue))
            throw new TemplateFaultException("the separators of tojson are two texts");
        return PythonJson.Write(value, new JsonForm(indent, items, keys, bound[3]?.IsTrue ?? false,
            bound[0]?.IsTrue ?? false), arguments.Budget);
    }

    public static JinjaValue Trim(JinjaValue value, CallArguments arguments)
    {
        var characters = arguments.Bind("trim", "chars")[0];
        return StringMethods.Strip(FilterTable.Soft(value, arguments),
            characters is null or NoneValue ? null : StringMethods.Text(characters, "trim").Text,
            arguments.Budget, true, true);
    }

    public static JinjaValue Replace(JinjaValue value, CallArguments arguments)
    {
        var bound = arguments.Bind("replace", "old", "new", "count");
        if (bound[0] is null || bound[1] is null) throw new TemplateFaultException("replace needs two texts");
        return StringMethods.Replace(FilterTable.Soft(value, arguments), FilterTable.Soft(bound[0]!, arguments),
            FilterTable.Soft(bound[1]!, arguments), Sequences.Bound(bound[2]), arguments.Budget);
    }

    public static JinjaValue Join(JinjaValue value, CallArguments arguments)
    {
        var bound = arguments.Bind("join", "d", "attribute");
        var separator = bound[0] is null ? StringValue.Empty : FilterTable.Soft(bound[0]!, arguments);
        var result = new MarkedBuilder(arguments.Budget);
        var first = true;
        foreach (var item in Sequences.Iterate(value, arguments.Budget))
        {
            if (!first) result.Append(separator);
            first = false;
            var part = bound[1] is null or NoneValue ? item
                : ListFilters.Attribute(item, bound[1]!, null, arguments.Budget);
            result.Append(FilterTable.Soft(part, arguments));
        }
        return result.ToValue();
    }

    public static JinjaValue Indent(JinjaValue value, CallArguments arguments)
    {
        var bound = arguments.Bind("indent", "width", "first", "blank");
        var margin = bound[0] is StringValue text ? text
            : new StringValue(new string(' ', (int)Math.Clamp(Sequences.Bound(bound[0]) ?? 4, 0, 1000)));
        var (first, blank) = (bound[1]?.IsTrue ?? false, bound[2]?.IsTrue ?? false);
        // Jinja adds a line end before it cuts lines, so that one at the end is kept.
        var whole = MarkedBuilder.Concat(arguments.Budget, FilterTable.Soft(value, arguments), new StringValue("\n"));
        var lines = StringSplitting.Lines(whole, keepEnds: false, arguments.Budget);
        var result = new MarkedBuilder(arguments.Budget);
        for (var i = 0; i < lines.Count; i++)
        {
            if (i > 0) result.Append("\n");
            if (i == 0 ? first : blank || lines[i].Text.Length > 0) result.Append(margin);
            result.Append(lines[i]);
        }
        return result.ToValue();
    }

    public static StringValue Title(StringValue text, RenderBudget budget)
    {
        budget.MakeText(2L * text.Text.Length);
        var titled = new StringBuilder(text.Text.Length);
        var begins = true;
        foreach (var c in text.Text)
        {
            titled.Append(begins ? char.ToUpperInvariant(c) : char.ToLowerInvariant(c));
            begins = CodePoints.IsSpace(c) || c is '-' or '(' or '{' or '[' or '<';
        }
        return StringValue.Mapped(text, titled.ToString());
    }

    public static StringValue Escape(StringValue text, RenderBudget budget)
    {
        var result = new MarkedBuilder(budget);
        var from = 0;
        for (var at = 0; at < text.Text.Length; at++)
        {
            var entity = text.Text[at] switch
            {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                '"' => "&#34;",
                '\'' => "&#39;",
                _ => null,
            };
            if (entity is null) continue;
            result.Append(text.Slice(from..at)).Append(StringValue.Like(text, entity));
            from = at + 1;
        }
        return result.Append(text.Slice(from..)).ToValue();
    }

    public static JinjaValue Center(JinjaValue value, CallArguments arguments)
    {
        var width = arguments.Bind("center", "width")[0] ?? IntValue.Of(80);
        return StringMethods.Find(FilterTable.Soft(value, arguments), "center")!
            .Call(new CallArguments(arguments.Budget, [width], []));
    }

    public static JinjaValue Truncate(JinjaValue value, CallArguments arguments)
    {
        var bound = arguments.Bind("truncate", "length", "killwords", "end", "leeway");
        var text = FilterTable.Soft(value, arguments);
        var length = Sequences.Bound(bound[0]) ?? 255;
        var end = bound[2] is null ? new StringValue("...") : StringMethods.Text(bound[2], "truncate");
        var kept = length - CodePoints.Length(end.Text);
        if (kept < 0) throw new TemplateFaultException("truncate keeps less than its own end");
        if (CodePoints.Length(text.Text) <= length + (Sequences.Bound(bound[3]) ?? 5)) return text;
        var cut = (StringValue)Sequences.Slice(text, null, IntValue.Of(kept), null, arguments.Budget);
        if (!(bound[1]?.IsTrue ?? false) && cut.Text.LastIndexOf(' ') is >= 0 and var space) cut = cut.Slice(..space);
        return MarkedBuilder.Concat(arguments.Budget, cut, end);
    }

    public static JinjaValue WordCount(StringValue text, RenderBudget budget)
    {
        budget.Read(text.Text.Length);
        var words = 0;
        var inWord = false;
        foreach (var c in text.Text)
        {
            var part = c == '_' || char.IsLetterOrDigit(c) || char.GetUnicodeCategory(c) == UnicodeCategory.OtherNumber;
            if (part && !inWord) words++;
            inWord = part;
        }
        return IntValue.Of(words);
    }

    /// <summary>The named arguments as a dictionary, or null where there is none.</summary>
    public static DictValue? Named(CallArguments arguments)
    {
        if (arguments.Named.Count == 0) return null;
        var named = new DictValue();
        foreach (var (name, value) in arguments.Named) named.Add(new StringValue(name), value);
        return named;
    }
}
