namespace Weir.Inference.Grammars.Automata;

/// <summary>A recursive transition network over bytes: non-deterministic automata, one a rule, that call each other.
/// A call is never satisfied by the empty text; where that is meant, an empty move stands beside it. Immutable.
/// </summary>
/// <remarks>Woods, "Transition network grammars for natural language analysis", 1970.</remarks>
internal sealed class Automaton
{
    public required int States { get; init; }

    /// <summary>The moves of state s are those from <c>[s]</c> to before <c>[s + 1]</c>; likewise for the other two.
    /// </summary>
    public required int[] FirstMove { get; init; }
    public required ByteMove[] Moves { get; init; }
    public required int[] FirstEmpty { get; init; }
    public required int[] EmptyTargets { get; init; }
    public required int[] FirstCall { get; init; }
    public required Call[] Calls { get; init; }

    /// <summary>Where a rule may return.</summary>
    public required bool[] IsFinal { get; init; }

    /// <summary>Of each rule; rule 0 is the grammar itself.</summary>
    public required int[] RuleStart { get; init; }

    /// <summary>True where the whole may be empty.</summary>
    public required bool IsNullable { get; init; }

    /// <summary>Bytes that no move tells apart have one class.</summary>
    public required byte[] ClassOf { get; init; }
    public required byte[] RepresentativeOf { get; init; }
    public int Classes => RepresentativeOf.Length;

    /// <summary>About how much memory it takes.</summary>
    public long Bytes => 20L * States + 12L * Moves.Length + 4L * EmptyTargets.Length + 8L * (Calls.Length
        + RuleStart.Length);

    /// <summary>Of each state: how many more calls have to be open at once before its rule can return.</summary>
    public required int[] Height { get; init; }

    /// <summary>True for states from which a rule can do nothing but return: a call that ends there need not be
    /// remembered.</summary>
    public required bool[] OnlyReturns { get; init; }

    /// <summary>Of each rule: a rule comes before those that it may call without having read anything.</summary>
    public required int[] RuleOrder { get; init; }
}

internal readonly record struct ByteMove(byte Low, byte High, int Target);

internal readonly record struct Call(int Rule, int Return);
