using Weir.Text.Jinja.Values;

namespace Weir.Text.Jinja.Builtins;

/// <summary><c>value.name</c> and <c>value[key]</c>: the methods in these tables, the items of dictionaries, the
/// attributes of namespaces, and nothing else.</summary>
internal static class Members
{
    private delegate JinjaValue MethodOf<T>(T self, CallArguments arguments);

    private static readonly Dictionary<string, MethodOf<DictValue>> DictMethods = new()
    {
        ["items"] = (self, a) => None(a, "items", Items(self, a.Budget)),
        ["keys"] = (self, a) => None(a, "keys", new ListValue(Sequences.ToList(self, a.Budget))),
        ["values"] = (self, a) => None(a, "values", Values(self, a.Budget)),
        ["get"] = (self, a) => a.Bind("get", "key", "default") is var b
            ? Sequences.TryGet(self, Needed(b[0], "get"), a.Budget) ?? b[1] ?? NoneValue.Instance : null!,
        ["copy"] = (self, a) => None(a, "copy", Copy(self, a.Budget)),
        ["update"] = (self, a) => Update(self, a),
        ["pop"] = (self, a) => Pop(self, a),
        ["setdefault"] = (self, a) => SetDefault(self, a),
    };

    private static readonly Dictionary<string, MethodOf<ListValue>> ListMethods = new()
    {
        ["append"] = (self, a) => Append(self, a),
        ["extend"] = (self, a) => Extend(self, a),
        ["insert"] = (self, a) => Insert(self, a),
        ["pop"] = (self, a) => Pop(self, a),
        ["index"] = (self, a) => IndexOf(self, Needed(a.Bind("index", "value")[0], "index"), a.Budget),
        ["count"] = (self, a) => a.Bind("count", "value")[0] is var item
            ? IntValue.Of(self.Items.Count(i => PythonOrder.AreEqual(i, Needed(item, "count"), a.Budget))) : null!,
        ["copy"] = (self, a) => None(a, "copy", new ListValue(Sequences.ToList(self, a.Budget), self.IsTuple)),
    };

    /// <summary>A method of the value, an item of a dictionary, or undefined, in this order, as Python finds
    /// them.</summary>
    public static JinjaValue Attribute(JinjaValue value, string name, RenderBudget budget) =>
        Method(value, name)
        ?? (value is DictValue dict && dict.TryGet(new StringValue(name), out var item) ? item : null)
        ?? Missing(value, new StringValue(name), budget);

    /// <summary>An item of a dictionary or sequence, a method, or undefined, in this order.</summary>
    public static JinjaValue Item(JinjaValue value, JinjaValue key, RenderBudget budget)
    {
        JinjaValue? item = null;
        if (value is DictValue dict)
        {
            if (PythonKeys.IsHashable(key, budget, 0) && dict.TryGet(key, out var found)) item = found;
        }
        else if (PythonOrder.AsInteger(key) is { } index) item = Sequences.At(value, index, budget);
        return item ?? (key is StringValue name ? Method(value, name.Text) : null) ?? Missing(value, key, budget);
    }

    /// <summary>The items of a dictionary as pairs.</summary>
    public static ListValue Items(DictValue dict, RenderBudget budget)
    {
        budget.MakeItems(3L * dict.Count);
        return new ListValue([.. dict.Items.Select(pair => ListValue.Tuple(pair.Key, pair.Value))]);
    }

    /// <summary>Sets an attribute of a namespace.</summary>
    public static void Set(JinjaValue target, string name, JinjaValue value)
    {
        if (target is not NamespaceValue space)
            throw new TemplateFaultException($"only an attribute of a namespace can be set, not one of a value of the "
                + $"type {target.TypeName}");
        space.Attributes[name] = value;
    }

    private static FunctionValue? Method(JinjaValue value, string name) => value switch
    {
        StringValue text => StringMethods.Find(text, name),
        DictValue dict when DictMethods.TryGetValue(name, out var method) => new(name, a => method(dict, a)),
        ListValue list when ListMethods.TryGetValue(name, out var method) => new(name, a => method(list, a)),
        _ => null,
    };

