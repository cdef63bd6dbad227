namespace Weir.Training.Batches;

/// <summary>What is left of a document from <see cref="Offset"/> on.</summary>
internal sealed record Piece(int Document, int Offset);

/// <summary>Where a run stands in its data, so that a resumed run reads on exactly there: the epoch, how much of its
/// order has been taken, and the pieces taken but not yet placed.</summary>
internal sealed record DataCursor(long Epoch, int Position, IReadOnlyList<Piece> Carried)
{
    public static DataCursor Start { get; } = new(0, 0, []);
}

/// <summary>The batches of one optimiser step, and the cursor behind them.</summary>
internal sealed record StepBatches(IReadOnlyList<Batch> Parts, DataCursor After)
{
    public double WeightSum => Parts.Sum(p => p.WeightSum);
    public int RealTokens => Parts.Sum(p => p.RealTokens);
}

/// <summary>
/// Packs documents into rows of a fixed length, best fit first: each document goes to the fullest row that still holds
/// it. One that fits nowhere waits for the next step; after <see cref="MissLimit"/> of those the step is full.
/// Documents longer than a row are cut into row-length pieces, each token remaining a target exactly once.
/// </summary>
internal sealed class BatchPacker(TokenCorpus corpus, BatchLayout layout, int seed)
{
    private const int MissLimit = 16;
    private long _orderEpoch = -1;
    private int[] _order = [];

    public StepBatches Pack(DataCursor cursor)
    {
        var parts = new Batch[layout.Parts];
        for (int i = 0; i < parts.Length; i++) parts[i] = new Batch(layout.Rows, layout.Tokens);
        var waiting = new LinkedList<Piece>(cursor.Carried);
        var missed = new List<Piece>();
        var (epoch, position) = (cursor.Epoch, cursor.Position);
        while (missed.Count < MissLimit)
        {
            var piece = waiting.First?.Value ?? Draw(ref epoch, ref position);
            if (waiting.Count > 0) waiting.RemoveFirst();
            var document = corpus.Document(piece.Document);
            int left = document.Length - 1 - piece.Offset, count = Math.Min(left, layout.Tokens);
            if (count <= 0) continue;
            var (part, row) = FullestThatHolds(parts, count);
            if (part is null)
            {
                missed.Add(piece);
                continue;
            }
            part.Add(row, document, piece.Offset, count, corpus.Supervision(piece.Document), layout.UnsupervisedWeight);
            if (left > count) waiting.AddFirst(piece with { Offset = piece.Offset + count });
        }
        return new StepBatches(parts, new DataCursor(epoch, position, [.. missed, .. waiting]));
    }

    /// <summary>The whole corpus once, in its own order, every document cut and packed alike, until
    /// <paramref name="limit"/> tokens are taken; for measuring.</summary>
    public static IEnumerable<Batch> Sweep(TokenCorpus corpus, BatchLayout layout, long limit)
    {
        var batch = new Batch(layout.Rows, layout.Tokens);
        long taken = 0;
        for (int d = 0; d < corpus.DocumentCount && taken < limit; d++)
        {
            int targets = corpus.Document(d).Length - 1;
            for (int offset = 0; offset < targets; offset += layout.Tokens)
            {
                int count = Math.Min(targets - offset, layout.Tokens);
                var (part, row) = FullestThatHolds([batch], count);
                if (part is null)
                {
                    yield return batch;
                    batch = new Batch(layout.Rows, layout.Tokens);
                }
                taken += count;
                batch.Add(row, corpus.Document(d), offset, count, corpus.Supervision(d), layout.UnsupervisedWeight);
            }
        }
        if (batch.RealTokens > 0) yield return batch;
    }

    private Piece Draw(ref long epoch, ref int position)
    {
        if (_orderEpoch != epoch) (_order, _orderEpoch) = (EpochOrder.Of(corpus, seed, epoch), epoch);
        if (position == _order.Length)
        {
            (epoch, position) = (epoch + 1, 0);
            (_order, _orderEpoch) = (EpochOrder.Of(corpus, seed, epoch), epoch);
        }
        return new Piece(_order[position++], 0);
    }

    private static (Batch? Part, int Row) FullestThatHolds(Batch[] parts, int count)
    {
        (Batch? Part, int Row) best = default;
        int least = int.MaxValue;
        foreach (var part in parts)
            for (int row = 0; row < part.Rows; row++)
            {
                int free = part.Free(row);
                if (free < count || free >= least) continue;
                (best, least) = ((part, row), free);
            }
        return best;
    }
}

/// <summary><see cref="Parts"/> accumulation parts of <see cref="Rows"/> x <see cref="Tokens"/> positions, and the loss
/// weight of tokens that are not marked as supervised.</summary>
internal sealed record BatchLayout(int Parts, int Rows, int Tokens, float UnsupervisedWeight);
