using System.Numerics;
using Weir.Text.Jinja.Values;

namespace Weir.Text.Jinja.Builtins;

/// <summary>What loops, indices, slices and <c>in</c> do with texts, lists and dictionaries.</summary>
internal static class Sequences
{
    /// <summary>The items; a dictionary gives its keys and a text its characters. A list that grows during the loop
    /// gives its new items too, as in Python.</summary>
    public static IEnumerable<JinjaValue> Iterate(JinjaValue value, RenderBudget budget) => value switch
    {
        ListValue list => ListItems(list),
        DictValue dict => Keys(dict, budget),
        StringValue text => Characters(text, budget),
        UndefinedValue => [],
        _ => throw new TemplateFaultException($"a value of the type {value.TypeName} cannot be looped over"),
    };

    public static List<JinjaValue> ToList(JinjaValue value, RenderBudget budget)
    {
        var items = new List<JinjaValue>();
        foreach (var item in Iterate(value, budget))
        {
            budget.MakeItems(1);
            items.Add(item);
        }
        return items;
    }

    /// <summary>The number of items, or null where it is no sequence.</summary>
    public static int? Length(JinjaValue value) => value switch
    {
        ListValue list => list.Items.Count,
        DictValue dict => dict.Count,
        StringValue text => CodePoints.Length(text.Text),
        UndefinedValue => 0,
        _ => null,
    };

    public static bool Contains(JinjaValue container, JinjaValue item, RenderBudget budget)
    {
        switch (container)
        {
            case StringValue text:
                if (item is not StringValue part)
                    throw new TemplateFaultException(
                        $"'in' a text takes a text, not a value of the type {item.TypeName}");
                return IndexOf(text.Text, part.Text, 0, budget) >= 0;
            case DictValue dict:
                return TryGet(dict, item, budget) is not null;
            case ListValue list:
                for (var i = 0; i < list.Items.Count; i++)
                    if (PythonOrder.AreEqual(list.Items[i], item, budget)) return true;
                return false;
            case UndefinedValue:
                return false;
            default:
                throw new TemplateFaultException($"a value of the type {container.TypeName} contains nothing");
        }
    }

    public static JinjaValue? TryGet(DictValue dict, JinjaValue key, RenderBudget budget)
    {
        PythonKeys.Check(key, budget);
        return dict.TryGet(key, out var value) ? value : null;
    }

    /// <summary>The item at an index, which counts from the end where it is negative; null where there is
    /// none.</summary>
    public static JinjaValue? At(JinjaValue value, BigInteger index, RenderBudget budget)
    {
        if (Length(value) is not { } length) return null;
        if (index.Sign < 0) index += length;
        if (index.Sign < 0 || index >= length) return null;
        var at = (int)index;
        if (value is ListValue list) return list.Items[at];
        if (value is not StringValue text) return null;
        budget.Read(text.Text.Length);
        return CodePoints.Starts(text.Text) is { } starts
            ? text.Slice(starts[at], starts[at + 1] - starts[at]) : text.Slice(at, 1);
    }

    public static JinjaValue Slice(JinjaValue value, JinjaValue? start, JinjaValue? stop, JinjaValue? step,
        RenderBudget budget)
    {
        Arithmetic.CheckDefined(value);
        if (value is not (StringValue or ListValue))
            return new UndefinedValue($"a value of the type {value.TypeName} cannot be sliced");
        var (first, count, stride) = CodePoints.SliceOf(Length(value)!.Value, Bound(start), Bound(stop),
            Bound(step) ?? 1);
        if (value is ListValue list)
        {
            budget.MakeItems(count);
            var items = new List<JinjaValue>(count);
            for (var i = 0; i < count; i++) items.Add(list.Items[first + i * stride]);
            return new ListValue(items, list.IsTuple);
        }
        var text = (StringValue)value;
        budget.MakeText(text.Text.Length);
        var starts = CodePoints.Starts(text.Text);
        if (stride == 1) return text.Slice(Unit(first)..Unit(first + count));
        budget.Step(count);
        var builder = new MarkedBuilder(budget);
        for (var i = 0; i < count; i++)
            builder.Append(text.Slice(Unit(first + i * stride)..Unit(first + i * stride + 1)));
        return builder.ToValue();

        int Unit(int at) => starts is null ? at : starts[at];
    }

    /// <summary>Where the text has the part, in UTF-16 units, or -1.</summary>
    public static int IndexOf(string text, string part, int from, RenderBudget budget)
    {
        budget.Search(text.Length - from, part.Length);
        return text.IndexOf(part, from, StringComparison.Ordinal);
    }

    /// <summary>An integer as a place: far outside of every sequence where it is too large.</summary>
    public static long? Bound(JinjaValue? value) => value switch
    {
        null or NoneValue => null,
        _ when PythonOrder.AsInteger(value) is { } integer =>
            (long)BigInteger.Max(BigInteger.Min(integer, int.MaxValue), -int.MaxValue),
        UndefinedValue undefined => throw new TemplateFaultException(undefined.Why),
        _ => throw new TemplateFaultException($"a place must be an integer, not {value.TypeName}"),
    };

    private static IEnumerable<JinjaValue> ListItems(ListValue list)
    {
        for (var i = 0; i < list.Items.Count; i++) yield return list.Items[i];
    }

    private static List<JinjaValue> Keys(DictValue dict, RenderBudget budget)
    {
        budget.MakeItems(dict.Count);
        return dict.Keys;
    }

    private static IEnumerable<JinjaValue> Characters(StringValue text, RenderBudget budget)
    {
        budget.Read(text.Text.Length);
        for (var at = 0; at < text.Text.Length;)
        {
            budget.Step();
            var length = at + 1 < text.Text.Length && char.IsSurrogatePair(text.Text[at], text.Text[at + 1]) ? 2 : 1;
            yield return text.Slice(at, length);
            at += length;
        }
    }
}
