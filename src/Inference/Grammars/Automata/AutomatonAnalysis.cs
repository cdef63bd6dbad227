using Weir.Formats.Bcl;

namespace Weir.Inference.Grammars.Automata;

/// <summary>What has to be known of an <see cref="Automaton"/> before it can be run: which states lead to an end and
/// how much nesting that takes, which do nothing but return, and in which order rules call each other.</summary>
internal static class AutomatonAnalysis
{
    private const int Unreachable = int.MaxValue;

    /// <exception cref="UserErrorException">No text belongs to it, or a rule begins with itself.</exception>
    public static Automaton Complete(Automaton bare)
    {
        var onlyReturns = OnlyReturns(bare);
        var height = Heights(bare, onlyReturns);
        if (height[bare.RuleStart[0]] == Unreachable)
            throw new UserErrorException("Nothing satisfies the grammar: what it requires contradicts itself, "
                + "or requires itself without an end.");
        if (height[bare.RuleStart[0]] > GrammarLimits.MaximumStackDepth)
            throw new UserErrorException($"The grammar needs more than {GrammarLimits.MaximumStackDepth} levels of "
                + "nesting; make what it describes flatter.");
        return new Automaton
        {
            States = bare.States, FirstMove = bare.FirstMove, Moves = bare.Moves, FirstEmpty = bare.FirstEmpty,
            EmptyTargets = bare.EmptyTargets, FirstCall = bare.FirstCall, Calls = bare.Calls, IsFinal = bare.IsFinal,
            RuleStart = bare.RuleStart, IsNullable = bare.IsNullable, ClassOf = bare.ClassOf,
            RepresentativeOf = bare.RepresentativeOf, Height = height, OnlyReturns = onlyReturns,
            RuleOrder = RuleOrder(bare, height),
        };
    }

    private static bool[] OnlyReturns(Automaton a)
    {
        var back = new Reversed(a);
        var reads = new bool[a.States];
        var returns = new bool[a.States];
        var readers = new Stack<int>();
        var returners = new Stack<int>();
        for (int s = 0; s < a.States; s++)
        {
            if (a.FirstMove[s] < a.FirstMove[s + 1] || a.FirstCall[s] < a.FirstCall[s + 1]) Mark(reads, readers, s);
            if (a.IsFinal[s]) Mark(returns, returners, s);
        }
        Spread(reads, readers);
        Spread(returns, returners);
        for (int s = 0; s < a.States; s++) returns[s] &= !reads[s];
        return returns;

        void Spread(bool[] marked, Stack<int> open)
        {
            while (open.TryPop(out int s))
                foreach (int from in back.EmptyInto(s)) Mark(marked, open, from);
        }

        static void Mark(bool[] marked, Stack<int> open, int s)
        {
            if (marked[s]) return;
            marked[s] = true;
            open.Push(s);
        }
    }

    // The least number of calls that must be open at once on some way to the end of a state's rule. All states of one
    // level are settled before those of the next:
    // 1. a final state is at 0; a move or an empty move costs nothing;
    // 2. a call costs one more than its rule's start, unless it is not remembered; what follows it counts too, and the
    //    way's level is the larger of the two. It is looked at when the later of the two is settled.
    private static int[] Heights(Automaton a, bool[] onlyReturns)
    {
        var back = new Reversed(a);
        var height = new int[a.States];
        Array.Fill(height, Unreachable);
        var ruleOf = new Dictionary<int, int>();
        for (int rule = 0; rule < a.RuleStart.Length; rule++) ruleOf[a.RuleStart[rule]] = rule;
        var levels = new PriorityQueue<int, int>();
        for (int s = 0; s < a.States; s++) if (a.IsFinal[s]) levels.Enqueue(s, 0);
        while (levels.TryDequeue(out int s, out int level))
        {
            if (height[s] != Unreachable) continue;
            height[s] = level;
            foreach (int from in back.EmptyInto(s)) if (height[from] == Unreachable) levels.Enqueue(from, level);
            foreach (int from in back.MovesInto(s)) if (height[from] == Unreachable) levels.Enqueue(from, level);
            foreach (var (from, call) in back.CallsReturningTo(s)) Offer(from, call);
            if (ruleOf.TryGetValue(s, out int called))
                foreach (var (from, call) in back.CallsOf(called)) Offer(from, call);
        }
        return height;

        void Offer(int from, Call call)
        {
            int inside = height[a.RuleStart[call.Rule]], after = height[call.Return];
            if (inside == Unreachable || after == Unreachable || height[from] != Unreachable) return;
            levels.Enqueue(from, Math.Max(after, inside + (onlyReturns[call.Return] ? 0 : 1)));
        }
    }

