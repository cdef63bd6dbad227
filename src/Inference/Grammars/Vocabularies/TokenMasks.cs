using Weir.Inference.Grammars.Automata;

namespace Weir.Inference.Grammars.Vocabularies;

/// <summary>Which tokens may follow, by walking the tries of the vocabulary through the grammar. Kept with each
/// configuration. Not thread-safe.</summary>
internal sealed class TokenMasks(ConfigurationGraph graph, TokenVocabulary vocabulary)
{
    private readonly PlainCharacterRoom _room = new(graph);
    private Configuration[] _path = [];

    /// <summary>A bit a token; end tokens where the text is complete.</summary>
    /// <exception cref="Formats.Bcl.UserErrorException">It would cost more than the limits allow.</exception>
    public ulong[] Of(Configuration configuration)
    {
        if (configuration.Mask is { } known) return known;
        var mask = new ulong[vocabulary.MaskWords];
        if (configuration.IsComplete) vocabulary.EndMask.CopyTo(mask, 0);
        if (configuration.Readings.Length > 0)
        {
            // 1. Plain tokens: a slice at once where any text of that many characters may come.
            int room = _room.After(configuration);
            foreach (var slice in vocabulary.Slices)
                if (slice.MaximumCharacters <= room)
                    for (int i = 0; i < mask.Length; i++) mask[i] |= slice.Members[i];
                else Walk(slice.Trie, configuration, mask);
            // 2. The others one by one.
            Walk(vocabulary.Others, configuration, mask);
        }
        graph.Charge(8L * mask.Length);
        return configuration.Mask = mask;
    }

    private void Walk(ByteTrie trie, Configuration from, ulong[] mask)
    {
        if (_path.Length <= trie.MaximumDepth) _path = new Configuration[trie.MaximumDepth + 1];
        var path = _path;
        var (labels, depths, after, first, tokens) =
            (trie.Label, trie.Depth, trie.After, trie.FirstToken, trie.Tokens);
        var classOf = graph.Automaton.ClassOf;
        path[0] = from;
        for (int node = 0; node < labels.Length;)
        {
            int depth = depths[node], byteClass = classOf[labels[node]];
            var next = ConfigurationGraph.Known(path[depth], byteClass) ?? graph.Follow(path[depth], byteClass);
            if (next == Configuration.Dead)
            {
                node = after[node];
                continue;
            }
            path[depth + 1] = next;
            for (int i = first[node]; i < first[node + 1]; i++)
                mask[tokens[i] >> 6] |= 1UL << (tokens[i] & 63);
            node++;
        }
    }
}
