using System.Runtime.Intrinsics;

namespace Weir.Training.Kernels;

/// <summary>y = silu(g) * u where a row of the input is [g | u], each <paramref name="Width"/> elements, and its
/// gradient.</summary>
internal readonly unsafe record struct SwiGluKernel(int Rows, int Width)
{
    public const int Parts = 16;

    private (int From, int To) RowsOf(int part) =>
        ((int)((long)Rows * part / Parts), (int)((long)Rows * (part + 1) / Parts));

    public void Forward<T>(int part, byte* gateUp, byte* y) where T : struct, IElement
    {
        var (from, to) = RowsOf(part);
        for (int row = from; row < to; row++)
        {
            nint gate = (nint)row * 2 * Width, up = gate + Width, at = (nint)row * Width;
            int i = 0;
            for (; i <= Width - 16; i += 16)
            {
                var g = T.Load(gateUp, gate + i);
                T.Store(y, at + i, g / (Vector512<float>.One + FastExp.Exp(-g)) * T.Load(gateUp, up + i));
            }
            for (; i < Width; i++)
            {
                float g = T.Get(gateUp, gate + i);
                T.Set(y, at + i, g / (1 + MathF.Exp(-g)) * T.Get(gateUp, up + i));
            }
        }
    }

    /// <summary>With s = sigmoid(g): dg = dy u s (1 + g (1 - s)), du = dy g s.</summary>
    public void Backward<T>(int part, byte* gateUp, byte* dy, byte* gradient) where T : struct, IElement
    {
        var (from, to) = RowsOf(part);
        var one = Vector512<float>.One;
        for (int row = from; row < to; row++)
        {
            nint gate = (nint)row * 2 * Width, up = gate + Width, at = (nint)row * Width;
            int i = 0;
            for (; i <= Width - 16; i += 16)
            {
                var g = T.Load(gateUp, gate + i);
                var d = T.Load(dy, at + i);
                var s = one / (one + FastExp.Exp(-g));
                T.Store(gradient, gate + i,
                    d * T.Load(gateUp, up + i) * s * Vector512.FusedMultiplyAdd(g, one - s, one));
                T.Store(gradient, up + i, d * g * s);
            }
            for (; i < Width; i++)
            {
                float g = T.Get(gateUp, gate + i), d = T.Get(dy, at + i), s = 1 / (1 + MathF.Exp(-g));
                T.Set(gradient, gate + i, d * T.Get(gateUp, up + i) * s * (1 + g * (1 - s)));
                T.Set(gradient, up + i, d * g * s);
            }
        }
    }
}
