using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Weir.Inference.Kernels;

/// <summary>
/// Rows of activations made ready for the kernels: quantised by blocks of 32 inputs and put side by side, up to
/// <see cref="MaxColumns"/> rows a panel, so that one tile of weights meets all columns of a panel.
/// A panel is [block][quants of each column, scales, further words of each column]. How a row is quantised does not
/// depend on the rows beside it.
/// </summary>
internal sealed unsafe class ActivationPanels : IDisposable
{
    public const int MaxColumns = 12;
    private const int BlockInputs = WeightLayout.BlockInputs;
    private NativeBuffer _memory = new(1 << 16);

    public int Rows { get; private set; }

    /// <summary>Columns of every panel but the last, which has what is left.</summary>
    public int Columns { get; private set; }

    public int Panels { get; private set; }
    public int Blocks { get; private set; }
    public ActivationForm Form { get; private set; }

    private int Inputs { get; set; }

    public long PanelBytes => (long)Columns * Blocks * WeightLayout.ColumnBytes(Form);

    public byte* Panel(int panel) => _memory.Pointer + panel * PanelBytes;

    public int ColumnsOf(int panel) => Math.Min(Columns, Rows - panel * Columns);

    /// <summary>Makes room. <see cref="Fill"/> then fills row after row, from any thread.</summary>
    public void Prepare(ActivationForm form, int rows, int inputs, int blocks)
    {
        Panels = (rows + MaxColumns - 1) / MaxColumns;
        Columns = (rows + Panels - 1) / Panels;
        (Rows, Inputs, Blocks, Form) = (rows, inputs, blocks, form);
        long bytes = Panels * PanelBytes;
        if (bytes <= _memory.Bytes) return;
        _memory.Dispose();
        _memory = new NativeBuffer(bytes);
    }

    public void Fill(int row, float* x)
    {
        int panel = row / Columns, column = row % Columns, columns = ColumnsOf(panel);
        byte* at = Panel(panel);
        int step = columns * WeightLayout.ColumnBytes(Form), whole = Inputs / BlockInputs;
        float* rest = stackalloc float[BlockInputs];
        for (int block = 0; block < Blocks; block++, at += step)
        {
            float* source = x + block * BlockInputs;
            if (block >= whole)
            {
                int count = Math.Max(0, Inputs - block * BlockInputs);
                for (int i = 0; i < BlockInputs; i++) rest[i] = i < count ? source[i] : 0;
                source = rest;
            }
            if (Form == ActivationForm.Shorts)
                FillShorts(source, (short*)at + column * BlockInputs, (float*)(at + columns * 64) + column);
            else FillBytes(source, at, column, columns);
        }
    }

    public void Dispose() => _memory.Dispose();

    private void FillBytes(float* x, byte* block, int column, int columns)
    {
        float scale = QuantiseBytes(x, (sbyte*)block + column * BlockInputs, out int first, out int second);
        int* words = (int*)(block + columns * BlockInputs) + column;
        *(float*)words = scale;
        if (Form == ActivationForm.BytesWithSums)
        {
            ((float*)words)[columns] = (first + second) * scale;
            words[2 * columns] = -32 * first;
            words[3 * columns] = -32 * second;
            return;
        }
        int zero = Form switch { ActivationForm.Bytes128 => 128, ActivationForm.Bytes16 => 16, _ => 8 };
        words[columns] = -zero * (first + second);
    }

    /// <summary>Quantises 32 values to ±127. Returns the scale; sums are those of the quants of each half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static float QuantiseBytes(float* x, sbyte* quants, out int first, out int second)
    {
        const float most = 127;
        float largest = LargestOf(x), inverse = largest > 0 ? most / largest : 0;
        if (Vector512.IsHardwareAccelerated)
        {
            var a = ToIntegers(Vector512.Load(x), inverse);
            var b = ToIntegers(Vector512.Load(x + 16), inverse);
            first = Vector512.Sum(a);
            second = Vector512.Sum(b);
            var shorts = Vector512.Narrow(a, b);
            Vector256.Narrow(shorts.GetLower(), shorts.GetUpper()).Store(quants);
            return largest / most;
        }
        int* sums = stackalloc int[2];
        sums[0] = sums[1] = 0;
        for (int i = 0; i < BlockInputs; i++)
        {
            int quant = (int)MathF.Round(x[i] * inverse);
            quants[i] = (sbyte)quant;
            sums[i / 16] += quant;
        }
        (first, second) = (sums[0], sums[1]);
        return largest / most;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FillShorts(float* x, short* quants, float* scale)
    {
        const float most = FloatPacking.MaxShort;
        float largest = LargestOf(x), inverse = largest > 0 ? most / largest : 0;
        *scale = largest / most;
        if (Vector512.IsHardwareAccelerated)
            Vector512.Narrow(ToIntegers(Vector512.Load(x), inverse), ToIntegers(Vector512.Load(x + 16), inverse))
                .Store(quants);
        else
            for (int i = 0; i < BlockInputs; i++) quants[i] = (short)MathF.Round(x[i] * inverse);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> ToIntegers(Vector512<float> x, float inverse) =>
        Vector512.ConvertToInt32(Vector512.Round(x * Vector512.Create(inverse)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float LargestOf(float* x)
    {
        var largest = Vector128<float>.Zero;
        if (Vector512.IsHardwareAccelerated)
        {
            var both = Vector512.Max(Vector512.Abs(Vector512.Load(x)), Vector512.Abs(Vector512.Load(x + 16)));
            var half = Vector256.Max(both.GetLower(), both.GetUpper());
            largest = Vector128.Max(half.GetLower(), half.GetUpper());
        }
        else
            for (int i = 0; i < BlockInputs; i += 4)
                largest = Vector128.Max(largest, Vector128.Abs(Vector128.Load(x + i)));
        return MathF.Max(MathF.Max(largest[0], largest[1]), MathF.Max(largest[2], largest[3]));
    }
}
