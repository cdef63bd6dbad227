using Weir.Inference.Grammars.Automata;

namespace Weir.Inference.Grammars.Vocabularies;

/// <summary>How many characters that stand for themselves in a JSON string (all but quotes, backslashes and controls)
/// may come next, whichever they are. It is found by trying all of them, so it holds for any grammar.</summary>
internal sealed class PlainCharacterRoom
{
    /// <summary>Further is not looked, except to see that there is no end.</summary>
    private const int MaximumCharacters = 32;

    // States of a reader of UTF-8 (Unicode 16, table 3-7): between characters; one, two, three bytes to come; and after
    // E0, ED, F0 and F4, whose second byte is restricted.
    private const int Between = 0, States = 8;

    private readonly ConfigurationGraph _graph;

    // For each state: a byte class and the state after a byte of it, each pair once.
    private readonly (int ByteClass, int Next)[][] _moves;

    public PlainCharacterRoom(ConfigurationGraph graph)
    {
        _graph = graph;
        _moves = [.. Enumerable.Range(0, States).Select(state => Enumerable.Range(0, 256)
            .Select(b => (ByteClass: (int)graph.Automaton.ClassOf[b], Next: After(state, b)))
            .Where(m => m.Next >= 0).Distinct().ToArray())];
    }

    /// <summary><see cref="int.MaxValue"/> where there is no end to it.</summary>
    public int After(Configuration configuration)
    {
        var seen = new HashSet<Configuration> { configuration };
        var last = new List<Configuration> { configuration };
        for (int room = 0; room < MaximumCharacters; room++)
        {
            var next = new List<Configuration>();
            foreach (var from in last)
            {
                var after = from.AfterPlainCharacter ??= AfterOne(from);
                if (after.Length == 0) return room;
                foreach (var to in after) if (seen.Add(to)) next.Add(to);
            }
            if (next.Count == 0) return int.MaxValue;
            last = next;
        }
        return MaximumCharacters;
    }

    private Configuration[] AfterOne(Configuration from)
    {
        var seen = new HashSet<(Configuration, int)>();
        var open = new Stack<(Configuration At, int State)>([(from, Between)]);
        var found = new HashSet<Configuration>();
        while (open.TryPop(out var top))
            foreach (var (byteClass, state) in _moves[top.State])
            {
                var next = _graph.Follow(top.At, byteClass);
                if (next == Configuration.Dead) return [];
                if (state == Between) found.Add(next);
                else if (seen.Add((next, state))) open.Push((next, state));
            }
        _graph.Charge(8L * found.Count);
        return [.. found];
    }

    /// <summary>Negative where the byte cannot come.</summary>
    private static int After(int state, int b) => (state, b) switch
    {
        (Between, >= 0x20 and <= 0x7F and not ('"' or '\\')) => Between,
        (Between, >= 0xC2 and <= 0xDF) => 1,
        (Between, 0xE0) => 4,
        (Between, 0xED) => 5,
        (Between, >= 0xE1 and <= 0xEF) => 2,
        (Between, 0xF0) => 6,
        (Between, >= 0xF1 and <= 0xF3) => 3,
        (Between, 0xF4) => 7,
        (>= 1 and <= 3, >= 0x80 and <= 0xBF) => state - 1,
        (4, >= 0xA0 and <= 0xBF) or (5, >= 0x80 and <= 0x9F) => 1,
        (6, >= 0x90 and <= 0xBF) or (7, >= 0x80 and <= 0x8F) => 2,
        _ => -1,
    };
}
