using Weir.Formats.Bcl;

namespace Weir.Inference.Grammars.Automata;

/// <summary>Makes an <see cref="Automaton"/> of an <see cref="Expression"/>, by Thompson's construction: every part
/// gets an entry and an exit, adds moves out of the one and into the other, and keeps all states between to itself.
/// </summary>
internal sealed class AutomatonBuilder
{
    private readonly List<(int From, ByteMove Move)> _moves = [];
    private readonly List<(int From, int To)> _empty = [];
    private readonly List<(int From, Call Call)> _calls = [];
    private readonly List<(int Start, int End)> _rules = [];
    private readonly Dictionary<Expression, int> _ruleOf = new(ReferenceEqualityComparer.Instance);
    private readonly Queue<(int Rule, Expression Body)> _waiting = [];
    private int _states;

    /// <exception cref="UserErrorException">It is too large, cannot be satisfied, or would need endless nesting.
    /// </exception>
    public static Automaton Build(Expression root)
    {
        var builder = new AutomatonBuilder();
        builder.RuleFor(Expression.Sequence(root), root); // a key of its own: the root may be a rule, and called
        // Rules are built one after the other, not within each other: a chain of rules takes no stack.
        while (builder._waiting.TryDequeue(out var next))
            builder.Add(next.Body, builder._rules[next.Rule].Start, builder._rules[next.Rule].End);
        return builder.Finish(root.IsNullable);
    }

    private Automaton Finish(bool isNullable)
    {
        var (firstMove, moves) = Group(_moves);
        var (firstEmpty, empty) = Group(_empty);
        var (firstCall, calls) = Group(_calls);
        var final = new bool[_states];
        foreach (var (_, end) in _rules) final[end] = true;
        var (classOf, representatives) = ByteClasses(moves);
        var bare = new Automaton
        {
            States = _states, FirstMove = firstMove, Moves = moves, FirstEmpty = firstEmpty, EmptyTargets = empty,
            FirstCall = firstCall, Calls = calls, IsFinal = final, RuleStart = [.. _rules.Select(r => r.Start)],
            IsNullable = isNullable, ClassOf = classOf, RepresentativeOf = representatives,
            Height = [], OnlyReturns = [], RuleOrder = [],
        };
        return AutomatonAnalysis.Complete(bare);
    }

    private int NewState()
    {
        if (_states == GrammarLimits.MaximumStates)
            throw new UserErrorException($"The grammar needs more than {GrammarLimits.MaximumStates} states; "
                + "use smaller counts, fewer alternatives or shorter lists.");
        return _states++;
    }

    private int RuleFor(Expression key, Expression body)
    {
        if (_ruleOf.TryGetValue(key, out int rule)) return rule;
        rule = _rules.Count;
        _rules.Add((NewState(), NewState()));
        _ruleOf.Add(key, rule);
        _waiting.Enqueue((rule, body));
        return rule;
    }

    private void Add(Expression expression, int from, int to)
    {
        switch (expression)
        {
            case LiteralsExpression literals: AddLiterals(literals, from, to); break;
            case BytesExpression bytes:
                foreach (var range in bytes.Ranges) _moves.Add((from, new(range.Low, range.High, to)));
                break;
            case SequenceExpression sequence: AddSequence(sequence, from, to); break;
            case ChoiceExpression choice:
                foreach (var part in choice.Parts) Add(part, from, to);
                break;
            case RepeatExpression repeat: AddRepeat(repeat, from, to); break;
            case GraphExpression graph: AddGraph(graph, from, to); break;
            case RuleExpression rule:
                var body = BodyOf(rule);
                if (body.IsNullable) throw new InvalidOperationException("The rule may be empty.");
                _calls.Add((from, new(RuleFor(rule, body), to)));
                break;
            default: throw new InvalidOperationException($"{expression.GetType().Name} is not known.");
        }
    }

    private void AddLiterals(LiteralsExpression literals, int from, int to)
    {
        var children = new Dictionary<(int From, byte Byte), int>();
        foreach (var text in literals.Texts)
        {
            int at = from;
            for (int i = 0; i < text.Length; i++)
            {
                if (literals.Texts.Count == 1 && i == text.Length - 1)
                {
                    _moves.Add((at, new(text[i], text[i], to)));
                    return;
                }
                if (!children.TryGetValue((at, text[i]), out int next))
                {
                    children.Add((at, text[i]), next = NewState());
                    _moves.Add((at, new(text[i], text[i], next)));
                }
                at = next;
            }
            _empty.Add((at, to));
        }
    }

    private void AddSequence(SequenceExpression sequence, int from, int to)
    {
        int at = from;
        for (int i = 0; i < sequence.Parts.Count; i++)
        {
            int next = i == sequence.Parts.Count - 1 ? to : NewState();
            Add(sequence.Parts[i], at, next);
            at = next;
        }
        if (sequence.Parts.Count == 0) _empty.Add((from, to));
    }

    private void AddRepeat(RepeatExpression repeat, int from, int to)
    {
        // A body that may be empty may be left out as often as one likes.
        int minimum = repeat.Body.IsNullable ? 0 : repeat.Minimum, at = from;
        bool inline = RepeatExpression.IsInline(repeat.Body, repeat.Minimum, repeat.Maximum);
        for (int i = 0; i < (repeat.Maximum ?? minimum); i++)
        {
            if (i >= minimum) _empty.Add((at, to));
            int next = NewState();
            AddBody(at, next);
            at = next;
        }
        if (repeat.Maximum is null)
        {
            int loop = NewState();
            _empty.Add((at, loop));
            AddBody(loop, loop);
            at = loop;
        }
        _empty.Add((at, to));

        void AddBody(int start, int end)
        {
            if (inline) Add(repeat.Body, start, end);
            else _calls.Add((start, new(RuleFor(repeat.Body, BodyOf(repeat.Body)), end)));
        }
    }

    private static Expression BodyOf(Expression expression) => expression is not RuleExpression rule ? expression
        : rule.Body ?? throw new InvalidOperationException("The rule has no body.");

    private void AddGraph(GraphExpression graph, int from, int to)
    {
        var states = new int[graph.Nodes];
        for (int i = 0; i < states.Length; i++) states[i] = i switch { 0 => from, 1 => to, _ => NewState() };
        // Nothing may lead back into the entry or out of the exit: they belong to the neighbours too.
        int entry = NewState();
        _empty.Add((from, entry));
        states[0] = entry;
        foreach (var edge in graph.Edges) Add(edge.Label, states[edge.From], states[edge.To]);
    }

    private (int[] First, T[] Items) Group<T>(List<(int From, T Item)> pairs)
    {
        var first = new int[_states + 1];
        foreach (var (from, _) in pairs) first[from + 1]++;
        for (int i = 0; i < _states; i++) first[i + 1] += first[i];
        var at = first.AsSpan(0, _states).ToArray();
        var items = new T[pairs.Count];
        foreach (var (from, item) in pairs) items[at[from]++] = item;
        return (first, items);
    }

    private static (byte[] ClassOf, byte[] Representatives) ByteClasses(ByteMove[] moves)
    {
        var begins = new bool[257];
        foreach (var move in moves) begins[move.Low] = begins[move.High + 1] = true;
        var classOf = new byte[256];
        var representatives = new List<byte> { 0 };
        for (int b = 0; b < 256; b++)
        {
            if (b > 0 && begins[b]) representatives.Add((byte)b);
            classOf[b] = (byte)(representatives.Count - 1);
        }
        return (classOf, [.. representatives]);
    }
}
