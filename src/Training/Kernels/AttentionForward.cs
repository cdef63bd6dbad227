using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Weir.Training.Kernels;

/// <summary>
/// Causal attention inside documents, rotary embedding included. Packed rows hold many short documents, so what lies
/// outside of the blocks on the diagonal, most of the score matrix, is never computed.
/// For each document and key head:
/// 1. keys, turned, go into a transposed block kT [D, n]; values into v [n, D], D padded to 16;
/// 2. for each query head of the group and four queries at a time: scores = q kT, masked to j &lt;= i;
/// 3. softmax, the log of its sum kept for the gradient;
/// 4. output = p v.
/// </summary>
internal readonly unsafe struct AttentionForward<T>(AttentionShape shape, RotaryTable table, int[] starts)
    where T : struct, IElement
{
    private const int Block = 4;

    /// <param name="part">Row * KvHeads + key head.</param>
    /// <param name="qkv">[Rows * Tokens, Width].</param>
    /// <param name="output">[Rows * Tokens, Heads * HeadSize].</param>
    /// <param name="logSums">[Rows * Tokens, Heads].</param>
    public void Run(int part, byte* qkv, byte* output, float* logSums)
    {
        int row = part / shape.KvHeads, kvHead = part % shape.KvHeads;
        fixed (float* cos = table.Cos, sin = table.Sin)
            foreach (var segment in Segment.Of(starts, row, shape.Tokens))
                Document(row * shape.Tokens + segment.First, segment.Count, kvHead, qkv, output, logSums, cos, sin);
    }

    private void Document(int first, int count, int kvHead, byte* qkv, byte* output, float* logSums,
        float* cos, float* sin)
    {
        int size = shape.HeadSize, half = size / 2, padded = (size + 15) / 16 * 16, columns = (count + 15) / 16 * 16;
        var scratch = AttentionScratch.Take(
            (nint)size * columns + (nint)count * padded + Block * (padded + columns) + padded + 128);
        float* kT = scratch.Block(size * columns), v = scratch.Block(count * padded);
        float* q = scratch.Block(Block * padded), p = scratch.Block(Block * columns), turned = scratch.Block(padded);
        for (int j = 0; j < count; j++)
        {
            nint key = shape.KeyAt(first + j, kvHead), value = shape.ValueAt(first + j, kvHead);
            RotaryTable.Turn<T>(qkv, key, cos + j * half, sin + j * half, half, 1, turned);
            for (int d = 0; d < size; d++) kT[d * columns + j] = turned[d];
            AttentionScratch.Read<T>(qkv, value, size, v + j * padded);
        }
        for (int head = kvHead * shape.Group; head < (kvHead + 1) * shape.Group; head++)
            for (int i = 0; i < count; i += Block)
            {
                int rows = Math.Min(Block, count - i);
                for (int r = 0; r < rows; r++)
                    RotaryTable.Turn<T>(qkv, shape.QueryAt(first + i + r, head),
                        cos + (i + r) * half, sin + (i + r) * half, half, shape.Scale, q + r * padded);
                Scores(q, kT, p, padded, columns, i + rows);
                for (int r = 0; r < rows; r++)
                    logSums[(nint)(first + i + r) * shape.Heads + head] = Softmax(p + r * columns, i + r + 1, i + rows);
                Mix(p, v, columns, padded, i + rows, rows, output, shape.OutputAt(first + i, head));
            }
    }

    /// <summary>p[r, j] = q[r] . k[j] for j below <paramref name="seen"/>, rounded up to 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Scores(float* q, float* kT, float* p, int padded, int columns, int seen)
    {
        for (int j = 0; j < seen; j += 16)
        {
            Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default;
            for (int d = 0; d < shape.HeadSize; d++)
            {
                var k = Vector512.Load(kT + d * columns + j);
                s0 = Vector512.FusedMultiplyAdd(Vector512.Create(q[d]), k, s0);
                s1 = Vector512.FusedMultiplyAdd(Vector512.Create(q[padded + d]), k, s1);
                s2 = Vector512.FusedMultiplyAdd(Vector512.Create(q[2 * padded + d]), k, s2);
                s3 = Vector512.FusedMultiplyAdd(Vector512.Create(q[3 * padded + d]), k, s3);
            }
            s0.Store(p + j);
            s1.Store(p + columns + j);
            s2.Store(p + 2 * columns + j);
            s3.Store(p + 3 * columns + j);
        }
    }

    /// <summary>Softmax over the first <paramref name="own"/> scores; the others below <paramref name="seen"/> become
    /// 0. Returns the log of the sum.</summary>
    private static float Softmax(float* p, int own, int seen)
    {
        var lanes = Vector512<int>.Indices;
        float largest = float.NegativeInfinity;
        for (int j = 0; j < own; j++) largest = Math.Max(largest, p[j]);
        var sums = Vector512<float>.Zero;
        for (int j = 0; j < seen; j += 16)
        {
            var visible = Vector512.LessThan(lanes + Vector512.Create(j), Vector512.Create(own)).AsSingle();
            var e = FastExp.Exp(Vector512.Load(p + j) - Vector512.Create(largest)) & visible;
            e.Store(p + j);
            sums += e;
        }
        float sum = Vector512.Sum(sums);
        var inverse = Vector512.Create(1 / sum);
        for (int j = 0; j < seen; j += 16) (Vector512.Load(p + j) * inverse).Store(p + j);
        return largest + MathF.Log(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Mix(float* p, float* v, int columns, int padded, int seen, int rows, byte* output, nint at)
    {
        float* line = stackalloc float[Block * 16];
        for (int d = 0; d < shape.HeadSize; d += 16)
        {
            Vector512<float> o0 = default, o1 = default, o2 = default, o3 = default;
            for (int j = 0; j < seen; j++)
            {
                var value = Vector512.Load(v + j * padded + d);
                o0 = Vector512.FusedMultiplyAdd(Vector512.Create(p[j]), value, o0);
                o1 = Vector512.FusedMultiplyAdd(Vector512.Create(p[columns + j]), value, o1);
                o2 = Vector512.FusedMultiplyAdd(Vector512.Create(p[2 * columns + j]), value, o2);
                o3 = Vector512.FusedMultiplyAdd(Vector512.Create(p[3 * columns + j]), value, o3);
            }
            o0.Store(line);
            o1.Store(line + 16);
            o2.Store(line + 32);
            o3.Store(line + 48);
            int width = Math.Min(16, shape.HeadSize - d);
            for (int r = 0; r < rows; r++)
            {
                nint to = at + (nint)r * shape.OutputWidth + d;
                if (width == 16) T.Store(output, to, Vector512.Load(line + r * 16));
                else
                    for (int l = 0; l < width; l++) T.Set(output, to + l, line[r * 16 + l]);
            }
        }
    }
}
