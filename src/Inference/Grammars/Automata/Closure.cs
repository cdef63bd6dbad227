using Weir.Formats.Bcl;

namespace Weir.Inference.Grammars.Automata;

/// <summary>Works out one <see cref="Configuration"/>: everything that can be reached from where a byte has led to
/// without reading another.</summary>
/// <remarks>
/// 1. From the states a byte has led to: empty moves; returns, whose stacks are known; calls are noted by rule.
/// 2. Rules that were called, those first that may call others at once (no rule begins with itself, so there is such an
///    order): by then all callers are known, and make one node under the rule. A rule begins once for all its callers.
/// A rule that has read nothing does not return (see <see cref="Automaton"/>), so step 2 never adds to step 1.
/// </remarks>
internal sealed class Closure(Automaton automaton, ConfigurationGraph graph)
{
    private readonly HashSet<long> _seen = [];
    private readonly Stack<Reading> _open = [];
    private readonly List<Reading> _readings = [];
    private readonly Dictionary<int, List<StackReturn>> _callers = [];
    private readonly PriorityQueue<int, int> _called = new();
    private bool _isComplete;

    public static int CompareReadings(Reading a, Reading b) =>
        a.State != b.State ? a.State.CompareTo(b.State) : a.Stack.Id.CompareTo(b.Stack.Id);

    public static int CompareReturns(StackReturn a, StackReturn b) =>
        a.State != b.State ? a.State.CompareTo(b.State) : a.ParentId.CompareTo(b.ParentId);

    public Configuration OfStart(StackNode root)
    {
        Begin();
        Note(new Call(0, -1), root);
        var start = End();
        return automaton.IsNullable ? graph.Intern(start.Readings, isComplete: true) : start;
    }

    public void Begin()
    {
        _seen.Clear();
        _open.Clear();
        _readings.Clear();
        _callers.Clear();
        _called.Clear();
        _isComplete = false;
    }

    /// <summary>A byte leads here.</summary>
    public void Add(int state, StackNode stack) => Open(state, stack);

    public Configuration End()
    {
        Spread(mayReturn: true);
        while (_called.TryDequeue(out int rule, out _))
        {
            var node = Under(rule, _callers[rule]);
            if (node is null) continue;
            Open(automaton.RuleStart[rule], node);
            Spread(mayReturn: false);
        }
        _readings.Sort(CompareReadings);
        return graph.Intern([.. _readings], _isComplete);
    }

    private void Open(int state, StackNode stack)
    {
        graph.Count(1);
        // Height is far beyond the limit where no end can be reached at all.
        if (automaton.Height[state] > GrammarLimits.MaximumStackDepth - stack.Depth) return;
        if (_seen.Add(((long)state << 32) | (uint)stack.Id)) _open.Push(new(state, stack));
    }

    private void Spread(bool mayReturn)
    {
        while (_open.TryPop(out var at))
        {
            int s = at.State;
            if (automaton.FirstMove[s] < automaton.FirstMove[s + 1]) Read(at);
            for (int i = automaton.FirstEmpty[s]; i < automaton.FirstEmpty[s + 1]; i++)
                Open(automaton.EmptyTargets[i], at.Stack);
            for (int i = automaton.FirstCall[s]; i < automaton.FirstCall[s + 1]; i++)
                Note(automaton.Calls[i], at.Stack);
            if (!mayReturn || !automaton.IsFinal[s]) continue;
            foreach (var (state, parent) in at.Stack.Returns)
                if (parent is null) _isComplete = true;
                else Open(state, parent);
        }
    }

    private void Read(Reading at)
    {
        if (_readings.Count == GrammarLimits.MaximumReadings)
            throw new UserErrorException($"The text so far can be read in more than {GrammarLimits.MaximumReadings} "
                + "ways by the grammar; make its alternatives begin differently, and its repetitions unambiguous.");
        _readings.Add(at);
    }

    private void Note(Call call, StackNode stack)
    {
        graph.Count(1);
        int height = automaton.Height[automaton.RuleStart[call.Rule]];
        if (height > GrammarLimits.MaximumStackDepth) return;
        if (!_callers.TryGetValue(call.Rule, out var callers))
        {
            _callers.Add(call.Rule, callers = []);
            _called.Enqueue(call.Rule, automaton.RuleOrder[call.Rule]);
        }
        // A call after which its rule only returns is not remembered: its rule's callers are returned to instead.
        if (call.Return < 0 || automaton.OnlyReturns[call.Return])
        {
            graph.Count(stack.Returns.Length);
            callers.AddRange(stack.Returns);
        }
        else if (automaton.Height[call.Return] <= GrammarLimits.MaximumStackDepth - stack.Depth)
            callers.Add(new(call.Return, stack));
    }

    /// <summary>The node of those callers that leave the rule room enough to end; null where none does.</summary>
    private StackNode? Under(int rule, List<StackReturn> callers)
    {
        int most = GrammarLimits.MaximumStackDepth - automaton.Height[automaton.RuleStart[rule]];
        callers.RemoveAll(c => c.Depth > most);
        if (callers.Count == 0) return null;
        callers.Sort(CompareReturns);
        int kept = 1;
        for (int i = 1; i < callers.Count; i++)
            if (callers[i] != callers[kept - 1]) callers[kept++] = callers[i];
        return graph.Intern([.. callers[..kept]]);
    }
}
