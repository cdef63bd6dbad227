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

    internal CompiledGrammar(Automaton automaton, TokenVocabulary vocabulary)
    {
        _graph = new ConfigurationGraph(automaton);
        _masks = new TokenMasks(_graph, vocabulary);
        Vocabulary = vocabulary;
    }

    public TokenVocabulary Vocabulary { get; }

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
        var automaton = _graph.Automaton;
        int? only = null;
        // Only bytes that some reading can take are tried.
        foreach (var reading in from.Readings)
            foreach (var move in automaton.Moves.AsSpan(automaton.FirstMove[reading.State]
                ..automaton.FirstMove[reading.State + 1]))
                for (int b = move.Low; b <= move.High; b++)
                {
                    if (b == only || _graph.Follow(from, automaton.ClassOf[b]) == Configuration.Dead) continue;
                    if (only is not null) return null;
                    only = b;
                }
        return (byte?)only;
    }
}
