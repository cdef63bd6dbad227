using Weir.Formats.Bcl;
using Weir.Inference.Grammars.Vocabularies;

namespace Weir.Inference.Grammars;

/// <summary>The grammars that were asked for last, compiled for one model, so that a schema that comes with every
/// request is read once and its masks are worked out once. Thread-safe.</summary>
internal sealed class GrammarCache(TokenVocabulary vocabulary, long maximumBytes = GrammarCache.MaximumBytes)
{
    public const int MaximumGrammars = 32;

    /// <summary>Of all grammars together; the one asked for last is kept whatever it takes.</summary>
    public const long MaximumBytes = 512L << 20;

    /// <summary>Of the masks and moves of each.</summary>
    private const long BytesOfEach = 32L << 20;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<(string Key, CompiledGrammar Grammar)>> _byKey =
        new(StringComparer.Ordinal);

    // The one asked for last comes first.
    private readonly LinkedList<(string Key, CompiledGrammar Grammar)> _order = new();

    /// <param name="key">Says all that <paramref name="make"/> depends on: the kind of grammar, and its text.</param>
    /// <param name="make">Called where the grammar is not known, or no longer.</param>
    /// <exception cref="UserErrorException">It cannot be made or compiled.</exception>
    public CompiledGrammar Get(string key, Func<Grammar> make)
    {
        lock (_lock)
            if (_byKey.TryGetValue(key, out var known))
            {
                _order.Remove(known);
                _order.AddFirst(known);
                return known.Value.Grammar;
            }
        // Outside the lock: it may take long, and others are not to wait. Two may do the same work once.
        var made = make().Compile(vocabulary, BytesOfEach);
        lock (_lock)
        {
            if (_byKey.TryGetValue(key, out var known)) return known.Value.Grammar;
            _byKey.Add(key, _order.AddFirst((key, made)));
            long bytes = _order.Sum(g => g.Grammar.Bytes);
            while (_order.Count > MaximumGrammars || (_order.Count > 1 && bytes > maximumBytes))
            {
                var last = _order.Last!.Value;
                bytes -= last.Grammar.Bytes;
                _byKey.Remove(last.Key);
                _order.RemoveLast();
            }
        }
        return made;
    }
}
