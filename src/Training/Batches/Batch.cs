namespace Weir.Training.Batches;

/// <summary>
/// Rows of packed documents, ready for one forward pass. A position is r * Tokens + t. Documents never share attention:
/// position p sees <see cref="Starts"/>[p] .. p of its row and nothing else, and its rotary position counts from there.
/// Only positions with a weight are handed to the language-model head, in the order of <see cref="TargetPositions"/>.
/// </summary>
internal sealed class Batch(int rows, int tokens)
{
    private readonly List<long> _positions = [], _targets = [];
    private readonly List<float> _weights = [];
    private readonly int[] _used = new int[rows];

    public int Rows => rows;
    public int Tokens => tokens;
    /// <summary>[Rows * Tokens] ids; 0 where padded.</summary>
    public long[] Ids { get; } = new long[rows * tokens];
    /// <summary>[Rows * Tokens] where, in its row, the document of a position begins. A padded position is
    /// alone.</summary>
    public int[] Starts { get; } = AllAlone(rows, tokens);
    public IReadOnlyList<long> TargetPositions => _positions;
    public IReadOnlyList<long> Targets => _targets;
    public IReadOnlyList<float> Weights => _weights;
    public double WeightSum { get; private set; }
    /// <summary>Positions that hold a token of a document.</summary>
    public int RealTokens { get; private set; }

    public int Free(int row) => tokens - _used[row];

    /// <summary>
    /// Puts <paramref name="count"/> tokens of a document, from <paramref name="offset"/>, behind what the row holds.
    /// The target of each is the document's next token, so <c>offset + count</c> must lie inside the document, and the
    /// last token of a document is never an input: nothing follows it that could be learnt.
    /// </summary>
    public void Add(int row, ReadOnlySpan<int> document, int offset, int count, ReadOnlySpan<byte> supervision,
        float unsupervisedWeight)
    {
        int start = _used[row];
        for (int i = 0; i < count; i++)
        {
            int position = row * tokens + start + i, target = offset + i + 1;
            Ids[position] = document[offset + i];
            Starts[position] = start;
            float weight = supervision.IsEmpty || supervision[target] != 0 ? 1 : unsupervisedWeight;
            if (weight == 0) continue;
            _positions.Add(position);
            _targets.Add(document[target]);
            _weights.Add(weight);
            WeightSum += weight;
        }
        _used[row] += count;
        RealTokens += count;
    }

    private static int[] AllAlone(int rows, int tokens)
    {
        var starts = new int[rows * tokens];
        for (int i = 0; i < starts.Length; i++) starts[i] = i % tokens;
        return starts;
    }
}
