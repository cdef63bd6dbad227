using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Weir.Training.Kernels;

/// <summary>
/// The gradient of <see cref="AttentionForward{T}"/>. Probabilities are computed again from the kept log-sums (Dao et
/// al. 2022). For each document and key head:
/// 1. keys, turned, as k [n, D] and kT [D, n]; values as vT [D, n]; dk and dv [n, D] begin at zero;
/// 2. for each query head of the group and four queries at a time: p = exp(q kT - logSum), dp = do vT, delta = sum(p
/// dp);
/// 3. ds = p (dp - delta); dq = ds k; dk += ds q; dv += p do;
/// 4. dq and dk are turned back and stored beside dv.
/// </summary>
internal readonly unsafe struct AttentionBackward<T>(AttentionShape shape, RotaryTable table, int[] starts)
    where T : struct, IElement
{
    private const int Block = 4;

    private readonly ref struct Memory
    {
        public float* K { get; init; }
        public float* KT { get; init; }
        public float* VT { get; init; }
        public float* Dk { get; init; }
        public float* Dv { get; init; }
        public float* Q { get; init; }
        public float* Do { get; init; }
        public float* P { get; init; }
        public float* Dp { get; init; }
        public float* Line { get; init; }
        public int Padded { get; init; }
        public int Columns { get; init; }
    }

    /// <param name="part">Row * KvHeads + key head.</param>
    /// <param name="qkv">[Rows * Tokens, Width], as the forward pass had it.</param>
    /// <param name="outputGradient">[Rows * Tokens, Heads * HeadSize].</param>
    /// <param name="logSums">[Rows * Tokens, Heads], from the forward pass.</param>
    /// <param name="gradient">[Rows * Tokens, Width] receives the gradient of <paramref name="qkv"/>.</param>
    public void Run(int part, byte* qkv, byte* outputGradient, float* logSums, byte* gradient)
    {
        int row = part / shape.KvHeads, kvHead = part % shape.KvHeads;
        fixed (float* cos = table.Cos, sin = table.Sin)
            foreach (var segment in Segment.Of(starts, row, shape.Tokens))
                Document(row * shape.Tokens + segment.First, segment.Count, kvHead,
                    qkv, outputGradient, logSums, gradient, cos, sin);
    }

    private void Document(int first, int count, int kvHead, byte* qkv, byte* outputGradient, float* logSums,
        byte* gradient, float* cos, float* sin)
    {
        int size = shape.HeadSize, half = size / 2;
        var m = Allocate(count);
        for (int j = 0; j < count; j++)
        {
            nint key = shape.KeyAt(first + j, kvHead), value = shape.ValueAt(first + j, kvHead);
            float* k = m.K + j * m.Padded;
            RotaryTable.Turn<T>(qkv, key, cos + j * half, sin + j * half, half, 1, k);
            for (int d = 0; d < size; d++) m.KT[d * m.Columns + j] = k[d];
            AttentionScratch.Read<T>(qkv, value, size, m.Line);
            for (int d = 0; d < size; d++) m.VT[d * m.Columns + j] = m.Line[d];
        }
        for (int head = kvHead * shape.Group; head < (kvHead + 1) * shape.Group; head++)
            for (int i = 0; i < count; i += Block)
            {
                int rows = Math.Min(Block, count - i);
                new Span<float>(m.Q, Block * m.Padded).Clear();
                new Span<float>(m.Do, Block * m.Padded).Clear();
                for (int r = 0; r < rows; r++)
                {
                    RotaryTable.Turn<T>(qkv, shape.QueryAt(first + i + r, head),
                        cos + (i + r) * half, sin + (i + r) * half, half, shape.Scale, m.Q + r * m.Padded);
                    nint at = shape.OutputAt(first + i + r, head);
                    AttentionScratch.Read<T>(outputGradient, at, size, m.Do + r * m.Padded);
                }
                Products(m, i + rows);
                for (int r = 0; r < Block; r++)
                    Softmax(m, r, r < rows ? i + r + 1 : 0, i + rows,
                        r < rows ? logSums[(nint)(first + i + r) * shape.Heads + head] : 0);
                Spread(m, i + rows);
                for (int r = 0; r < rows; r++)
                {
                    QueryGradient(m, r, i + r + 1);
                    RotaryTable.TurnBack<T>(m.Line, cos + (i + r) * half, sin + (i + r) * half, half, shape.Scale,
                        gradient, shape.QueryAt(first + i + r, head));
                }
            }
        for (int j = 0; j < count; j++)
        {
            nint key = shape.KeyAt(first + j, kvHead), value = shape.ValueAt(first + j, kvHead);
            RotaryTable.TurnBack<T>(m.Dk + j * m.Padded, cos + j * half, sin + j * half, half, 1, gradient, key);
            for (int d = 0; d < size; d++) T.Set(gradient, value + d, m.Dv[j * m.Padded + d]);
        }
    }

    private Memory Allocate(int count)
    {
        int padded = (shape.HeadSize + 15) / 16 * 16, columns = (count + 15) / 16 * 16;
        nint rows = (nint)count * padded, transposed = (nint)shape.HeadSize * columns;
        var scratch = AttentionScratch.Take(3 * rows + 2 * transposed + 2 * Block * (padded + columns) + padded + 160);
        return new Memory
        {
            K = scratch.Block(rows), Dk = scratch.Block(rows), Dv = scratch.Block(rows),
            KT = scratch.Block(transposed), VT = scratch.Block(transposed),
            Q = scratch.Block(Block * padded), Do = scratch.Block(Block * padded),
            P = scratch.Block(Block * columns), Dp = scratch.Block(Block * columns),
            Line = scratch.Block(padded), Padded = padded, Columns = columns,
        };
    }

    /// <summary>p = q kT and dp = do vT for four queries.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Products(in Memory m, int seen)
    {
        int padded = m.Padded, columns = m.Columns;
        float* q = m.Q, o = m.Do;
        for (int j = 0; j < seen; j += 16)
        {
            Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default;
            Vector512<float> g0 = default, g1 = default, g2 = default, g3 = default;
            for (int d = 0; d < shape.HeadSize; d++)
            {
                Vector512<float> k = Vector512.Load(m.KT + d * columns + j), v = Vector512.Load(m.VT + d * columns + j);
                s0 = Vector512.FusedMultiplyAdd(Vector512.Create(q[d]), k, s0);
                s1 = Vector512.FusedMultiplyAdd(Vector512.Create(q[padded + d]), k, s1);
                s2 = Vector512.FusedMultiplyAdd(Vector512.Create(q[2 * padded + d]), k, s2);
                s3 = Vector512.FusedMultiplyAdd(Vector512.Create(q[3 * padded + d]), k, s3);
                g0 = Vector512.FusedMultiplyAdd(Vector512.Create(o[d]), v, g0);
                g1 = Vector512.FusedMultiplyAdd(Vector512.Create(o[padded + d]), v, g1);
                g2 = Vector512.FusedMultiplyAdd(Vector512.Create(o[2 * padded + d]), v, g2);
                g3 = Vector512.FusedMultiplyAdd(Vector512.Create(o[3 * padded + d]), v, g3);
            }
            s0.Store(m.P + j);
            s1.Store(m.P + columns + j);
            s2.Store(m.P + 2 * columns + j);
            s3.Store(m.P + 3 * columns + j);
            g0.Store(m.Dp + j);
            g1.Store(m.Dp + columns + j);
            g2.Store(m.Dp + 2 * columns + j);
            g3.Store(m.Dp + 3 * columns + j);
        }
    }

    /// <summary>p = exp(p - logSum), 0 from <paramref name="own"/> on; dp becomes ds = p (dp - sum(p dp)).</summary>
    private static void Softmax(in Memory m, int r, int own, int seen, float logSum)
    {
        float* p = m.P + r * m.Columns, dp = m.Dp + r * m.Columns;
        var lanes = Vector512<int>.Indices;
        var sums = Vector512<float>.Zero;
        for (int j = 0; j < seen; j += 16)
        {
            var visible = Vector512.LessThan(lanes + Vector512.Create(j), Vector512.Create(own)).AsSingle();
            var e = FastExp.Exp(Vector512.Load(p + j) - Vector512.Create(logSum)) & visible;
            e.Store(p + j);
            sums = Vector512.FusedMultiplyAdd(e, Vector512.Load(dp + j), sums);
        }
        var delta = Vector512.Create(Vector512.Sum(sums));
        for (int j = 0; j < seen; j += 16) (Vector512.Load(p + j) * (Vector512.Load(dp + j) - delta)).Store(dp + j);
    }

    /// <summary>dk[j] += sum of ds[r, j] q[r] and dv[j] += sum of p[r, j] do[r] over the four queries.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Spread(in Memory m, int seen)
    {
        int padded = m.Padded, columns = m.Columns;
        float* p = m.P, ds = m.Dp;
        for (int d = 0; d < shape.HeadSize; d += 16)
        {
            Vector512<float> q0 = Vector512.Load(m.Q + d), q1 = Vector512.Load(m.Q + padded + d);
            Vector512<float> q2 = Vector512.Load(m.Q + 2 * padded + d), q3 = Vector512.Load(m.Q + 3 * padded + d);
            Vector512<float> o0 = Vector512.Load(m.Do + d), o1 = Vector512.Load(m.Do + padded + d);
            Vector512<float> o2 = Vector512.Load(m.Do + 2 * padded + d), o3 = Vector512.Load(m.Do + 3 * padded + d);
            for (int j = 0; j < seen; j++)
            {
                float* dk = m.Dk + j * padded + d, dv = m.Dv + j * padded + d;
                Vector512<float> k = Vector512.Load(dk), v = Vector512.Load(dv);
                k = Vector512.FusedMultiplyAdd(Vector512.Create(ds[j]), q0, k);
                v = Vector512.FusedMultiplyAdd(Vector512.Create(p[j]), o0, v);
                k = Vector512.FusedMultiplyAdd(Vector512.Create(ds[columns + j]), q1, k);
                v = Vector512.FusedMultiplyAdd(Vector512.Create(p[columns + j]), o1, v);
                k = Vector512.FusedMultiplyAdd(Vector512.Create(ds[2 * columns + j]), q2, k);
                v = Vector512.FusedMultiplyAdd(Vector512.Create(p[2 * columns + j]), o2, v);
                k = Vector512.FusedMultiplyAdd(Vector512.Create(ds[3 * columns + j]), q3, k);
                v = Vector512.FusedMultiplyAdd(Vector512.Create(p[3 * columns + j]), o3, v);
                k.Store(dk);
                v.Store(dv);
            }
        }
    }

    /// <summary>line = sum of ds[r, j] k[j].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void QueryGradient(in Memory m, int r, int own)
    {
        float* ds = m.Dp + r * m.Columns;
        for (int d = 0; d < shape.HeadSize; d += 16)
        {
            Vector512<float> even = default, odd = default;
            int j = 0;
            for (; j + 1 < own; j += 2)
            {
                float* k = m.K + j * m.Padded + d;
                even = Vector512.FusedMultiplyAdd(Vector512.Create(ds[j]), Vector512.Load(k), even);
                odd = Vector512.FusedMultiplyAdd(Vector512.Create(ds[j + 1]), Vector512.Load(k + m.Padded), odd);
            }
            if (j < own)
                even += Vector512.Create(ds[j]) * Vector512.Load(m.K + j * m.Padded + d);
            (even + odd).Store(m.Line + d);
        }
    }
}
