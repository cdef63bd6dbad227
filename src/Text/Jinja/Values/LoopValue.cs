namespace Weir.Text.Jinja.Values;

/// <summary>The <c>loop</c> of a for: where it is, and what lies around. Items are fetched only as far as they are
/// asked for, because the loop's body can change what its filter lets through.</summary>
internal sealed class LoopValue(IEnumerable<JinjaValue> items, int? length) : JinjaValue
{
    private readonly IEnumerator<JinjaValue> _source = items.GetEnumerator();
    private readonly Queue<JinjaValue> _ahead = new();
    private JinjaValue? _previous, _current;
    private JinjaValue? _lastChanged;
    private int _index0 = -1;

    public JinjaValue Current => _current!;

    internal override bool IsTrue => true;

    internal override string TypeName => "loop";

    public bool MoveNext()
    {
        if (!Peek(out var next)) return false;
        _ahead.Dequeue();
        (_previous, _current) = (_current, next);
        _index0++;
        return true;
    }

    /// <summary>Null where a loop has no such attribute.</summary>
    public JinjaValue? Attribute(string name) => name switch
    {
        "index" => IntValue.Of(_index0 + 1),
        "index0" => IntValue.Of(_index0),
        "first" => BoolValue.Of(_index0 == 0),
        "last" => BoolValue.Of(!Peek(out _)),
        "length" => IntValue.Of(Length()),
        "revindex" => IntValue.Of(Length() - _index0),
        "revindex0" => IntValue.Of(Length() - _index0 - 1),
        "previtem" => _previous ?? new UndefinedValue("there is no previous item"),
        "nextitem" => Peek(out var next) ? next! : new UndefinedValue("there is no next item"),
        "depth" => IntValue.Of(1),
        "depth0" => IntValue.Of(0),
        "cycle" => new FunctionValue("cycle", Cycle),
        "changed" => new FunctionValue("changed", Changed),
        _ => null,
    };

    private int Length()
    {
        if (length is { } known) return known;
        while (_source.MoveNext()) _ahead.Enqueue(_source.Current);
        return _index0 + 1 + _ahead.Count;
    }

    private bool Peek(out JinjaValue? next)
    {
        if (_ahead.Count == 0 && _source.MoveNext()) _ahead.Enqueue(_source.Current);
        return _ahead.TryPeek(out next);
    }

    private JinjaValue Cycle(CallArguments arguments) => arguments.Positional.Count == 0
        ? throw new TemplateFaultException("loop.cycle needs values")
        : arguments.Positional[_index0 % arguments.Positional.Count];

    private BoolValue Changed(CallArguments arguments)
    {
        var values = ListValue.Tuple([.. arguments.Positional]);
        var same = _lastChanged is not null && PythonOrder.AreEqual(_lastChanged, values, arguments.Budget);
        _lastChanged = values;
        return BoolValue.Of(!same);
    }
}
