using System.Buffers;

namespace Weir.Text.Jinja.Values;

/// <summary>How <c>tojson</c> writes.</summary>
/// <param name="Indent">What each level adds at the beginning of a line; null for all in one line.</param>
/// <param name="ItemSeparator">Between items.</param>
/// <param name="KeySeparator">Between a key and its value.</param>
/// <param name="SortKeys">Whether keys come in order, not as they were put in.</param>
/// <param name="AsciiOnly">Whether everything above ASCII is escaped.</param>
internal sealed record JsonForm(string? Indent, string ItemSeparator, string KeySeparator, bool SortKeys,
    bool AsciiOnly);

/// <summary>What Python's <c>json.dumps</c> gives, to the character; Hugging Face's <c>tojson</c> is that with
/// <c>ensure_ascii=False</c>.</summary>
internal static class PythonJson
{
    private static readonly SearchValues<char> Escaped =
        SearchValues.Create([.. Enumerable.Range(0, 32).Select(i => (char)i), '"', '\\']);
    private static readonly SearchValues<char> EscapedOrWide = SearchValues.Create(
        [.. Enumerable.Range(0, 32).Select(i => (char)i), '"', '\\',
            .. Enumerable.Range(127, 0x10000 - 127).Select(i => (char)i)]);

    public static StringValue Write(JinjaValue value, JsonForm form, RenderBudget budget)
    {
        var text = new MarkedBuilder(budget);
        Write(value, form, budget, text, 0);
        return text.ToValue();
    }

    private static void Write(JinjaValue value, JsonForm form, RenderBudget budget, MarkedBuilder text, int depth)
    {
        budget.Step();
        RenderBudget.CheckDataDepth(depth);
        switch (value)
        {
            case StringValue s:
                WriteString(s, form, text);
                break;
            case ListValue list:
                WriteAll('[', ']', list.Items, form, text, depth,
                    item => Write(item, form, budget, text, depth + 1));
                break;
            case DictValue dict:
                var pairs = dict.Items;
                if (form.SortKeys) pairs = PythonSort.By([.. dict.Items], pair => pair.Key, false, budget);
                WriteAll('{', '}', pairs, form, text, depth, pair =>
                {
                    WriteString(Key(pair.Key), form, text);
                    text.Append(form.KeySeparator);
                    Write(pair.Value, form, budget, text, depth + 1);
                });
                break;
            case UndefinedValue undefined:
                throw new TemplateFaultException(undefined.Why);
            default:
                text.Append(Scalar(value));
                break;
        }
    }

    private static void WriteAll<T>(char open, char close, IEnumerable<T> items, JsonForm form, MarkedBuilder text,
        int depth, Action<T> write)
    {
        text.Append([open]);
        var first = true;
        foreach (var item in items)
        {
            if (!first) text.Append(form.ItemSeparator);
            first = false;
            NewLine(depth + 1);
            write(item);
        }
        if (!first) NewLine(depth);
        text.Append([close]);

        void NewLine(int levels)
        {
            if (form.Indent is null) return;
            text.Append("\n");
            for (var i = 0; i < levels; i++) text.Append(form.Indent);
        }
    }

    private static string Scalar(JinjaValue value) => value switch
    {
        NoneValue => "null",
        BoolValue b => b.Value ? "true" : "false",
        IntValue i => PythonText.Integer(i.Value),
        FloatValue { Value: var f } => double.IsNaN(f) ? "NaN"
            : double.IsInfinity(f) ? (f > 0 ? "Infinity" : "-Infinity") : PythonText.Float(f),
        _ => throw new TemplateFaultException($"tojson cannot write a value of the type {value.TypeName}"),
    };

    private static StringValue Key(JinjaValue key) => key as StringValue ?? new StringValue(Scalar(key));

    private static void WriteString(StringValue value, JsonForm form, MarkedBuilder text)
    {
        var foreign = value.Foreign is not null;
        text.Append("\"");
        var special = form.AsciiOnly ? EscapedOrWide : Escaped;
        ReadOnlySpan<char> rest = value.Text;
        while (rest.IndexOfAny(special) is >= 0 and var at)
        {
            text.Append(rest[..at], foreign);
            text.Append(Escape(rest[at]), foreign);
            rest = rest[(at + 1)..];
        }
        text.Append(rest, foreign);
        text.Append("\"");
    }

    private static string Escape(char c) => c switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\b' => "\\b",
        '\f' => "\\f",
        _ => $"\\u{(int)c:x4}",
    };
}
