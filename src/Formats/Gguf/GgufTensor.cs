using Weir.Formats.Quantization;

namespace Weir.Formats.Gguf;

/// <summary>A tensor of a GGUF file.</summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="Type">How its elements are stored.</param>
/// <param name="Shape">As the file has it: the fastest dimension first.</param>
/// <param name="Offset">From the beginning of the data of its part.</param>
/// <param name="Bytes">Its size in the file.</param>
public sealed record GgufTensor(string Name, TensorType Type, IReadOnlyList<long> Shape, long Offset, long Bytes)
{
    public long ElementCount => Shape.Aggregate(1L, (product, size) => checked(product * size));

    /// <summary>Elements a row, the fastest dimension; whole blocks.</summary>
    public long RowElements => Shape[0];

    public long RowCount => ElementCount / Shape[0];

    public long RowBytes => BlockLayout.Of(Type).BytesOf(Shape[0]);

    /// <summary>Which file of a model in several files holds it, from 0.</summary>
    internal int Part { get; init; }
}
