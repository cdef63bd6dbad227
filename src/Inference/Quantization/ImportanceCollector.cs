using Weir.Formats.Models;
using Weir.Inference.Batching;
using Weir.Inference.Decoding;
using Weir.Inference.Kernels;
using Weir.Inference.Models;

namespace Weir.Inference.Quantization;

/// <summary>Runs text through a model and keeps, for each matrix, the mean square of each of its inputs: an error of a
/// weight counts as much as what it is multiplied with.</summary>
internal sealed unsafe class ImportanceCollector : IProductObserver
{
    private readonly Dictionary<PackedMatrix, double[]> _squares = [];
    private readonly LoadedModel _model;
    private long _rows;

    private ImportanceCollector(LoadedModel model) => _model = model;

    /// <summary>Mean squares by role and layer.</summary>
    /// <param name="model">As exact as there is.</param>
    /// <param name="windows">Tokens of texts.</param>
    /// <param name="threads">Threads to compute with.</param>
    /// <param name="progress">Called with the share that is done.</param>
    /// <param name="ct">Cancels.</param>
    public static IReadOnlyDictionary<(TensorRole, int), float[]> Collect(LoadedModel model,
        IReadOnlyList<int[]> windows, int threads, Action<double> progress, CancellationToken ct)
    {
        var collector = new ImportanceCollector(model);
        int longest = windows.Max(w => w.Length);
        using var runner = new ModelRunner(model, new RunnerOptions
        {
            Threads = threads, KvBlocks = (longest + KvStore.BlockTokens - 1) / KvStore.BlockTokens,
            MaxBatchTokens = longest, Observer = collector,
        });
        var blocks = Enumerable.Range(0, runner.BlockCount).ToArray();
        for (int i = 0; i < windows.Count; i++)
        {
            ct.ThrowIfCancellationRequested();
            runner.Forward(windows[i], [new BatchSegment(0, windows[i].Length, 0, blocks, 1)]);
            collector._rows += windows[i].Length;
            progress((i + 1.0) / windows.Count);
        }
        return collector.ByTensor();
    }

    public void Observe(PackedMatrix[] matrices, float* x, int xStride, int rows)
    {
        // Matrices of one product have the same inputs; the first stands for all.
        if (!_squares.TryGetValue(matrices[0], out var squares))
            _squares[matrices[0]] = squares = new double[matrices[0].Inputs];
        for (int r = 0; r < rows; r++)
        {
            float* row = x + (long)r * xStride;
            for (int i = 0; i < squares.Length; i++) squares[i] += row[i] * (double)row[i];
        }
    }

    private Dictionary<(TensorRole, int), float[]> ByTensor()
    {
        var result = new Dictionary<(TensorRole, int), float[]>();
        void Add(PackedMatrix first, int layer, params ReadOnlySpan<TensorRole> roles)
        {
            if (!_squares.TryGetValue(first, out var squares)) return;
            float[] means = [.. squares.Select(s => (float)(s / Math.Max(1, _rows)))];
            foreach (var role in roles) result[(role, layer)] = means;
        }
        for (int l = 0; l < _model.Weights.Layers.Count; l++)
        {
            var layer = _model.Weights.Layers[l];
            Add(layer.Projections[0], l, TensorRole.Query, TensorRole.Key, TensorRole.Value);
            Add(layer.Output[0], l, TensorRole.Output);
            Add(layer.GateUp[0], l, TensorRole.Gate, TensorRole.Up);
            Add(layer.Down[0], l, TensorRole.Down);
        }
        Add(_model.Weights.Head, 0, TensorRole.Head, TensorRole.Embedding);
        return result;
    }
}
