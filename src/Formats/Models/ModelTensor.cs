namespace Weir.Formats.Models;

/// <summary>What a tensor does in a decoder.</summary>
public enum TensorRole
{
    Embedding,
    FinalNorm,
    /// <summary>Absent where embeddings are tied.</summary>
    Head,
    /// <summary>Before attention.</summary>
    InputNorm,
    Query,
    Key,
    Value,
    Output,
    QueryBias,
    KeyBias,
    ValueBias,
    OutputBias,
    /// <summary>Of each head of queries, [head size].</summary>
    QueryNorm,
    KeyNorm,
    /// <summary>After attention, before its result is added.</summary>
    PostAttentionNorm,
    /// <summary>Before the feed-forward part.</summary>
    FeedForwardNorm,
    /// <summary>After the feed-forward part, before its result is added.</summary>
    PostFeedForwardNorm,
    Gate,
    Up,
    Down,
}

/// <summary>Rows that a file keeps inside of a larger tensor: of each <paramref name="Period"/> rows,
/// <paramref name="Count"/> from <paramref name="First"/> on.</summary>
public sealed record RowSlice(long Period, long First, long Count)
{
    public long FileRow(long row) => row / Count * Period + First + row % Count;
}

/// <summary>A tensor that a model needs, and where the two kinds of files keep it. Rows are counted in the order of
/// Hugging Face's separate matrices: the first half of each head turns with the second.</summary>
/// <param name="Role">What it does.</param>
/// <param name="Layer">From 0; 0 for those of the whole model.</param>
/// <param name="Shape">[rows, columns], or [elements] of a vector; row-major.</param>
/// <param name="HuggingFaceName">Its name in safetensors.</param>
/// <param name="GgufName">Its name in GGUF.</param>
public sealed record ModelTensor(TensorRole Role, int Layer, IReadOnlyList<long> Shape, string HuggingFaceName,
    string GgufName)
{
    /// <summary>Where safetensors packs it together with others.</summary>
    public RowSlice? Packed { get; init; }

    /// <summary>The shape of the tensor of safetensors that holds it, where that is larger.</summary>
    public IReadOnlyList<long> HuggingFaceShape { get; init; } = Shape;

    /// <summary>The head's size where GGUF keeps the rows of each head interleaved; null otherwise.</summary>
    public int? InterleavedHeadSize { get; init; }

    /// <summary>A norm whose weights safetensors keeps as w - 1.</summary>
    public bool HuggingFaceIsLessOne { get; init; }

    public bool IsMatrix => Shape.Count == 2;

    public long Rows => Shape[0];

    /// <summary>Which row (or element of a vector) of the safetensors tensor is this row.</summary>
    public long HuggingFaceRow(long row) => Packed?.FileRow(row) ?? row;

    /// <summary>Which row (or element of a vector) of the GGUF tensor is this row: row t · half + i of a head is row
    /// 2i + t there.</summary>
    public long GgufRow(long row)
    {
        if (InterleavedHeadSize is not { } size) return row;
        long within = row % size, half = size / 2;
        return row - within + within % half * 2 + within / half;
    }
}
