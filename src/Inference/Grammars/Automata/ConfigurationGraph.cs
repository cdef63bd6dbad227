using Weir.Formats.Bcl;

namespace Weir.Inference.Grammars.Automata;

/// <summary>The deterministic automaton behind an <see cref="Automaton"/>, made as far as it is walked. Not
/// thread-safe.</summary>
internal sealed class ConfigurationGraph
{
    private readonly Automaton _automaton;
    private readonly HashSet<Configuration> _configurations = new(new SameReadings());
    private readonly HashSet<StackNode> _nodes = new(new SameReturns());
    private readonly StackNode _root = new(0, 0, [new(-1, null)]);
    private readonly Closure _closure;
    private int _generation, _nextNode = 1;
    private long _bytes, _moves;

    public ConfigurationGraph(Automaton automaton)
    {
        _automaton = automaton;
        _closure = new Closure(automaton, this);
    }

    public Automaton Automaton => _automaton;

    public Configuration Start() => _closure.OfStart(_root);

    /// <summary>What follows a byte of this class: null where that has not been walked, so the caller is to
    /// <see cref="Follow"/>.</summary>
    public static Configuration? Known(Configuration from, int byteClass) => from.Next[byteClass];

    /// <exception cref="UserErrorException">It would cost more than the limits allow.</exception>
    public Configuration Follow(Configuration from, int byteClass)
    {
        if (from.Next[byteClass] is { } known) return known;
        byte read = _automaton.RepresentativeOf[byteClass];
        _closure.Begin();
        foreach (var reading in from.Readings)
            foreach (var move in _automaton.Moves.AsSpan(_automaton.FirstMove[reading.State]
                .._automaton.FirstMove[reading.State + 1]))
                if (move.Low <= read && read <= move.High) _closure.Add(move.Target, reading.Stack);
        return from.Next[byteClass] = _closure.End();
    }

    /// <summary>Begins a new count of moves, for one mask or one token, and forgets everything where the cache is full.
    /// </summary>
    public void BeginWork()
    {
        _moves = 0;
        if (_bytes <= GrammarLimits.MaximumCacheBytes) return;
        _configurations.Clear();
        _nodes.Clear();
        _bytes = 0;
        _generation++;
    }

    /// <summary>The same configuration, as it is known since everything was forgotten.</summary>
    public Configuration Renew(Configuration old)
    {
        if (old.Generation == _generation || old == Configuration.Dead) return old;
        var renewed = new Dictionary<StackNode, StackNode> { [_root] = _root };
        var readings = new Reading[old.Readings.Length];
        for (int i = 0; i < readings.Length; i++)
            readings[i] = new(old.Readings[i].State, Renew(old.Readings[i].Stack, renewed));
        Array.Sort(readings, Closure.CompareReadings);
        return Intern(readings, old.IsComplete);
    }

    /// <summary>For what is kept beside the configurations and should count.</summary>
    public void Charge(long bytes) => _bytes += bytes;

    /// <exception cref="UserErrorException">There have been too many since the work began.</exception>
    public void Count(int moves)
    {
        _moves += moves;
        if (_moves > GrammarLimits.MaximumMoves)
            throw new UserErrorException($"The grammar takes more than {GrammarLimits.MaximumMoves} moves for one "
                + "token; make its alternatives begin differently, and its repetitions unambiguous.");
    }

    public Configuration Intern(Reading[] readings, bool isComplete)
    {
        if (readings.Length == 0 && !isComplete) return Configuration.Dead;
        var made = new Configuration(readings, isComplete, _automaton.Classes) { Generation = _generation };
        if (_configurations.TryGetValue(made, out var known)) return known;
        _configurations.Add(made);
        _bytes += made.Bytes;
        return made;
    }

    public StackNode Intern(StackReturn[] returns)
    {
        int depth = 0;
        foreach (var item in returns) depth = Math.Max(depth, item.Depth);
        if (returns.Length == 1 && returns[0].Parent is null) return _root;
        var made = new StackNode(_nextNode, depth, returns);
        if (_nodes.TryGetValue(made, out var known)) return known;
        _nextNode++;
        _nodes.Add(made);
        _bytes += 80 + 16L * returns.Length;
        return made;
    }

    // The depth of stacks is limited, and with it the depth of this.
    private StackNode Renew(StackNode old, Dictionary<StackNode, StackNode> renewed)
    {
        if (renewed.TryGetValue(old, out var known)) return known;
        var returns = new StackReturn[old.Returns.Length];
        for (int i = 0; i < returns.Length; i++)
            returns[i] = old.Returns[i].Parent is { } parent ? new(old.Returns[i].State, Renew(parent, renewed))
                : old.Returns[i];
        Array.Sort(returns, Closure.CompareReturns);
        return renewed[old] = Intern(returns);
    }

    private sealed class SameReadings : IEqualityComparer<Configuration>
    {
        public bool Equals(Configuration? x, Configuration? y) => x!.IsComplete == y!.IsComplete
            && x.Readings.AsSpan().SequenceEqual(y.Readings);

        public int GetHashCode(Configuration obj)
        {
            var hash = new HashCode();
            hash.Add(obj.IsComplete);
            foreach (var (state, stack) in obj.Readings) hash.Add(((long)state << 32) | (uint)stack.Id);
            return hash.ToHashCode();
        }
    }

    private sealed class SameReturns : IEqualityComparer<StackNode>
    {
        public bool Equals(StackNode? x, StackNode? y) => x!.Returns.AsSpan().SequenceEqual(y!.Returns);

        public int GetHashCode(StackNode obj)
        {
            var hash = new HashCode();
            foreach (var item in obj.Returns) hash.Add(((long)item.State << 32) | (uint)item.ParentId);
            return hash.ToHashCode();
        }
    }
}
