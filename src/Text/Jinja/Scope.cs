using Weir.Text.Jinja.Values;

namespace Weir.Text.Jinja;

/// <summary>The names of a block. What is set here is gone when the block ends; what is not set here is looked up
/// around it.</summary>
internal sealed class Scope(Scope? around)
{
    private readonly Dictionary<string, JinjaValue> _names = new(StringComparer.Ordinal);

    public void Set(string name, JinjaValue value) => _names[name] = value;

    public JinjaValue? Find(string name)
    {
        for (var scope = this; scope is not null; scope = scope.Around)
            if (scope._names.TryGetValue(name, out var value)) return value;
        return null;
    }

    private Scope? Around { get; } = around;
}
