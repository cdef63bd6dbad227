using System.Buffers;
using System.Numerics;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Weir.Formats.Bcl;
using Weir.Formats.Models;
using Weir.Formats.Quantization;
using Weir.Inference.Kernels;

namespace Weir.Inference.Models;

/// <summary>Reads a model's matrices in chunks and lays each chunk out for the kernels on the way, so that besides the
/// weights themselves only a few chunks are ever in memory. Files are read, never mapped: a mapped file that somebody
/// cuts kills the process.</summary>
internal sealed class WeightLoader
{
    private const int ChunkBytes = 1 << 20;
    private readonly WeightsSource _source;
    private readonly List<(ModelTensor Tensor, PackedMatrix Matrix)> _matrices = [];

    private WeightLoader(WeightsSource source, IReadOnlyList<ModelTensor> tensors, NativeBuffer memory)
    {
        _source = source;
        long offset = 0;
        foreach (var tensor in tensors)
        {
            _matrices.Add((tensor, new PackedMatrix(LayoutOf(source.TypeOf(tensor)), (int)tensor.Shape[0],
                (int)tensor.Shape[1], memory, offset)));
            offset += BytesOf(source, tensor);
        }
    }

    /// <exception cref="UserErrorException">A file is damaged, or too large for the memory.</exception>
    public static ModelWeights Load(WeightsSource source, int threads)
    {
        try
        {
            var tensors = source.Tensors.Where(t => t.IsMatrix).ToList();
            var memory = new NativeBuffer(tensors.Sum(t => BytesOf(source, t)));
            var loader = new WeightLoader(source, tensors, memory);
            loader.Fill(threads);
            var matrices = loader._matrices.ToDictionary(m => (m.Tensor.Role, m.Tensor.Layer), m => m.Matrix);
            return ModelWeights.Assemble(source.Config, tensor => matrices[(tensor.Role, tensor.Layer)],
                source.ReadFloat32, memory.Bytes);
        }
        catch (OutOfMemoryException e)
        {
            throw new UserErrorException($"{source.Paths[0]}: there is not enough memory for this model. Stop "
                + "something else, or use a smaller model or quantisation.", inner: e);
        }
    }

    /// <summary>The layout that keeps a stored type.</summary>
    public static WeightLayout LayoutOf(TensorType type) => type switch
    {
        TensorType.F32 => WeightLayout.Float32,
        TensorType.F16 or TensorType.BF16 => WeightLayout.Int16,
        TensorType.Q8_0 => WeightLayout.Q80,
        TensorType.Q4_0 => WeightLayout.Q40,
        TensorType.Q4_1 => WeightLayout.Q41,
        TensorType.Q5_0 => WeightLayout.Q50,
        TensorType.Q5_1 => WeightLayout.Q51,
        TensorType.Q4_K => WeightLayout.Q4K,
        TensorType.Q5_K => WeightLayout.Q5K,
        TensorType.Q6_K => WeightLayout.Q6K,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "There is no layout for this type."),
    };

    private static long BytesOf(WeightsSource source, ModelTensor tensor) =>
        PackedMatrix.BytesOf(LayoutOf(source.TypeOf(tensor)), (int)tensor.Shape[0], (int)tensor.Shape[1]);

    private void Fill(int threads)
    {
        var chunks = _matrices.SelectMany(m => Chunks(m.Tensor, m.Matrix)).ToList();
        try
        {
            Parallel.ForEach(chunks, new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, threads) },
                chunk => Fill(chunk.Tensor, chunk.Matrix, chunk.First, chunk.Rows));
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }

    /// <summary>Whole groups, and whole heads where a head's rows are mixed.</summary>
    private IEnumerable<(ModelTensor Tensor, PackedMatrix Matrix, int First, int Rows)> Chunks(ModelTensor tensor,
        PackedMatrix matrix)
    {
        int unit = tensor.InterleavedHeadSize is { } size ? size / (int)BigInteger.GreatestCommonDivisor(size, 16) * 16
            : 16;
        long rowBytes = Math.Max(_source.RowBytes(tensor), matrix.Inputs * 4L);
        int rows = (int)Math.Max(1, ChunkBytes / rowBytes / unit) * unit;
        for (int first = 0; first < matrix.Outputs; first += rows)
            yield return (tensor, matrix, first, Math.Min(rows, matrix.Outputs - first));
    }

    private void Fill(ModelTensor tensor, PackedMatrix matrix, int first, int rows)
    {
        int rowBytes = _source.RowBytes(tensor);
        var rented = ArrayPool<byte>.Shared.Rent(rows * rowBytes);
        var raw = rented.AsSpan(0, rows * rowBytes);
        _source.ReadRows(tensor, first, raw);
        var type = _source.TypeOf(tensor);
        bool floats = type is TensorType.F32 or TensorType.F16 or TensorType.BF16;
        var values = floats ? ArrayPool<float>.Shared.Rent(16 * matrix.Inputs) : [];
        try
        {
            for (int row = 0; row < rows; row += 16)
            {
                int count = Math.Min(16, rows - row);
                var group = raw.Slice(row * rowBytes, count * rowBytes);
                if (!floats)
                {
                    BlockPacking.Pack(matrix, (first + row) / 16, group);
                    continue;
                }
                var target = values.AsSpan(0, 16 * matrix.Inputs);
                target[(count * matrix.Inputs)..].Clear();
                ToSingles(type, group, target[..(count * matrix.Inputs)]);
                FloatPacking.Pack(matrix, (first + row) / 16, target);
            }
        }
        catch (InvalidDataException e)
        {
            throw new UserErrorException($"{_source.Paths[0]}: in the tensor '{tensor.GgufName}' {e.Message}.",
                inner: e);
        }
        ArrayPool<byte>.Shared.Return(rented);
        if (floats) ArrayPool<float>.Shared.Return(values);
    }

    private static void ToSingles(TensorType type, ReadOnlySpan<byte> raw, Span<float> values)
    {
        if (type == TensorType.F32) MemoryMarshal.Cast<byte, float>(raw).CopyTo(values);
        else if (type == TensorType.F16) HalfFloats.ToSingles(MemoryMarshal.Cast<byte, Half>(raw), values);
        else HalfFloats.BrainToSingles(MemoryMarshal.Cast<byte, ushort>(raw), values);
    }
}
