namespace Weir.Training.Batches;

/// <summary>The order in which one epoch shows the documents: a pure function of corpus, seed and epoch.</summary>
internal static class EpochOrder
{
    /// <summary>Each dataset gives every document floor(weight) times and a random share of them once more; then all
    /// are shuffled together, so that every batch mixes all datasets.</summary>
    public static int[] Of(TokenCorpus corpus, int seed, long epoch)
    {
        var random = new SplitMix(unchecked((ulong)seed * 0x9e3779b97f4a7c15 + (ulong)epoch));
        var order = new List<int>(corpus.DocumentCount);
        int first = 0;
        foreach (var (documents, weight) in corpus.Parts)
        {
            var part = Enumerable.Range(first, documents).ToArray();
            for (int copy = 0; copy < (int)weight; copy++) order.AddRange(part);
            int extra = (int)Math.Ceiling((weight - Math.Floor(weight)) * documents);
            if (extra > 0)
            {
                random.Shuffle(part);
                order.AddRange(part.AsSpan(0, extra));
            }
            first += documents;
        }
        var shuffled = order.ToArray();
        random.Shuffle(shuffled);
        return shuffled;
    }
}
