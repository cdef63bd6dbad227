namespace Weir.Inference.Grammars.Automata;

/// <summary>Where a rule returns to when it ends, in all the ways that it may have been called; equal nodes are one
/// object within a <see cref="ConfigurationGraph"/>. The node that has a return without a parent lies under the
/// grammar itself: there the text may end.</summary>
/// <remarks>A graph-structured stack: Tomita, "An efficient augmented-context-free parsing algorithm", 1987.</remarks>
internal sealed class StackNode(int id, int depth, StackReturn[] returns)
{
    public int Id => id;

    /// <summary>Of the deepest way: how many returns are remembered at once.</summary>
    public int Depth => depth;

    /// <summary>In order of state and parent, each once.</summary>
    public StackReturn[] Returns => returns;
}

internal readonly record struct StackReturn(int State, StackNode? Parent)
{
    public int ParentId => Parent?.Id ?? -1;

    /// <summary>How many returns are remembered while this one is waited for.</summary>
    public int Depth => Parent is null ? 0 : Parent.Depth + 1;
}

/// <summary>A state that reads bytes, and what is under it.</summary>
internal readonly record struct Reading(int State, StackNode Stack);

/// <summary>All the ways in which a text can be read; texts that may be continued in the same ways mostly share one.
/// What follows each is worked out once, when it is first asked for.</summary>
internal sealed class Configuration(Reading[] readings, bool isComplete, int classes)
{
    /// <summary>No text of the grammar begins so.</summary>
    public static readonly Configuration Dead = new([], false, 0);

    /// <summary>In order of state and stack, each once.</summary>
    public Reading[] Readings => readings;

    /// <summary>True where the text may end.</summary>
    public bool IsComplete => isComplete;

    /// <summary>What follows a byte of each class; null where that is not known yet.</summary>
    public Configuration?[] Next { get; } = new Configuration?[classes];

    /// <summary>What follows one character that stands for itself within a JSON string, whichever it is: empty where
    /// some such character may not come, null where that is not known yet.</summary>
    public Configuration[]? AfterPlainCharacter { get; set; }

    /// <summary>A bit a token: which may come next. Null where that is not known yet.</summary>
    public ulong[]? Mask { get; set; }

    /// <summary>Of the graph that made it: one that has been emptied since does not know it.</summary>
    public int Generation { get; init; }

    public long Bytes => 120 + 16L * readings.Length + 8L * classes;
}
