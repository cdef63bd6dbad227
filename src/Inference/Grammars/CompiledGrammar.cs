using Weir.Inference.Grammars.Automata;
using Weir.Inference.Grammars.Vocabularies;

namespace Weir.Inference.Grammars;

/// <summary>A grammar for one vocabulary, with all that has been worked out about it so far. Any number of sequences
/// may use it, from any thread.</summary>
internal sealed class CompiledGrammar
{
    private readonly Lock _lock = new();
    private readonly ConfigurationGraph _graph;
    private readonly TokenMasks _masks;

    internal CompiledGrammar(Automaton automaton, TokenVocabulary vocabulary, long cacheBytes)
    {
        _graph = new ConfigurationGraph(automaton, cacheBytes);
        _masks = new TokenMasks(_graph, vocabulary);
        Vocabulary = vocabulary;
        Start(); // what begins in too many ways is refused now
    }

    public TokenVocabulary Vocabulary { get; }

    /// <summary>About how much memory it takes in all.</summary>
    public long Bytes => _graph.Automaton.Bytes + CachedBytes;

    /// <summary>About how much is kept of masks and moves.</summary>
    public long CachedBytes
    {
        get
        {
            lock (_lock) return _graph.Bytes;
        }
    }

    public GrammarState Start()
    {
        lock (_lock)
        {
            _graph.BeginWork();
            return new GrammarState(this, _graph.Start());
        }
    }

    /// <summary>A bit a token.</summary>
    internal ulong[] Mask(ref Configuration at)
    {
        lock (_lock)
        {
            Begin(ref at);
            return _masks.Of(at);
        }
    }

    /// <summary>Where these bytes lead; <see cref="Configuration.Dead"/> where they cannot come.</summary>
    internal Configuration After(ref Configuration at, ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            Begin(ref at);
            var next = at;
            foreach (byte b in bytes)
            {
                if (next == Configuration.Dead) break;
                next = _graph.Follow(next, _graph.Automaton.ClassOf[b]);
            }
            return next;
        }
    }

    internal byte[] Forced(ref Configuration at)
    {
        lock (_lock)
        {
            Begin(ref at);
            var forced = new List<byte>();
            var from = at;
            while (forced.Count < GrammarLimits.MaximumForcedBytes && !from.IsComplete
                && OnlyByte(from) is { } only)
            {
                forced.Add(only);
                from = _graph.Follow(from, _graph.Automaton.ClassOf[only]);
            }
            return [.. forced];
        }
    }

    private void Begin(ref Configuration at)
    {
        _graph.BeginWork();
        at = _graph.Renew(at);
    }

    private byte? OnlyByte(Configuration from)
    {
        var first = _graph.Automaton.RepresentativeOf;
        int? only = null;
        for (int byteClass = 0; byteClass < first.Length; byteClass++)
        {
            if (_graph.Follow(from, byteClass) == Configuration.Dead) continue;
            int next = byteClass + 1 < first.Length ? first[byteClass + 1] : 256;
            if (only is not null || next - first[byteClass] > 1) return null;
            only = first[byteClass];
        }
        return (byte?)only;
    }
}
