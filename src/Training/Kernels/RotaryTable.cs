using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Weir.Training.Kernels;

/// <summary>
/// Rotary position embedding (Su et al. 2021) in the Hugging Face Llama convention: element d of the first half of a
/// head turns with element d of the second half, by position * theta^(-2 d / headSize).
/// </summary>
internal sealed unsafe class RotaryTable
{
    public RotaryTable(int headSize, double theta, int positions)
    {
        HeadSize = headSize;
        Positions = positions;
        int half = headSize / 2;
        Cos = new float[positions * half];
        Sin = new float[positions * half];
        for (int p = 0; p < positions; p++)
            for (int d = 0; d < half; d++)
            {
                double angle = p * Math.Pow(theta, -2.0 * d / headSize);
                Cos[p * half + d] = (float)Math.Cos(angle);
                Sin[p * half + d] = (float)Math.Sin(angle);
            }
    }

    public int HeadSize { get; }
    public int Positions { get; }
    /// <summary>[Positions, HeadSize / 2].</summary>
    public float[] Cos { get; }
    public float[] Sin { get; }

    /// <summary>Reads one head's vector, turns it to its position and multiplies it. <paramref name="to"/> is
    /// float32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Turn<T>(byte* from, nint at, float* cos, float* sin, int half, float scale, float* to)
        where T : struct, IElement
    {
        int d = 0;
        var scales = Vector512.Create(scale);
        for (; d <= half - 16; d += 16)
        {
            Vector512<float> a = T.Load(from, at + d) * scales, b = T.Load(from, at + half + d) * scales;
            Vector512<float> c = Vector512.Load(cos + d), s = Vector512.Load(sin + d);
            (a * c - b * s).Store(to + d);
            (b * c + a * s).Store(to + half + d);
        }
        for (; d < half; d++)
        {
            float a = T.Get(from, at + d) * scale, b = T.Get(from, at + half + d) * scale;
            to[d] = a * cos[d] - b * sin[d];
            to[half + d] = b * cos[d] + a * sin[d];
        }
    }

    /// <summary>The gradient of <see cref="Turn"/>: turns a float32 gradient back, multiplies it and stores
    /// it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void TurnBack<T>(float* from, float* cos, float* sin, int half, float scale, byte* to, nint at)
        where T : struct, IElement
    {
        int d = 0;
        var scales = Vector512.Create(scale);
        for (; d <= half - 16; d += 16)
        {
            Vector512<float> a = Vector512.Load(from + d) * scales, b = Vector512.Load(from + half + d) * scales;
            Vector512<float> c = Vector512.Load(cos + d), s = Vector512.Load(sin + d);
            T.Store(to, at + d, a * c + b * s);
            T.Store(to, at + half + d, b * c - a * s);
        }
        for (; d < half; d++)
        {
            float a = from[d] * scale, b = from[half + d] * scale;
            T.Set(to, at + d, a * cos[d] + b * sin[d]);
            T.Set(to, at + half + d, b * cos[d] - a * sin[d]);
        }
    }
}
