using System.Runtime.Intrinsics;

namespace Weir.Training.Kernels;

/// <summary>y = x / rms(x) * w over rows of <paramref name="Width"/> elements, rms(x) = sqrt(mean(x^2) + epsilon), and
/// its gradient.</summary>
internal readonly unsafe record struct RmsNormKernel(int Rows, int Width, float Epsilon)
{
    /// <summary>Rows are dealt out in this many equal parts whatever the number of threads, and the weight's gradient
    /// is summed part by part, so that the result does not depend on the threads.</summary>
    public const int Parts = 16;

    private (int From, int To) RowsOf(int part) =>
        ((int)((long)Rows * part / Parts), (int)((long)Rows * (part + 1) / Parts));

    /// <param name="inverse">[Rows] receives 1 / rms, for the gradient.</param>
    public void Forward<T>(int part, byte* x, float* weight, byte* y, float* inverse) where T : struct, IElement
    {
        var (from, to) = RowsOf(part);
        for (int row = from; row < to; row++)
        {
            nint at = (nint)row * Width;
            var squares = Vector512<float>.Zero;
            int i = 0;
            for (; i <= Width - 16; i += 16)
            {
                var v = T.Load(x, at + i);
                squares = Vector512.FusedMultiplyAdd(v, v, squares);
            }
            float sum = Vector512.Sum(squares);
            for (; i < Width; i++) sum += T.Get(x, at + i) * T.Get(x, at + i);
            float scale = 1 / MathF.Sqrt(sum / Width + Epsilon);
            inverse[row] = scale;
            var scales = Vector512.Create(scale);
            for (i = 0; i <= Width - 16; i += 16)
                T.Store(y, at + i, T.Load(x, at + i) * scales * Vector512.Load(weight + i));
            for (; i < Width; i++) T.Set(y, at + i, T.Get(x, at + i) * scale * weight[i]);
        }
    }

    /// <summary>With s = 1 / rms: dx = s (w dy - x s^2 mean(w dy x)), dw = sum over rows of dy x s.</summary>
    /// <param name="weightGradients">[Parts, Width], zero before; row <paramref name="part"/> is this part's
    /// share.</param>
    public void Backward<T>(int part, byte* x, float* weight, float* inverse, byte* dy, byte* dx,
        float* weightGradients)
        where T : struct, IElement
    {
        var (from, to) = RowsOf(part);
        float* dw = weightGradients + (nint)part * Width;
        for (int row = from; row < to; row++)
        {
            nint at = (nint)row * Width;
            float scale = inverse[row];
            var scales = Vector512.Create(scale);
            var dots = Vector512<float>.Zero;
            int i = 0;
            for (; i <= Width - 16; i += 16)
            {
                var product = T.Load(x, at + i) * T.Load(dy, at + i);
                dots = Vector512.FusedMultiplyAdd(product, Vector512.Load(weight + i), dots);
                Vector512.FusedMultiplyAdd(product, scales, Vector512.Load(dw + i)).Store(dw + i);
            }
            float dot = Vector512.Sum(dots);
            for (; i < Width; i++)
            {
                float product = T.Get(x, at + i) * T.Get(dy, at + i);
                dot += product * weight[i];
                dw[i] += product * scale;
            }
            float pull = -dot * scale * scale * scale / Width;
            for (i = 0; i <= Width - 16; i += 16)
                T.Store(dx, at + i, Vector512.FusedMultiplyAdd(T.Load(x, at + i), Vector512.Create(pull),
                    T.Load(dy, at + i) * Vector512.Load(weight + i) * scales));
            for (; i < Width; i++) T.Set(dx, at + i, T.Get(x, at + i) * pull + T.Get(dy, at + i) * weight[i] * scale);
        }
    }
}
