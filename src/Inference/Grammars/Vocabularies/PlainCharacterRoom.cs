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

    private static readonly int[] NextStates =
        [.. Enumerable.Range(0, States * 256).Select(i => After(i >> 8, i & 255))];

    private readonly ConfigurationGraph _graph;

    // For each state: a byte class and the state after a byte of it, each pair once. Of most graphs only few are used.
    private readonly (int ByteClass, int Next)[]?[] _moves = new (int, int)[]?[States];

    public PlainCharacterRoom(ConfigurationGraph graph) => _graph = graph;

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
            foreach (var (byteClass, state) in _moves[top.State] ??= MovesOf(top.State))
            {
                var next = _graph.Follow(top.At, byteClass);
                if (next == Configuration.Dead) return [];
                if (state == Between) found.Add(next);
                else if (seen.Add((next, state))) open.Push((next, state));
            }
        _graph.Charge(8L * found.Count);
        return [.. found];
    }

    private (int ByteClass, int Next)[] MovesOf(int state)
    {
        var moves = new List<(int, int)>();
        var met = new bool[_graph.Automaton.Classes * States];
        for (int b = 0; b < 256; b++)
        {
            int byteClass = _graph.Automaton.ClassOf[b], next = NextStates[state << 8 | b];
            if (next < 0 || met[byteClass * States + next]) continue;
            met[byteClass * States + next] = true;
            moves.Add((byteClass, next));
        }
        return [.. moves];
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
