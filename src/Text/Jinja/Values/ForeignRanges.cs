using System.Text;

namespace Weir.Text.Jinja.Values;

/// <summary>Which stretches of a text came from the request. What a template makes of a user's words stays known as
/// the user's, through slices, joins and replacements, so that no words can become a special token.</summary>
internal sealed class ForeignRanges
{
    // Start and end of each stretch by turns; ascending, none empty.
    private readonly int[] _bounds;

    public ForeignRanges(int[] bounds) => _bounds = bounds;

    public ReadOnlySpan<int> Bounds => _bounds;

    public static ForeignRanges? Whole(int length) => length == 0 ? null : new ForeignRanges([0, length]);

    /// <summary>Whether any character from <paramref name="start"/> up to <paramref name="end"/> is foreign.</summary>
    public bool Touch(int start, int end)
    {
        // The first stretch that ends after the start.
        int low = 0, high = _bounds.Length / 2;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_bounds[2 * middle + 1] > start) high = middle;
            else low = middle + 1;
        }
        return low < _bounds.Length / 2 && _bounds[2 * low] < end;
    }

    public ForeignRanges? Slice(int start, int length)
    {
        if (_bounds.Length == 2 && _bounds[0] <= start && start + length <= _bounds[1]) return Whole(length);
        var bounds = new List<int>();
        for (var i = 0; i < _bounds.Length; i += 2)
        {
            var from = Math.Max(_bounds[i], start);
            var to = Math.Min(_bounds[i + 1], start + length);
            if (from < to) bounds.AddRange([from - start, to - start]);
        }
        return bounds.Count == 0 ? null : new ForeignRanges([.. bounds]);
    }
}

/// <summary>Builds a text and remembers which of it is foreign.</summary>
/// <param name="budget">Charged for every character.</param>
/// <param name="limit">Most characters, for the rendered text itself.</param>
internal sealed class MarkedBuilder(RenderBudget budget, long limit = long.MaxValue)
{
    private readonly StringBuilder _text = new();
    private readonly List<int> _bounds = [];

    public int Length => _text.Length;

    /// <summary>Appends text of the template.</summary>
    public MarkedBuilder Append(ReadOnlySpan<char> text)
    {
        Charge(text.Length);
        _text.Append(text);
        return this;
    }

    public MarkedBuilder Append(StringValue value)
    {
        if (value.Text.Length == 0) return this;
        Charge(value.Text.Length);
        if (value.Foreign is not null)
            for (var i = 0; i < value.Foreign.Bounds.Length; i += 2)
                Mark(_text.Length + value.Foreign.Bounds[i], _text.Length + value.Foreign.Bounds[i + 1]);
        _text.Append(value.Text);
        return this;
    }

    /// <summary>Appends text that is all foreign or not at all.</summary>
    public MarkedBuilder Append(ReadOnlySpan<char> text, bool foreign)
    {
        if (foreign && text.Length > 0) Mark(_text.Length, _text.Length + text.Length);
        return Append(text);
    }

    public StringValue ToValue() => _text.Length == 0 ? StringValue.Empty
        : new StringValue(_text.ToString(), _bounds.Count == 0 ? null : new ForeignRanges([.. _bounds]));

    public static StringValue Concat(RenderBudget budget, params ReadOnlySpan<StringValue> parts)
    {
        var builder = new MarkedBuilder(budget);
        foreach (var part in parts) builder.Append(part);
        return builder.ToValue();
    }

    private void Charge(int length)
    {
        budget.MakeText(length);
        if (_text.Length + (long)length > limit)
            throw new TemplateFaultException($"the rendered text has more than {limit:N0} characters");
    }

    private void Mark(int start, int end)
    {
        if (_bounds.Count > 0 && _bounds[^1] == start) _bounds[^1] = end;
        else _bounds.AddRange([start, end]);
    }
}
