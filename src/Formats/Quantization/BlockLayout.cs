using System.Runtime.InteropServices;

namespace Weir.Formats.Quantization;

/// <summary>One tensor type: how many elements a block has, how many bytes, and the way there and back. The way back is
/// the plain definition that faster kernels are compared with. Stateless: any number of threads share it.</summary>
public abstract class BlockLayout
{
    private static readonly BlockLayout[] Known =
    [
        new F32Layout(), new F16Layout(), new Bf16Layout(), new Q8Layout(),
        new ShortBlockLayout(TensorType.Q4_0), new ShortBlockLayout(TensorType.Q4_1),
        new ShortBlockLayout(TensorType.Q5_0), new ShortBlockLayout(TensorType.Q5_1),
        new AffineLayout(TensorType.Q4_K), new AffineLayout(TensorType.Q5_K), new Q6KLayout(),
    ];

    private protected BlockLayout(TensorType type, int elements, int bytes)
    {
        Type = type;
        Elements = elements;
        Bytes = bytes;
    }

    public static IReadOnlyList<BlockLayout> All => Known;

    public TensorType Type { get; }

    /// <summary>Elements a block; a row of a tensor has a whole number of blocks.</summary>
    public int Elements { get; }

    /// <summary>Bytes a block.</summary>
    public int Bytes { get; }

    public static BlockLayout Of(TensorType type) => Find((uint)type)
        ?? throw new ArgumentOutOfRangeException(nameof(type), type, "There is no such tensor type.");

    /// <summary>By the number in a file; null where this version does not read that type.</summary>
    public static BlockLayout? Find(uint number) => Array.Find(Known, layout => (uint)layout.Type == number);

    /// <summary>Bytes of <paramref name="elements"/>, a multiple of <see cref="Elements"/>.</summary>
    public long BytesOf(long elements) => elements >= 0 && elements % Elements == 0
        ? checked(elements / Elements * Bytes)
        : throw new ArgumentException($"{elements} elements are no whole blocks of {Type}.", nameof(elements));

    /// <param name="blocks">Whole blocks.</param>
    /// <param name="values">Exactly their elements.</param>
    public void Dequantize(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        Check(values.Length, blocks.Length);
        Decode(blocks, values);
    }

    /// <summary>Stores finite values; what is beyond the type's range becomes the end of the range.</summary>
    /// <param name="values">One or more whole rows.</param>
    /// <param name="blocks">Exactly their blocks.</param>
    /// <param name="importance">How much an error of each column counts (such as the mean square of what the column is
    /// multiplied with), for one row; empty where all count the same. F32, F16, BF16 and Q8_0 do not use it.</param>
    public void Quantize(ReadOnlySpan<float> values, Span<byte> blocks, ReadOnlySpan<float> importance = default)
    {
        Check(values.Length, blocks.Length);
        if (!importance.IsEmpty && (importance.Length % Elements != 0 || values.Length % importance.Length != 0))
            throw new ArgumentException("Importance has a value for each column of a row.", nameof(importance));
        Encode(values, blocks, importance);
    }

    /// <summary>False where a scale, or a value of a type without scales, is NaN or infinite: such blocks would make
    /// every answer of a model NaN.</summary>
    public abstract bool IsFinite(ReadOnlySpan<byte> blocks);

    private protected abstract void Decode(ReadOnlySpan<byte> blocks, Span<float> values);

    private protected abstract void Encode(ReadOnlySpan<float> values, Span<byte> blocks,
        ReadOnlySpan<float> importance);

    /// <summary>True where the float16 at <paramref name="at"/> of each block is finite.</summary>
    private protected bool HalvesAreFinite(ReadOnlySpan<byte> blocks, int at)
    {
        for (; at + 2 <= blocks.Length; at += Bytes)
            if ((blocks[at + 1] & 0x7C) == 0x7C) return false;
        return true;
    }

    /// <summary>Float16 with what is beyond its range at the end of the range.</summary>
    private protected static Half ToHalf(float value) =>
        (Half)Math.Clamp(value, (float)Half.MinValue, (float)Half.MaxValue);

    private protected static Half HalfAt(ReadOnlySpan<byte> bytes) => MemoryMarshal.Read<Half>(bytes);

    private void Check(int elements, int bytes)
    {
        if (elements % Elements != 0 || (long)elements / Elements * Bytes != bytes)
            throw new ArgumentException($"{elements} elements and {bytes} bytes are not the same blocks of {Type}.");
    }
}
