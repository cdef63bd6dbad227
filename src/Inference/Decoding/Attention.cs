using System.Runtime.InteropServices;
using Weir.Formats.Models;
using Weir.Inference.Batching;
using Weir.Inference.Kernels;

namespace Weir.Inference.Decoding;

/// <summary>
/// Causal attention over the cache, for all segments of a batch. A unit of work is some tokens of a segment with the
/// query heads of one KV head: their rows share each block of keys and values, which is widened to float32 once for
/// them. A row's operations and their order are the same whatever rows stand beside it:
/// <para>1. scores = q · k over dimensions, block by block; 2. soft cap, mask, softmax; 3. sum of values in the order
/// of positions.</para>
/// </summary>
internal sealed unsafe class Attention : ITeamWork, IDisposable
{
    /// <summary>Rows of a unit, about: enough for a block that is widened to pay.</summary>
    private const int UnitRows = 64;

    private const int BlockTokens = KvStore.BlockTokens;

    // Rows go in eights: the kernel of fewer rows waits for its own additions.
    private const int RowMultiple = 8;

    private readonly ModelConfig _config;
    private readonly KvStore _store;
    private readonly int _size, _group, _unitTokens, _rows;
    private readonly Scratch[] _scratch;
    private BatchSegment[] _segments = [];
    private (int Segment, int FirstToken, int Tokens)[] _units = [];
    private float* _queries, _results;
    private int _queryStride, _resultStride, _layer;
    private int? _window;

    public Attention(ModelConfig config, KvStore store, int members)
    {
        _config = config;
        _store = store;
        _size = config.HeadSize;
        _group = config.HeadCount / config.KeyValueHeadCount;
        _unitTokens = Math.Max(1, UnitRows / _group);
        _rows = (_unitTokens * _group + RowMultiple - 1) / RowMultiple * RowMultiple;
        _scratch = [.. Enumerable.Range(0, members).Select(_ => new Scratch(_rows, _size, store.ValueStride))];
    }

    /// <summary>Units a KV head.</summary>
    private int UnitCount { get; set; }

    /// <summary>Cuts the segments of a step into units; the same for all layers.</summary>
    public void Plan(ReadOnlySpan<BatchSegment> segments)
    {
        if (_segments.Length < segments.Length) _segments = new BatchSegment[segments.Length * 2];
        segments.CopyTo(_segments);
        int longest = 0;
        UnitCount = 0;
        for (int s = 0; s < segments.Length; s++)
        {
            longest = Math.Max(longest, segments[s].FirstPosition + segments[s].Count);
            for (int first = 0; first < segments[s].Count; first += _unitTokens)
            {
                if (UnitCount == _units.Length) Array.Resize(ref _units, Math.Max(64, _units.Length * 2));
                _units[UnitCount++] = (s, first, Math.Min(_unitTokens, segments[s].Count - first));
            }
        }
        foreach (var scratch in _scratch) scratch.Reserve(longest);
    }

    /// <summary>Attention of one layer.</summary>
    /// <param name="team">Shares the work.</param>
    /// <param name="layer">Which layer.</param>
    /// <param name="queries">Turned and not scaled; a token's heads follow each other.</param>
    /// <param name="queryStride">Floats from one token's queries to the next's.</param>
    /// <param name="results">Where each token's heads go.</param>
    /// <param name="resultStride">Floats from one token's results to the next's.</param>
    public void Run(ThreadTeam team, int layer, float* queries, int queryStride, float* results, int resultStride)
    {
        _queries = queries;
        _results = results;
        (_queryStride, _resultStride, _layer, _window) = (queryStride, resultStride, layer, _config.WindowOf(layer));
        team.Run(this, UnitCount * _config.KeyValueHeadCount);
    }

