using Weir.Text.Jinja.Values;

namespace Weir.Text.Jinja.Builtins;

/// <summary>What every template can call.</summary>
internal static class GlobalFunctions
{
    // The limit of Jinja's own sandbox.
    private const int MostRange = 100_000;

    /// <param name="clock">What <c>strftime_now</c> reads.</param>
    public static IReadOnlyDictionary<string, JinjaValue> All(TimeProvider clock) =>
        new FunctionValue[]
        {
            new("range", Range),
            new("dict", Dict),
            new("namespace", Namespace),
            new("raise_exception", Raise),
            new("strftime_now", a => new StringValue(StrfTime.Format(
                StringMethods.Text(a.Bind("strftime_now", "format")[0], "strftime_now").Text,
                clock.GetLocalNow()))),
        }.ToDictionary(function => function.Name, function => (JinjaValue)function, StringComparer.Ordinal);

    private static ListValue Range(CallArguments arguments)
    {
        var bound = arguments.Bind("range", "start", "stop", "step");
        var (start, stop) = bound[1] is null ? (0, Place(bound[0])) : (Place(bound[0]), Place(bound[1]));
        var step = bound[2] is null ? 1 : Place(bound[2]);
        if (step == 0) throw new TemplateFaultException("the step of a range cannot be 0");
        var span = step > 0 ? stop - start : start - stop;
        var count = span <= 0 ? 0 : (span - 1) / Math.Abs(step) + 1;
        if (count > MostRange) throw new TemplateFaultException($"a range has more than {MostRange:N0} items");
        arguments.Budget.MakeItems(count);
        var items = new List<JinjaValue>((int)count);
        for (long i = 0; i < count; i++) items.Add(IntValue.Of(start + i * step));
        return new ListValue(items, isFrozen: true);

        static long Place(JinjaValue? value) => Sequences.Bound(value)
            ?? throw new TemplateFaultException("a range needs integers");
    }

    private static DictValue Dict(CallArguments arguments)
    {
        var dict = new DictValue();
        Fill(arguments, "dict", (key, value) => dict.Set(key, value));
        return dict;
    }

    private static NamespaceValue Namespace(CallArguments arguments)
    {
        var space = new NamespaceValue();
        Fill(arguments, "namespace",
            (key, value) => space.Attributes[PythonText.Str(key, arguments.Budget).Text] = value);
        return space;
    }

    // From a dictionary or from pairs, and then from names.
    private static void Fill(CallArguments arguments, string function, Action<JinjaValue, JinjaValue> set)
    {
        if (arguments.Positional.Count > 1) throw new TemplateFaultException($"{function} takes one dictionary");
        if (arguments.Positional is [DictValue dict])
        {
            arguments.Budget.MakeItems(dict.Count);
            foreach (var (key, value) in dict.Items) set(key, value);
        }
        else if (arguments.Positional is [var pairs])
            foreach (var pair in Sequences.Iterate(pairs, arguments.Budget))
            {
                if (Sequences.ToList(pair, arguments.Budget) is not [var key, var value])
                    throw new TemplateFaultException($"{function} takes pairs");
                PythonKeys.Check(key, arguments.Budget);
                set(key, value);
            }
        foreach (var (name, value) in arguments.Named)
        {
            arguments.Budget.MakeItems(1);
            set(new StringValue(name), value);
        }
    }

    private static JinjaValue Raise(CallArguments arguments)
    {
        var message = arguments.Bind("raise_exception", "message")[0];
        throw new TemplateRefusalException(message is null ? "" : PythonText.Str(message, arguments.Budget).Text);
    }
}

/// <summary>What a template says by <c>raise_exception</c>: it was given a conversation that its model does not
/// know.</summary>
internal sealed class TemplateRefusalException(string message) : Exception(message);
