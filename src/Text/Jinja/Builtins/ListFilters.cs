using System.Globalization;
using Weir.Text.Jinja.Values;

namespace Weir.Text.Jinja.Builtins;

/// <summary>The filters of lists. Jinja gives generators for some of them; here all are lists.</summary>
internal static class ListFilters
{
    public static JinjaValue First(JinjaValue value, RenderBudget budget)
    {
        foreach (var item in Sequences.Iterate(value, budget)) return item;
        return new UndefinedValue("there is no first item");
    }

    public static JinjaValue Last(JinjaValue value, RenderBudget budget) => value is StringValue or ListValue
        ? Sequences.At(value, -1, budget) ?? new UndefinedValue("there is no last item")
        : Sequences.ToList(value, budget) is [.., var last] ? last : new UndefinedValue("there is no last item");

    public static JinjaValue Reverse(JinjaValue value, RenderBudget budget)
    {
        if (value is StringValue) return Sequences.Slice(value, null, null, IntValue.Of(-1), budget);
        var items = Sequences.ToList(value, budget);
        items.Reverse();
        return new ListValue(items);
    }

    public static JinjaValue Map(JinjaValue value, CallArguments arguments)
    {
        var budget = arguments.Budget;
        var results = new List<JinjaValue>();
        // Of what is empty or false nothing is looked at, so that none gives an empty list here and in select.
        if (!value.IsTrue) return new ListValue(results);
        if (arguments.Positional.Count == 0)
        {
            var bound = arguments.Bind("map", "attribute", "default");
            if (bound[0] is null) throw new TemplateFaultException("map needs a filter or an attribute");
            // A first argument that stands alone is a filter, so these have come by name.
            foreach (var item in Sequences.Iterate(value, budget))
                Add(results, Attribute(item, bound[0]!, bound[1], budget), budget);
            return new ListValue(results);
        }
        var filter = StringMethods.Text(arguments.Positional[0], "map").Text;
        var rest = arguments.Skip(1);
        foreach (var item in Sequences.Iterate(value, budget))
            Add(results, FilterTable.Apply(filter, item, rest), budget);
        return new ListValue(results);
    }

    public static JinjaValue Select(JinjaValue value, CallArguments arguments, bool wanted)
    {
        if (!value.IsTrue) return new ListValue([]);
        var passes = TestOf(arguments);
        var results = new List<JinjaValue>();
        foreach (var item in Sequences.Iterate(value, arguments.Budget))
            if (passes(item) == wanted) Add(results, item, arguments.Budget);
        return new ListValue(results);
    }

    public static JinjaValue SelectAttribute(JinjaValue value, CallArguments arguments, bool wanted)
    {
        if (!value.IsTrue) return new ListValue([]);
        if (arguments.Positional.Count == 0) throw new TemplateFaultException("selectattr needs an attribute");
        var passes = TestOf(arguments.Skip(1));
        var results = new List<JinjaValue>();
        foreach (var item in Sequences.Iterate(value, arguments.Budget))
            if (passes(Attribute(item, arguments.Positional[0], null, arguments.Budget)) == wanted)
                Add(results, item, arguments.Budget);
        return new ListValue(results);
    }

    public static JinjaValue Sort(JinjaValue value, CallArguments arguments)
    {
        var bound = arguments.Bind("sort", "reverse", "case_sensitive", "attribute");
        // Several attributes may stand with commas between them. The keys are lists, of which equal items need no
        // order.
        var keys = bound[2] is StringValue { Text: var names } && names.Contains(',')
            ? names.Split(',').Select(name => Key(new StringValue(name), bound[1], arguments.Budget)).ToArray()
            : [Key(bound[2], bound[1], arguments.Budget)];
        Func<JinjaValue, JinjaValue> key = item => new ListValue([.. keys.Select(one => one(item))]);
        return new ListValue(PythonSort.By(Sequences.ToList(value, arguments.Budget), key, bound[0]?.IsTrue ?? false,
            arguments.Budget));
    }

    public static JinjaValue DictSort(JinjaValue value, CallArguments arguments)
    {
        var bound = arguments.Bind("dictsort", "case_sensitive", "by", "reverse");
        if (value is not DictValue dict) throw new TemplateFaultException("dictsort takes a dictionary");
        var by = bound[1] is null ? "key" : StringMethods.Text(bound[1], "dictsort").Text;
        if (by is not ("key" or "value")) throw new TemplateFaultException("dictsort sorts by key or by value");
        var key = Key(IntValue.Of(by == "key" ? 0 : 1), bound[0], arguments.Budget);
        var pairs = Members.Items(dict, arguments.Budget);
        return new ListValue(PythonSort.By(pairs.Items, key, bound[2]?.IsTrue ?? false, arguments.Budget));
    }

    public static JinjaValue Unique(JinjaValue value, CallArguments arguments)
    {
        var bound = arguments.Bind("unique", "case_sensitive", "attribute");
        var key = Key(bound[1], bound[0], arguments.Budget);
        var seen = new HashSet<JinjaValue>(PythonKeys.Comparer);
        var results = new List<JinjaValue>();
        foreach (var item in Sequences.Iterate(value, arguments.Budget))
        {
            var k = key(item);
            PythonKeys.Check(k, arguments.Budget);
            if (seen.Add(k)) Add(results, item, arguments.Budget);
        }
        return new ListValue(results);
    }

