using System.Diagnostics.CodeAnalysis;

namespace Weir.Text.Jinja.Values;

/// <summary>A list or a tuple.</summary>
internal sealed class ListValue : JinjaValue
{
    private readonly List<JinjaValue> _items;

    public ListValue(List<JinjaValue> items, bool isTuple = false, bool isFrozen = false)
    {
        _items = items;
        IsTuple = isTuple;
        IsFrozen = isFrozen || isTuple;
    }

    public static ListValue Tuple(params ReadOnlySpan<JinjaValue> items) => new([.. items], isTuple: true);

    public IReadOnlyList<JinjaValue> Items => _items;

    public bool IsTuple { get; }

    /// <summary>True of tuples and of lists that came with the request, which other renderings may share.</summary>
    public bool IsFrozen { get; }

    /// <summary>The items, to change.</summary>
    public List<JinjaValue> Changeable => !IsFrozen ? _items
        : throw new TemplateFaultException(IsTuple ? "a tuple cannot be changed" : "a list of the request cannot be "
            + "changed; copy it first (list + [])");

    internal override bool IsTrue => _items.Count > 0;

    internal override string TypeName => IsTuple ? "tuple" : "list";
}

/// <summary>A dictionary, in the order in which its keys came.</summary>
internal sealed class DictValue : JinjaValue
{
    private readonly OrderedDictionary<JinjaValue, JinjaValue> _items = new(PythonKeys.Comparer);

    /// <summary>True of dictionaries that came with the request, which other renderings may share.</summary>
    public bool IsFrozen { get; init; }

    public int Count => _items.Count;

    public IEnumerable<KeyValuePair<JinjaValue, JinjaValue>> Items => _items;

    /// <summary>A copy of the keys, to loop over while the dictionary changes.</summary>
    public List<JinjaValue> Keys => [.. _items.Keys];

    public bool TryGet(JinjaValue key, [NotNullWhen(true)] out JinjaValue? value) => _items.TryGetValue(key, out value);

    /// <summary>Sets while the dictionary is made: frozen or not.</summary>
    public void Add(JinjaValue key, JinjaValue value) => _items[key] = value;

    /// <summary>Sets on behalf of a template.</summary>
    public void Set(JinjaValue key, JinjaValue value)
    {
        CheckChangeable();
        _items[key] = value;
    }

    public bool Remove(JinjaValue key, [NotNullWhen(true)] out JinjaValue? value)
    {
        CheckChangeable();
        return _items.Remove(key, out value);
    }

    private void CheckChangeable()
    {
        if (IsFrozen) throw new TemplateFaultException("a dictionary of the request cannot be changed");
    }

    internal override bool IsTrue => _items.Count > 0;

    internal override string TypeName => "dict";
}

/// <summary>What <c>namespace()</c> makes: attributes that <c>set</c> can change from inside a loop.</summary>
internal sealed class NamespaceValue : JinjaValue
{
    public Dictionary<string, JinjaValue> Attributes { get; } = new(StringComparer.Ordinal);

    internal override bool IsTrue => true;

    internal override string TypeName => "Namespace";
}

/// <summary>Something that can be called: a macro, a method of a value, or a function that all templates
/// have.</summary>
internal sealed class FunctionValue(string name, Func<CallArguments, JinjaValue> call) : JinjaValue
{
    public string Name { get; } = name;

    public Func<CallArguments, JinjaValue> Call { get; } = call;

    internal override bool IsTrue => true;

    internal override string TypeName => "function";
}

/// <summary>What a function, filter or test is called with.</summary>
internal sealed class CallArguments(RenderBudget budget, IReadOnlyList<JinjaValue> positional,
    IReadOnlyList<KeyValuePair<string, JinjaValue>> named)
{
    public RenderBudget Budget { get; } = budget;

    public IReadOnlyList<JinjaValue> Positional { get; } = positional;

    public IReadOnlyList<KeyValuePair<string, JinjaValue>> Named { get; } = named;

    public CallArguments Skip(int count) => new(Budget, [.. Positional.Skip(count)], Named);

    /// <summary>The arguments by the function's parameters: null where one was not given.</summary>
    public JinjaValue?[] Bind(string function, params ReadOnlySpan<string> parameters)
    {
        if (Positional.Count > parameters.Length)
            throw new TemplateFaultException(
                $"{function} takes at most {parameters.Length} arguments, not {Positional.Count}");
        var bound = new JinjaValue?[parameters.Length];
        for (var i = 0; i < Positional.Count; i++) bound[i] = Positional[i];
        foreach (var (name, value) in Named)
        {
            var at = parameters.IndexOf(name);
            if (at < 0) throw new TemplateFaultException($"{function} has no parameter '{name}'");
            if (bound[at] is not null) throw new TemplateFaultException($"{function} is given '{name}' twice");
            bound[at] = value;
        }
        return bound;
    }
}
