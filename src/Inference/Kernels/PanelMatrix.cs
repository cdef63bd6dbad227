using System.Runtime.InteropServices;

namespace Weir.Inference.Kernels;

/// <summary>A weight matrix [outputs, inputs] in float32, stored for <see cref="PanelKernel"/>: sixteen outputs a
/// panel, [panel][input][lane], the last panel filled up with zeros. Read-only.</summary>
internal sealed class PanelMatrix
{
    /// <summary>Multiply-adds below which handing work to other threads costs more than it saves (about 100
    /// µs).</summary>
    private const long ParallelWork = 4 << 20;
    private readonly float[] _panels;

    private PanelMatrix(float[] panels, int outputs, int inputs)
    {
        _panels = panels;
        Outputs = outputs;
        Inputs = inputs;
    }

    public int Outputs { get; }
    public int Inputs { get; }

    /// <summary>Floats from one row of results to the next.</summary>
    public int Stride => PaddedTo16(Outputs);

    public static int PaddedTo16(int count) => (count + PanelKernel.Width - 1) / PanelKernel.Width * PanelKernel.Width;

    /// <summary>From row-major [outputs, inputs].</summary>
    public static PanelMatrix FromRows(ReadOnlySpan<float> rows, int outputs, int inputs)
    {
        const int width = PanelKernel.Width;
        var panels = new float[checked(PaddedTo16(outputs) * inputs)];
        for (int o = 0; o < outputs; o++)
        {
            var row = rows.Slice(o * inputs, inputs);
            int at = o / width * width * inputs + o % width;
            for (int i = 0; i < row.Length; i++, at += width) panels[at] = row[i];
        }
        return new PanelMatrix(panels, outputs, inputs);
    }

    /// <summary>The weights of one output, such as a token's embedding.</summary>
    public void CopyRow(int output, Span<float> row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)output, (uint)Outputs, nameof(output));
        const int width = PanelKernel.Width;
        int at = output / width * width * Inputs + output % width;
        for (int i = 0; i < Inputs; i++, at += width) row[i] = _panels[at];
    }

    /// <summary>Row-major [outputs, inputs], as files have it.</summary>
    public float[] ToRows()
    {
        var rows = new float[Outputs * Inputs];
        for (int o = 0; o < Outputs; o++) CopyRow(o, rows.AsSpan(o * Inputs, Inputs));
        return rows;
    }

    /// <summary>y = x · wᵀ for <paramref name="rows"/> rows. Row r of x begins at xStart + r · xStride, row r of y at
    /// r · <see cref="Stride"/>; the lanes of y beyond the outputs become zero.</summary>
    /// <param name="x">The inputs.</param>
    /// <param name="xStart">Where the first row of x begins.</param>
    /// <param name="xStride">Floats from one row of x to the next.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="y">The results.</param>
    /// <param name="threads">Threads that may share the work, where it is large enough.</param>
    public void Multiply(float[] x, int xStart, int xStride, int rows, float[] y, int threads)
    {
        if (rows < 1 || xStart < 0 || xStart + (long)(rows - 1) * xStride + Inputs > x.Length
            || (long)rows * Stride > y.Length)
            throw new ArgumentException("A buffer is smaller than its shape.");
        int panels = Stride / PanelKernel.Width;
        if (threads <= 1 || panels < 2 * threads || (long)rows * Stride * Inputs < ParallelWork)
        {
            MultiplyPanels(x, xStart, xStride, rows, y, 0, panels);
            return;
        }
        var limit = new ParallelOptions { MaxDegreeOfParallelism = threads };
        int Share(int part) => (int)((long)panels * part / threads);
        Parallel.For(0, threads, limit,
            part => MultiplyPanels(x, xStart, xStride, rows, y, Share(part), Share(part + 1)));
    }

    private void MultiplyPanels(float[] x, int xStart, int xStride, int rows, float[] y, int from, int to)
    {
        const int width = PanelKernel.Width;
        // Rows in fours and eights go panel by panel, so that a panel is read once for all of them. The last few go row
        // by row over many panels, where other outputs instead of other rows hide the latency.
        int tiled = rows / 4 * 4;
        ref float x0 = ref MemoryMarshal.GetArrayDataReference(x), y0 = ref MemoryMarshal.GetArrayDataReference(y);
        ref float w0 = ref MemoryMarshal.GetArrayDataReference(_panels);
        if (tiled > 0)
            for (int p = from; p < to; p++)
                PanelKernel.Multiply(ref Offset(ref x0, xStart), xStride, tiled,
                    ref Offset(ref w0, (long)p * width * Inputs), width, Inputs, ref Offset(ref y0, p * width), Stride);
        for (int r = tiled; r < rows; r++)
            PanelKernel.MultiplyRow(ref Offset(ref x0, xStart + (long)r * xStride),
                ref Offset(ref w0, (long)from * width * Inputs), to - from, width * Inputs, width, Inputs,
                ref Offset(ref y0, (long)r * Stride + from * width));
    }

    private static ref float Offset(ref float origin, long elements) =>
        ref System.Runtime.CompilerServices.Unsafe.Add(ref origin, (nint)elements);
}