    private static int[] RuleOrder(Automaton a, int[] height)
    {
        var beginsWith = new int[a.RuleStart.Length][];
        var seen = new int[a.States];
        for (int rule = 0; rule < beginsWith.Length; rule++)
        {
            var called = new HashSet<int>();
            var open = new Stack<int>([a.RuleStart[rule]]);
            while (open.TryPop(out int s))
            {
                if (height[s] == Unreachable || seen[s] == rule + 1) continue;
                seen[s] = rule + 1;
                foreach (int to in a.EmptyTargets.AsSpan(a.FirstEmpty[s]..a.FirstEmpty[s + 1])) open.Push(to);
                foreach (var call in a.Calls.AsSpan(a.FirstCall[s]..a.FirstCall[s + 1]))
                    if (height[a.RuleStart[call.Rule]] != Unreachable && height[call.Return] != Unreachable)
                        called.Add(call.Rule);
            }
            beginsWith[rule] = [.. called];
        }
        return Sorted(beginsWith);
    }

    // Depth first, without recursion: a rule is numbered, from the last, when all it begins with have been.
    private static int[] Sorted(int[][] beginsWith)
    {
        const int Open = -1, New = -2;
        var order = new int[beginsWith.Length];
        Array.Fill(order, New);
        int next = order.Length;
        var path = new Stack<(int Rule, int Index)>();
        for (int first = 0; first < order.Length; first++)
        {
            if (order[first] != New) continue;
            order[first] = Open;
            path.Push((first, 0));
            while (path.TryPop(out var top))
            {
                if (top.Index == beginsWith[top.Rule].Length)
                {
                    order[top.Rule] = --next;
                    continue;
                }
                path.Push((top.Rule, top.Index + 1));
                int called = beginsWith[top.Rule][top.Index];
                if (order[called] == Open)
                    throw new UserErrorException("The grammar has a rule that begins with itself: a reference leads "
                        + "back to where it stands without anything between.");
                if (order[called] != New) continue;
                order[called] = Open;
                path.Push((called, 0));
            }
        }
        return order;
    }

    /// <summary>The same moves by where they lead to.</summary>
    private sealed class Reversed
    {
        private readonly (int[] First, int[] From) _empty, _moves;
        private readonly (int[] First, (int From, Call Call)[] Calls) _returns, _rules;

        public Reversed(Automaton a)
        {
            _empty = ByKey(a.States, Pairs(a.FirstEmpty, a.EmptyTargets, (from, to) => (to, from)));
            _moves = ByKey(a.States, Pairs(a.FirstMove, a.Moves, (from, move) => (move.Target, from)));
            _returns = ByKey(a.States, Pairs(a.FirstCall, a.Calls, (from, call) => (call.Return, (from, call))));
            _rules = ByKey(a.RuleStart.Length, Pairs(a.FirstCall, a.Calls, (from, call) => (call.Rule, (from, call))));
        }

        public ReadOnlySpan<int> EmptyInto(int s) => _empty.From.AsSpan(_empty.First[s].._empty.First[s + 1]);

        public ReadOnlySpan<int> MovesInto(int s) => _moves.From.AsSpan(_moves.First[s].._moves.First[s + 1]);

        public ReadOnlySpan<(int From, Call Call)> CallsReturningTo(int s) =>
            _returns.Calls.AsSpan(_returns.First[s].._returns.First[s + 1]);

        public ReadOnlySpan<(int From, Call Call)> CallsOf(int rule) =>
            _rules.Calls.AsSpan(_rules.First[rule].._rules.First[rule + 1]);

        private static (int Key, TItem Item)[] Pairs<TMove, TItem>(int[] first, TMove[] moves,
            Func<int, TMove, (int, TItem)> pair)
        {
            var pairs = new (int, TItem)[moves.Length];
            for (int s = 0; s + 1 < first.Length; s++)
                for (int i = first[s]; i < first[s + 1]; i++) pairs[i] = pair(s, moves[i]);
            return pairs;
        }

        private static (int[] First, TItem[] Items) ByKey<TItem>(int keys, (int Key, TItem Item)[] pairs)
        {
            var first = new int[keys + 1];
            foreach (var (key, _) in pairs) first[key + 1]++;
            for (int i = 0; i < keys; i++) first[i + 1] += first[i];
            var at = first.AsSpan(0, keys).ToArray();
            var items = new TItem[pairs.Length];
            foreach (var (key, item) in pairs) items[at[key]++] = item;
            return (first, items);
        }
    }
}