    private static JinjaValue Missing(JinjaValue value, JinjaValue key, RenderBudget budget)
    {
        Arithmetic.CheckDefined(value);
        var name = key is StringValue text ? text.Text : PythonText.Str(key, budget).Text;
        if (value is NamespaceValue space && space.Attributes.TryGetValue(name, out var attribute)) return attribute;
        if (value is LoopValue loop && loop.Attribute(name) is { } member) return member;
        const int shown = 100;
        if (name.Length > shown) name = name[..shown] + "...";
        return new UndefinedValue($"a value of the type {value.TypeName} has no member '{name}'");
    }

    private static JinjaValue None(CallArguments arguments, string function, JinjaValue result)
    {
        arguments.Bind(function);
        return result;
    }

    private static JinjaValue Needed(JinjaValue? value, string function) =>
        value ?? throw new TemplateFaultException($"{function} needs an argument");

    private static ListValue Values(DictValue dict, RenderBudget budget)
    {
        budget.MakeItems(dict.Count);
        return new ListValue([.. dict.Items.Select(pair => pair.Value)]);
    }

    private static DictValue Copy(DictValue dict, RenderBudget budget)
    {
        budget.MakeItems(2L * dict.Count);
        var copy = new DictValue();
        foreach (var (key, value) in dict.Items) copy.Add(key, value);
        return copy;
    }

    private static NoneValue Update(DictValue self, CallArguments arguments)
    {
        arguments.Budget.MakeItems(arguments.Named.Count);
        if (arguments.Positional is [DictValue other])
            foreach (var (key, value) in Copy(other, arguments.Budget).Items) self.Set(key, value);
        else if (arguments.Positional.Count > 0) throw new TemplateFaultException("update takes a dictionary");
        foreach (var (name, value) in arguments.Named) self.Set(new StringValue(name), value);
        return NoneValue.Instance;
    }

    private static JinjaValue Pop(DictValue self, CallArguments arguments)
    {
        var bound = arguments.Bind("pop", "key", "default");
        var key = Needed(bound[0], "pop");
        PythonKeys.Check(key, arguments.Budget);
        return self.Remove(key, out var value) ? value
            : bound[1] ?? throw new TemplateFaultException("pop finds no such key");
    }

    private static JinjaValue SetDefault(DictValue self, CallArguments arguments)
    {
        var bound = arguments.Bind("setdefault", "key", "default");
        var key = Needed(bound[0], "setdefault");
        if (Sequences.TryGet(self, key, arguments.Budget) is { } present) return present;
        arguments.Budget.MakeItems(2);
        self.Set(key, bound[1] ?? NoneValue.Instance);
        return bound[1] ?? NoneValue.Instance;
    }

    private static NoneValue Append(ListValue self, CallArguments arguments)
    {
        arguments.Budget.MakeItems(1);
        self.Changeable.Add(Needed(arguments.Bind("append", "value")[0], "append"));
        return NoneValue.Instance;
    }

    private static NoneValue Extend(ListValue self, CallArguments arguments)
    {
        var more = Sequences.ToList(Needed(arguments.Bind("extend", "values")[0], "extend"), arguments.Budget);
        self.Changeable.AddRange(more);
        return NoneValue.Instance;
    }

    private static NoneValue Insert(ListValue self, CallArguments arguments)
    {
        var bound = arguments.Bind("insert", "index", "value");
        arguments.Budget.MakeItems(1 + self.Items.Count);
        var at = Sequences.Bound(Needed(bound[0], "insert")) ?? 0;
        if (at < 0) at += self.Items.Count;
        self.Changeable.Insert((int)Math.Clamp(at, 0, self.Items.Count), Needed(bound[1], "insert"));
        return NoneValue.Instance;
    }

    private static JinjaValue Pop(ListValue self, CallArguments arguments)
    {
        arguments.Budget.Step(self.Items.Count);
        var at = Sequences.Bound(arguments.Bind("pop", "index")[0]) ?? -1;
        if (at < 0) at += self.Items.Count;
        if (at < 0 || at >= self.Items.Count) throw new TemplateFaultException("pop finds no such index");
        var item = self.Items[(int)at];
        self.Changeable.RemoveAt((int)at);
        return item;
    }

    private static IntValue IndexOf(ListValue self, JinjaValue value, RenderBudget budget)
    {
        for (var i = 0; i < self.Items.Count; i++)
            if (PythonOrder.AreEqual(self.Items[i], value, budget)) return IntValue.Of(i);
        throw new TemplateFaultException("index finds no such item");
    }
}
