using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Weir.Formats.Models;
using Weir.Inference.Kernels;

namespace Weir.Inference.Models;

/// <summary>Causal grouped-query attention of a chunk of tokens over the cache. Holds the scratch of one
/// thread.</summary>
internal sealed class Attention(ModelConfig config)
{
    /// <summary>Tokens whose scores are made together; each has its own number of positions to see.</summary>
    private const int TileRows = 8;
    private float[] _scores = [];

    /// <summary>Floats from one token's result to the next. Results are stored sixteen lanes at a time, so the last
    /// head may spill over; the next head, or this padding, takes it up.</summary>
    public int Stride { get; } = PanelMatrix.PaddedTo16((config.HeadCount - 1) * config.HeadSize
        + PanelMatrix.PaddedTo16(config.HeadSize));

    /// <summary>
    /// For each head and tile of tokens:
    /// 1. scores of all positions that the tile's last token sees, from panels of keys;
    /// 2. softmax over what each token sees; the rest of its row is zero;
    /// 3. the weighted sum of values.
    /// </summary>
    /// <param name="query">Rotated queries, scaled by 1 / sqrt(head size): <paramref name="count"/> rows.</param>
    /// <param name="queryStride">Floats from one row of queries to the next.</param>
    /// <param name="cache">Holds keys and values of the chunk and of everything before it.</param>
    /// <param name="layer">Which layer's.</param>
    /// <param name="first">Position of the first token.</param>
    /// <param name="count">Tokens.</param>
    /// <param name="result">Rows at <see cref="Stride"/>.</param>
    public void Attend(float[] query, int queryStride, KvCache cache, int layer, int first, int count, float[] result)
    {
        int size = config.HeadSize, group = config.HeadCount / config.KeyValueHeadCount;
        int scoreStride = PanelMatrix.PaddedTo16(first + count);
        if (_scores.Length < scoreStride * TileRows) _scores = new float[scoreStride * TileRows * 2];
        for (int h = 0; h < config.HeadCount; h++)
        {
            var keys = cache.Keys(layer, h / group);
            var values = cache.Values(layer, h / group);
            for (int t = 0; t < count; t += TileRows)
            {
                int rows = Math.Min(TileRows, count - t), seen = first + t + rows;
                ref float x = ref query[t * queryStride + h * size];
                Score(ref x, queryStride, rows, keys, seen, scoreStride);
                for (int r = 0; r < rows; r++)
                {
                    var row = _scores.AsSpan(r * scoreStride, seen);
                    int own = seen - rows + r + 1;
                    Elementwise.Softmax(row[..own]);
                    row[own..].Clear();
                }
                Sum(rows, values, cache.ValueStride, seen, scoreStride, ref result[t * Stride + h * size]);
            }
        }
    }

    private void Score(ref float query, int queryStride, int rows, float[] keys, int seen, int scoreStride)
    {
        const int width = PanelKernel.Width;
        int size = config.HeadSize, panels = PanelMatrix.PaddedTo16(seen) / width;
        ref float w = ref MemoryMarshal.GetArrayDataReference(keys);
        ref float y = ref MemoryMarshal.GetArrayDataReference(_scores);
        if (rows == 1)
        {
            PanelKernel.MultiplyRow(ref query, ref w, panels, size * width, width, size, ref y);
            return;
        }
        for (int p = 0; p < panels; p++)
            PanelKernel.Multiply(ref query, queryStride, rows, ref Unsafe.Add(ref w, p * size * width), width, size,
                ref Unsafe.Add(ref y, p * width), scoreStride);
    }

    private void Sum(int rows, float[] values, int valueStride, int seen, int scoreStride, ref float result)
    {
        const int width = PanelKernel.Width;
        ref float x = ref MemoryMarshal.GetArrayDataReference(_scores);
        ref float w = ref MemoryMarshal.GetArrayDataReference(values);
        int panels = valueStride / width;
        if (rows == 1)
        {
            PanelKernel.MultiplyRow(ref x, ref w, panels, width, valueStride, seen, ref result);
            return;
        }
        for (int p = 0; p < panels; p++)
            PanelKernel.Multiply(ref x, scoreStride, rows, ref Unsafe.Add(ref w, p * width), valueStride, seen,
                ref Unsafe.Add(ref result, p * width), Stride);
    }
}
