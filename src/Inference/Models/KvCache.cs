using Weir.Formats.Models;
using Weir.Inference.Kernels;

namespace Weir.Inference.Models;

/// <summary>
/// Keys and values of one sequence for each layer and KV head, laid out for <see cref="PanelKernel"/>: keys in panels
/// of sixteen positions, [panel][dimension][position], so that scores of sixteen positions are made at once; values as
/// rows, [position][dimension], filled up with zeros to sixteen dimensions. Grows by doubling up to the context.
/// </summary>
internal sealed class KvCache
{
    private const int FirstCapacity = 64;
    private readonly ModelConfig _config;
    private readonly float[][] _keys, _values;
    private int _capacity;

    public KvCache(ModelConfig config)
    {
        _config = config;
        ValueStride = PanelMatrix.PaddedTo16(config.HeadSize);
        _keys = new float[config.LayerCount * config.KeyValueHeadCount][];
        _values = new float[_keys.Length][];
    }

    /// <summary>Positions filled.</summary>
    public int Length { get; set; }

    /// <summary>Floats from one position's value to the next.</summary>
    public int ValueStride { get; }

    public float[] Keys(int layer, int head) => _keys[layer * _config.KeyValueHeadCount + head];

    public float[] Values(int layer, int head) => _values[layer * _config.KeyValueHeadCount + head];

    /// <summary>Makes room for so many positions in all.</summary>
    public void Reserve(int positions)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(positions, _config.ContextLength);
        if (positions <= _capacity) return;
        // Never more than the context, rounded up to whole panels.
        _capacity = PanelMatrix.PaddedTo16(Math.Min(Math.Max(positions, Math.Max(FirstCapacity, _capacity * 2)),
            _config.ContextLength));
        for (int i = 0; i < _keys.Length; i++)
        {
            Array.Resize(ref _keys[i], _capacity * _config.HeadSize);
            Array.Resize(ref _values[i], _capacity * ValueStride);
        }
    }

    public void Store(int layer, int head, int position, ReadOnlySpan<float> key, ReadOnlySpan<float> value)
    {
        const int width = PanelKernel.Width;
        var keys = Keys(layer, head);
        int at = position / width * width * key.Length + position % width;
        for (int d = 0; d < key.Length; d++, at += width) keys[at] = key[d];
        value.CopyTo(Values(layer, head).AsSpan(position * ValueStride));
    }
}
