using Weir.Text.Jinja.Values;

namespace Weir.Text.Jinja.Builtins;

/// <summary>How Python's strings are split.</summary>
internal static class StringSplitting
{
    public static ListValue Split(StringValue self, CallArguments arguments, bool fromEnd)
    {
        var name = fromEnd ? "rsplit" : "split";
        var bound = arguments.Bind(name, "sep", "maxsplit");
        var most = Sequences.Bound(bound[1]) is >= 0 and { } given ? given : long.MaxValue;
        arguments.Budget.MakeText(self.Text.Length);
        if (bound[0] is null or NoneValue) return new ListValue(Words(self, most, fromEnd, arguments.Budget));
        var separator = StringMethods.Text(bound[0], name).Text;
        if (separator.Length == 0) throw new TemplateFaultException("the separator of split is empty");
        arguments.Budget.Search(self.Text.Length, separator.Length);
        var parts = new List<JinjaValue>();
        int from = 0, to = self.Text.Length;
        for (; most > 0; most--)
        {
            var at = fromEnd ? self.Text.AsSpan(0, to).LastIndexOf(separator)
                : self.Text.IndexOf(separator, from, StringComparison.Ordinal);
            if (at < 0) break;
            arguments.Budget.MakeItems(1);
            parts.Add(fromEnd ? self.Slice((at + separator.Length)..to) : self.Slice(from..at));
            if (fromEnd) to = at;
            else from = at + separator.Length;
        }
        parts.Add(self.Slice(from..to));
        if (fromEnd) parts.Reverse();
        return new ListValue(parts);
    }

    /// <summary>The lines, without their ends unless they are kept; nothing after the last end.</summary>
    public static List<StringValue> Lines(StringValue text, bool keepEnds, RenderBudget budget)
    {
        budget.MakeText(text.Text.Length);
        var lines = new List<StringValue>();
        for (var from = 0; from < text.Text.Length;)
        {
            budget.MakeItems(1);
            var end = from;
            while (end < text.Text.Length && !EndsLine(text.Text[end])) end++;
            var next = Math.Min(end + 1, text.Text.Length);
            if (end + 1 < text.Text.Length && text.Text[end] == '\r' && text.Text[end + 1] == '\n') next++;
            lines.Add(text.Slice(from..(keepEnds ? next : end)));
            from = next;
        }
        return lines;
    }

    public static ListValue Partition(StringValue self, CallArguments arguments, bool fromEnd)
    {
        var name = fromEnd ? "rpartition" : "partition";
        var separator = StringMethods.Text(arguments.Bind(name, "sep")[0], name);
        if (separator.Text.Length == 0) throw new TemplateFaultException("the separator of partition is empty");
        arguments.Budget.Search(self.Text.Length, separator.Text.Length);
        arguments.Budget.MakeText(self.Text.Length);
        var at = fromEnd ? self.Text.LastIndexOf(separator.Text, StringComparison.Ordinal)
            : self.Text.IndexOf(separator.Text, StringComparison.Ordinal);
        if (at >= 0) return ListValue.Tuple(self.Slice(..at), separator, self.Slice((at + separator.Text.Length)..));
        return fromEnd ? ListValue.Tuple(StringValue.Empty, StringValue.Empty, self)
            : ListValue.Tuple(self, StringValue.Empty, StringValue.Empty);
    }

    // Runs of white space part the words; what is beyond the last split keeps its white space at the far end.
    private static List<JinjaValue> Words(StringValue text, long most, bool fromEnd, RenderBudget budget)
    {
        var words = new List<JinjaValue>();
        int from = 0, to = text.Text.Length;
        while (true)
        {
            if (fromEnd) while (to > from && CodePoints.IsSpace(text.Text[to - 1])) to--;
            else while (from < to && CodePoints.IsSpace(text.Text[from])) from++;
            if (from == to) break;
            budget.MakeItems(1);
            if (most-- == 0)
            {
                words.Add(text.Slice(from..to));
                break;
            }
            int end = from, begin = to;
            if (fromEnd) while (begin > from && !CodePoints.IsSpace(text.Text[begin - 1])) begin--;
            else while (end < to && !CodePoints.IsSpace(text.Text[end])) end++;
            words.Add(fromEnd ? text.Slice(begin..to) : text.Slice(from..end));
            if (fromEnd) to = begin;
            else from = end;
        }
        if (fromEnd) words.Reverse();
        return words;
    }

    private static bool EndsLine(char c) =>
        c is '\n' or '\r' or '\v' or '\f' or >= '\x1c' and <= '\x1e' or '\x85' or '\u2028' or '\u2029';
}
