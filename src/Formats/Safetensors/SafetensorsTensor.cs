using Weir.Formats.Quantization;

namespace Weir.Formats.Safetensors;

/// <summary>A tensor to write: row-major float32 of <see cref="Shape"/>.</summary>
public sealed record NamedTensor(string Name, long[] Shape, float[] Data);

/// <summary>A tensor of a safetensors file.</summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="Type">F32, F16 or BF16.</param>
/// <param name="Shape">Row-major, the fastest dimension last; empty for a single number.</param>
/// <param name="Offset">From the beginning of the data of its part.</param>
/// <param name="Bytes">Its size in the file.</param>
public sealed record SafetensorsTensor(string Name, TensorType Type, IReadOnlyList<long> Shape, long Offset, long Bytes)
{
    public long ElementCount => Shape.Aggregate(1L, (product, size) => checked(product * size));

    /// <summary>Which file of a model in several files holds it, from 0.</summary>
    internal int Part { get; init; }
}
