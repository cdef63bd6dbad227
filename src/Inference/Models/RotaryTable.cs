namespace Weir.Inference.Models;

/// <summary>Rotary position embedding as Hugging Face's Llama has it: dimension i turns with dimension i + half by the
/// angle position · theta^(-2i/size). Rows are tabulated as they are first needed; two threads that need one at once
/// make it twice, alike.</summary>
internal sealed class RotaryTable(int headSize, double theta, int positions)
{
    private readonly int _half = headSize / 2;

    /// <summary>A row holds the cosines, then the sines.</summary>
    private readonly float[]?[] _rows = new float[positions][];

    public void Rotate(Span<float> head, int position)
    {
        var row = Volatile.Read(ref _rows[position]) ?? MakeRow(position);
        var cos = row.AsSpan(0, _half);
        var sin = row.AsSpan(_half);
        for (int i = 0; i < _half; i++)
        {
            float a = head[i], b = head[i + _half];
            head[i] = a * cos[i] - b * sin[i];
            head[i + _half] = b * cos[i] + a * sin[i];
        }
    }

    private float[] MakeRow(int position)
    {
        var row = new float[2 * _half];
        for (int i = 0; i < _half; i++)
        {
            double angle = position * Math.Pow(theta, -2.0 * i / headSize);
            row[i] = (float)Math.Cos(angle);
            row[_half + i] = (float)Math.Sin(angle);
        }
        Volatile.Write(ref _rows[position], row);
        return row;
    }
}
