namespace Weir.Inference.Kernels;

/// <summary>A weight matrix [outputs, inputs] laid out for the kernels. Outputs are filled up with zeros to whole
/// groups and inputs to whole spans. Read-only once it is filled.</summary>
internal sealed unsafe class PackedMatrix
{
    private readonly NativeBuffer _memory;
    private readonly long _quants, _scales;

    /// <param name="layout">How it lies in memory.</param>
    /// <param name="outputs">Rows.</param>
    /// <param name="inputs">Columns.</param>
    /// <param name="memory">Zeroed memory that holds it; it must outlive the matrix.</param>
    /// <param name="offset">Where it begins there; <see cref="BytesOf"/> are taken.</param>
    public PackedMatrix(WeightLayout layout, int outputs, int inputs, NativeBuffer memory, long offset)
    {
        Layout = layout;
        Outputs = outputs;
        Inputs = inputs;
        var (quants, scales) = StreamBytes(layout, outputs, inputs);
        if (offset % 64 != 0 || offset < 0 || offset + quants + scales > memory.Bytes)
            throw new ArgumentOutOfRangeException(nameof(offset));
        _memory = memory;
        _quants = offset;
        _scales = offset + quants;
    }

    public WeightLayout Layout { get; }
    public int Outputs { get; }
    public int Inputs { get; }
    public int Groups => (Outputs + WeightLayout.GroupOutputs - 1) / WeightLayout.GroupOutputs;
    public int PaddedOutputs => Groups * WeightLayout.GroupOutputs;

    /// <summary>Blocks a row, whole spans.</summary>
    public int Blocks => BlocksOf(Layout, Inputs);

    public int Spans => Blocks / Layout.SpanBlocks;

    /// <summary>Bytes of a group in each stream.</summary>
    public long GroupQuantBytes => (long)Blocks * Layout.QuantBytes;

    public long GroupScaleBytes => (long)Spans * Layout.SpanScaleBytes;

    public byte* Quants(int group) => _memory.Pointer + _quants + group * GroupQuantBytes;

    public byte* Scales(int group) => _memory.Pointer + _scales + group * GroupScaleBytes;

    /// <summary>Memory that a matrix takes, whole cache lines.</summary>
    public static long BytesOf(WeightLayout layout, int outputs, int inputs)
    {
        var (quants, scales) = StreamBytes(layout, outputs, inputs);
        return quants + scales;
    }

    /// <summary>From float32 rows, for models that are made in memory; F32 as they are.</summary>
    public static PackedMatrix FromRows(ReadOnlySpan<float> rows, int outputs, int inputs, WeightLayout layout)
    {
        var matrix = new PackedMatrix(layout, outputs, inputs, new NativeBuffer(BytesOf(layout, outputs, inputs)), 0);
        var group = new float[WeightLayout.GroupOutputs * inputs];
        for (int g = 0; g < matrix.Groups; g++)
        {
            int count = Math.Min(WeightLayout.GroupOutputs, outputs - g * WeightLayout.GroupOutputs);
            Array.Clear(group);
            rows.Slice(g * WeightLayout.GroupOutputs * inputs, count * inputs).CopyTo(group);
            FloatPacking.Pack(matrix, g, group);
        }
        return matrix;
    }

    /// <summary>The weights of one output as float32, such as a token's embedding.</summary>
    public void CopyRow(int output, Span<float> row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)output, (uint)Outputs, nameof(output));
        TileReader.ReadRow(this, output, row[..Inputs]);
    }

    /// <summary>Row-major [outputs, inputs] as float32.</summary>
    public float[] ToRows()
    {
        var rows = new float[(long)Outputs * Inputs];
        for (int o = 0; o < Outputs; o++) CopyRow(o, rows.AsSpan(o * Inputs, Inputs));
        return rows;
    }

    internal static int BlocksOf(WeightLayout layout, int inputs) =>
        (inputs + layout.SpanInputs - 1) / layout.SpanInputs * layout.SpanBlocks;

    private static (long Quants, long Scales) StreamBytes(WeightLayout layout, int outputs, int inputs)
    {
        long groups = (outputs + WeightLayout.GroupOutputs - 1) / WeightLayout.GroupOutputs;
        int blocks = BlocksOf(layout, inputs);
        return (groups * blocks * layout.QuantBytes,
            (groups * (blocks / layout.SpanBlocks) * layout.SpanScaleBytes + 63) / 64 * 64);
    }
}