    public static JinjaValue GroupBy(JinjaValue value, CallArguments arguments)
    {
        var bound = arguments.Bind("groupby", "attribute", "default", "case_sensitive");
        if (bound[0] is null) throw new TemplateFaultException("groupby needs an attribute");
        var key = Key(bound[0], bound[2], arguments.Budget, bound[1]);
        var groups = new List<JinjaValue>();
        List<JinjaValue>? group = null;
        JinjaValue? current = null;
        foreach (var item in PythonSort.By(Sequences.ToList(value, arguments.Budget), key, false,
            arguments.Budget))
        {
            arguments.Budget.MakeItems(1);
            if (group is null || !PythonOrder.AreEqual(current!, key(item), arguments.Budget))
            {
                arguments.Budget.MakeItems(2);
                current = key(item);
                group = [];
                groups.Add(ListValue.Tuple(Attribute(item, bound[0]!, bound[1], arguments.Budget),
                    new ListValue(group)));
            }
            group.Add(item);
        }
        return new ListValue(groups);
    }

    public static JinjaValue Extreme(JinjaValue value, CallArguments arguments, string name, int sign)
    {
        var bound = arguments.Bind(name, "case_sensitive", "attribute");
        var key = Key(bound[1], bound[0], arguments.Budget);
        JinjaValue? best = null;
        foreach (var item in Sequences.Iterate(value, arguments.Budget))
            if (best is null || PythonOrder.Compare(key(item), key(best), arguments.Budget) * sign > 0) best = item;
        return best ?? new UndefinedValue($"there is no {name} of nothing");
    }

    public static JinjaValue Sum(JinjaValue value, CallArguments arguments)
    {
        var bound = arguments.Bind("sum", "attribute", "start");
        var sum = bound[1] ?? IntValue.Of(0);
        foreach (var item in Sequences.Iterate(value, arguments.Budget))
            sum = Arithmetic.Apply("+", sum, bound[0] is null or NoneValue ? item
                : Attribute(item, bound[0]!, null, arguments.Budget), arguments.Budget);
        return sum;
    }

    public static JinjaValue Batch(JinjaValue value, CallArguments arguments)
    {
        var bound = arguments.Bind("batch", "linecount", "fill_with");
        var size = (int)(Sequences.Bound(bound[0]) ?? 0);
        if (size < 1) throw new TemplateFaultException("batch needs a size above 0");
        var batches = Sequences.ToList(value, arguments.Budget).Chunk(size).Select(chunk => chunk.ToList()).ToList();
        if (bound[1] is not (null or NoneValue) && batches.Count > 0)
        {
            arguments.Budget.MakeItems(size);
            while (batches[^1].Count < size) batches[^1].Add(bound[1]!);
        }
        return new ListValue([.. batches.Select(batch => new ListValue(batch))]);
    }

    public static JinjaValue Slices(JinjaValue value, CallArguments arguments)
    {
        var bound = arguments.Bind("slice", "slices", "fill_with");
        var count = (int)(Sequences.Bound(bound[0]) ?? 0);
        if (count < 1) throw new TemplateFaultException("slice needs a number above 0");
        arguments.Budget.MakeItems(2L * count);
        var items = Sequences.ToList(value, arguments.Budget);
        var (each, longer) = Math.DivRem(items.Count, count);
        var slices = new List<JinjaValue>();
        for (int i = 0, at = 0; i < count; i++)
        {
            var slice = items.GetRange(at, each + (i < longer ? 1 : 0));
            at += slice.Count;
            if (bound[1] is not (null or NoneValue) && i >= longer) slice.Add(bound[1]!);
            slices.Add(new ListValue(slice));
        }
        return new ListValue(slices);
    }

    /// <summary>An attribute of an item: a name, names with dots between them, or an index.</summary>
    public static JinjaValue Attribute(JinjaValue item, JinjaValue attribute, JinjaValue? otherwise,
        RenderBudget budget)
    {
        if (attribute is not StringValue path) item = Members.Item(item, attribute, budget);
        else
            foreach (var part in path.Text.Split('.'))
                item = Members.Item(item, int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture,
                    out var index) ? IntValue.Of(index) : new StringValue(part), budget);
        return item.IsUndefined && otherwise is not null ? otherwise : item;
    }

    private static void Add(List<JinjaValue> results, JinjaValue item, RenderBudget budget)
    {
        budget.MakeItems(1);
        results.Add(item);
    }

    private static Func<JinjaValue, bool> TestOf(CallArguments arguments)
    {
        if (arguments.Positional.Count == 0) return item => item.IsTrue;
        var test = StringMethods.Text(arguments.Positional[0], "select").Text;
        var rest = arguments.Skip(1);
        return item => TestTable.Passes(test, item, rest);
    }

    // Texts are compared without regard to case unless that is asked for.
    private static Func<JinjaValue, JinjaValue> Key(JinjaValue? attribute, JinjaValue? caseSensitive,
        RenderBudget budget, JinjaValue? otherwise = null) => item =>
    {
        var key = attribute is null or NoneValue ? item : Attribute(item, attribute, otherwise, budget);
        return key is StringValue text && !(caseSensitive?.IsTrue ?? false) ? StringMethods.Lower(text, budget) : key;
    };
}
