using System.Runtime.Intrinsics;

namespace Weir.Training.Kernels;

/// <summary>Weighted negative log-likelihood over rows of <paramref name="Width"/> logits. The logits become their own
/// gradient in place, so that no second tensor of that size exists.</summary>
internal readonly unsafe record struct CrossEntropyKernel(int Rows, int Width)
{
    public const int Parts = 16;

    /// <param name="targets">[Rows] ids.</param>
    /// <param name="weights">[Rows] what a row's loss counts.</param>
    /// <param name="losses">[Rows] receives weight * -log p(target).</param>
    /// <param name="gradientScale">The gradient that takes the logits' place is multiplied by it; 0 leaves them as they
    /// are.</param>
    public void Run<T>(int part, byte* logits, long* targets, float* weights, float* losses, float gradientScale)
        where T : struct, IElement
    {
        int from = (int)((long)Rows * part / Parts), to = (int)((long)Rows * (part + 1) / Parts);
        for (int row = from; row < to; row++)
        {
            nint at = (nint)row * Width;
            float largest = Largest<T>(logits, at);
            float sum = 0;
            var shift = Vector512.Create(largest);
            var sums = Vector512<float>.Zero;
            int i = 0;
            for (; i <= Width - 16; i += 16) sums += FastExp.Exp(T.Load(logits, at + i) - shift);
            sum = Vector512.Sum(sums);
            for (; i < Width; i++) sum += MathF.Exp(T.Get(logits, at + i) - largest);
            float logSum = largest + MathF.Log(sum), target = T.Get(logits, at + (nint)targets[row]);
            losses[row] = weights[row] * (logSum - target);
            float scale = weights[row] * gradientScale;
            if (gradientScale == 0) continue;
            var logSums = Vector512.Create(logSum);
            var scales = Vector512.Create(scale);
            for (i = 0; i <= Width - 16; i += 16)
                T.Store(logits, at + i, FastExp.Exp(T.Load(logits, at + i) - logSums) * scales);
            for (; i < Width; i++) T.Set(logits, at + i, MathF.Exp(T.Get(logits, at + i) - logSum) * scale);
            T.Set(logits, at + (nint)targets[row], (MathF.Exp(target - logSum) - 1) * scale);
        }
    }

    private float Largest<T>(byte* logits, nint at) where T : struct, IElement
    {
        float largest = float.NegativeInfinity;
        int i = 0;
        if (Width >= 16)
        {
            var most = T.Load(logits, at);
            for (i = 16; i <= Width - 16; i += 16) most = Vector512.MaxNative(most, T.Load(logits, at + i));
            for (int lane = 0; lane < 16; lane++) largest = Math.Max(largest, most[lane]);
        }
        for (; i < Width; i++) largest = Math.Max(largest, T.Get(logits, at + i));
        return largest;
    }
}