    public void Do(int unit, int member)
    {
        // From the end: the last tokens of a prompt see the most, and the longest work goes first.
        var (s, firstToken, tokens) = _units[UnitCount - 1 - unit / _config.KeyValueHeadCount];
        int head = unit % _config.KeyValueHeadCount;
        var segment = _segments[s];
        var scratch = _scratch[member];
        int first = segment.FirstPosition + firstToken, seen = first + tokens;
        int fromBlock = _window is { } window ? Math.Max(0, first - window + 1) / BlockTokens : 0;
        int untilBlock = (seen + BlockTokens - 1) / BlockTokens;
        int rows = (tokens * _group + RowMultiple - 1) / RowMultiple * RowMultiple;
        int token = segment.Start + firstToken;
        Gather(scratch, token, tokens, head, rows);
        int stride = scratch.ScoreStride;
        for (int b = fromBlock; b < untilBlock; b++)
        {
            _store.ReadKeys(_layer, head, segment.Blocks[b], scratch.Keys);
            PanelKernel.Multiply(ref *scratch.Queries, _size, rows, ref *scratch.Keys, BlockTokens, _size,
                ref *(scratch.Scores + b * BlockTokens), stride);
        }
        for (int row = 0; row < tokens * _group; row++)
            Normalise(scratch.Scores + (long)row * stride, first + row / _group, fromBlock * BlockTokens,
                untilBlock * BlockTokens);
        new Span<float>(scratch.Sums, rows * _store.ValueStride).Clear();
        for (int b = fromBlock; b < untilBlock; b++)
        {
            _store.ReadValues(_layer, head, segment.Blocks[b], scratch.Values);
            for (int d = 0; d < _store.ValueStride; d += PanelKernel.Width)
                PanelKernel.Multiply(ref *(scratch.Scores + b * BlockTokens), stride, rows,
                    ref *(scratch.Values + d), _store.ValueStride, BlockTokens, ref *(scratch.Sums + d),
                    _store.ValueStride, goesOn: true);
        }
        for (int row = 0; row < tokens * _group; row++)
            new ReadOnlySpan<float>(scratch.Sums + row * _store.ValueStride, _size).CopyTo(new Span<float>(_results
                + (long)(token + row / _group) * _resultStride + (head * _group + row % _group) * _size, _size));
    }

    public void Dispose()
    {
        foreach (var scratch in _scratch) scratch.Dispose();
    }

    /// <summary>The unit's queries as rows, scaled; rows that fill up are zero.</summary>
    private void Gather(Scratch scratch, int token, int tokens, int head, int rows)
    {
        float scale = (float)_config.AttentionScale;
        for (int row = 0; row < tokens * _group; row++)
        {
            var from = new ReadOnlySpan<float>(_queries + (long)(token + row / _group) * _queryStride
                + (head * _group + row % _group) * _size, _size);
            var to = new Span<float>(scratch.Queries + row * _size, _size);
            from.CopyTo(to);
            Elementwise.Scale(to, scale);
        }
        new Span<float>(scratch.Queries + tokens * _group * _size, (rows - tokens * _group) * _size).Clear();
        // Their scores are read as weights of values.
        for (int row = tokens * _group; row < rows; row++)
            new Span<float>(scratch.Scores + (long)row * scratch.ScoreStride, scratch.ScoreStride).Clear();
    }

    /// <summary>Scores to weights: zero outside of what the position sees.</summary>
    private void Normalise(float* scores, int position, int from, int until)
    {
        int first = _window is { } window ? Math.Max(from, position - window + 1) : from;
        var seen = new Span<float>(scores + first, position + 1 - first);
        if (_config.AttentionSoftCap is { } cap) Elementwise.SoftCap(seen, (float)cap);
        Elementwise.Softmax(seen);
        new Span<float>(scores + from, first - from).Clear();
        new Span<float>(scores + position + 1, until - position - 1).Clear();
    }

    /// <summary>What one member of the team works in.</summary>
    private sealed class Scratch(int rows, int size, int valueStride) : IDisposable
    {
        private readonly NativeBuffer _fixed = new(4L * ((long)rows * size + rows * valueStride
            + BlockTokens * (size + valueStride)));
        private NativeBuffer _scores = new(64);

        public float* Queries => (float*)_fixed.Pointer;
        public float* Sums => Queries + rows * size;
        public float* Keys => Sums + rows * valueStride;
        public float* Values => Keys + BlockTokens * size;
        public float* Scores => (float*)_scores.Pointer;
        public int ScoreStride { get; private set; }

        public void Reserve(int positions)
        {
            ScoreStride = (positions + BlockTokens - 1) / BlockTokens * BlockTokens;
            long bytes = 4L * rows * ScoreStride;
            if (bytes <= _scores.Bytes) return;
            _scores.Dispose();
            _scores = new NativeBuffer(bytes + bytes / 2);
        }

        public void Dispose()
        {
            _fixed.Dispose();
            _scores.Dispose();
        }
    }
}
