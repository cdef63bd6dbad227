using System.Buffers;
using Weir.Formats.Gguf;
using Weir.Formats.Models;
using Weir.Formats.Quantization;
using Weir.Formats.Safetensors;

namespace Weir.Inference.Models;

/// <summary>The tensors of a model's files, read row by row in the model's own order. Any number of threads read at
/// once.</summary>
internal abstract class WeightSource : IDisposable
{
    /// <summary>The file, for messages.</summary>
    public abstract string Path { get; }

    public abstract TensorType TypeOf(ModelTensor tensor);

    public long RowBytes(ModelTensor tensor) => BlockLayout.Of(TypeOf(tensor)).BytesOf(tensor.Shape[^1]);

    /// <summary>Reads rows of a matrix as the file stores them, in the order of the model.</summary>
    public void ReadRows(ModelTensor tensor, int first, int count, Span<byte> into)
    {
        int bytes = checked((int)RowBytes(tensor));
        long lowest = long.MaxValue, highest = 0;
        for (int i = 0; i < count; i++)
        {
            long row = FileRow(tensor, first + i);
            (lowest, highest) = (Math.Min(lowest, row), Math.Max(highest, row));
        }
        if (highest - lowest + 1 != count)
        {
            for (int i = 0; i < count; i++)
                Read(tensor, FileRow(tensor, first + i) * bytes, into.Slice(i * bytes, bytes));
            return;
        }
        if (FileRow(tensor, first) == lowest && FileRow(tensor, first + count - 1) == highest
            && tensor.InterleavedHeadSize is null)
        {
            Read(tensor, lowest * bytes, into);
            return;
        }
        var rented = ArrayPool<byte>.Shared.Rent(count * bytes);
        var rows = rented.AsSpan(0, count * bytes);
        Read(tensor, lowest * bytes, rows);
        for (int i = 0; i < count; i++)
            rows.Slice((int)(FileRow(tensor, first + i) - lowest) * bytes, bytes).CopyTo(into[(i * bytes)..]);
        ArrayPool<byte>.Shared.Return(rented);
    }

    /// <summary>A norm or a bias as float32, in the order of the model.</summary>
    public float[] ReadVector(ModelTensor tensor)
    {
        var layout = BlockLayout.Of(TypeOf(tensor));
        var values = new float[FileElements(tensor)];
        var blocks = new byte[layout.BytesOf(values.Length)];
        Read(tensor, 0, blocks);
        layout.Dequantize(blocks, values);
        var ordered = new float[tensor.Rows];
        for (int i = 0; i < ordered.Length; i++) ordered[i] = values[FileRow(tensor, i)] + Offset(tensor);
        return ordered;
    }

    public abstract void Dispose();

    protected abstract long FileRow(ModelTensor tensor, long row);

    protected abstract long FileElements(ModelTensor tensor);

    /// <summary>What is added to a vector's values.</summary>
    protected virtual float Offset(ModelTensor tensor) => 0;

    protected abstract void Read(ModelTensor tensor, long offset, Span<byte> into);
}

internal sealed class GgufWeightSource(GgufFile file) : WeightSource
{
    public override string Path => file.Path;

    public override TensorType TypeOf(ModelTensor tensor) => file.Tensors[tensor.GgufName].Type;

    public override void Dispose() => file.Dispose();

    protected override long FileRow(ModelTensor tensor, long row) => tensor.GgufRow(row);

    protected override long FileElements(ModelTensor tensor) => file.Tensors[tensor.GgufName].ElementCount;

    protected override void Read(ModelTensor tensor, long offset, Span<byte> into) =>
        file.ReadTensor(file.Tensors[tensor.GgufName], offset, into);
}

internal sealed class SafetensorsWeightSource(SafetensorsFile file) : WeightSource
{
    public override string Path => file.Path;

    public override TensorType TypeOf(ModelTensor tensor) => file.Tensors[tensor.HuggingFaceName].Type;

    public override void Dispose() => file.Dispose();

    protected override long FileRow(ModelTensor tensor, long row) => tensor.HuggingFaceRow(row);

    protected override long FileElements(ModelTensor tensor) => file.Tensors[tensor.HuggingFaceName].ElementCount;

    protected override float Offset(ModelTensor tensor) => tensor.HuggingFaceIsLessOne ? 1 : 0;

    protected override void Read(ModelTensor tensor, long offset, Span<byte> into) =>
        file.ReadTensor(file.Tensors[tensor.HuggingFaceName], offset, into);
}
