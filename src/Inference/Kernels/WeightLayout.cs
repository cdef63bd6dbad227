namespace Weir.Inference.Kernels;

/// <summary>What the inputs of a product become before it.</summary>
internal enum ActivationForm
{
    /// <summary>Signed bytes for weights whose zero is at 128 (Q8_0), at 8 (Q4_0) or at 16 (Q5_0).</summary>
    Bytes128, Bytes8, Bytes16,
    /// <summary>Signed bytes with sums, for weights that have a minimum or two scales a block.</summary>
    BytesWithSums,
    /// <summary>Integers of 14 bits.</summary>
    Shorts,
    /// <summary>As they are.</summary>
    Floats,
}

/// <summary>
/// How a weight matrix lies in memory for the kernels. Sixteen outputs stand side by side (a <i>group</i>), so that
/// each 32-bit lane of a 512-bit register belongs to one output and nothing is ever summed across lanes. Inputs go in blocks
/// of 32; a block of a group is a <i>tile</i>. Quants and scales are two streams, [group][block].
/// <para>Bytes: a tile is 8 quads, a quad being four consecutive inputs of each output in the four bytes of its lane.
/// Quants of 4 bits: vector v (0 to 3) has quad v in its low and quad v + 4 in its high nibbles. The fifth bits of all
/// quads follow as one vector (bit j of a byte belongs to quad j); the fifth and sixth bits as two vectors of four
/// quads each.</para>
/// <para>Scales: float16 an output and block; for K types, in spans of eight blocks, 16 float16 scales, 16 float16
/// negated minima (Q6_K: none), then for each block 16 bytes of scales and 16 bytes of minima (Q6_K: of scales of the
/// second half).</para>
/// </summary>
internal sealed record WeightLayout
{
    public const int GroupOutputs = 16, BlockInputs = 32, QuadsPerBlock = 8;

    private WeightLayout()
    {
    }

    public required string Name { get; init; }

    /// <summary>Its place in <see cref="All"/>.</summary>
    public required int Index { get; init; }

    /// <summary>Bytes of quants of a tile.</summary>
    public required int QuantBytes { get; init; }

    /// <summary>Bytes of scales of a group's span.</summary>
    public required int SpanScaleBytes { get; init; }

    /// <summary>Blocks that share a part of their scales: 1, or 8 for K types.</summary>
    public int SpanBlocks { get; init; } = 1;

    public required ActivationForm Form { get; init; }

    /// <summary>Low bits in nibbles, and further bits a weight.</summary>
    public int HighBits { get; init; }

    /// <summary>Weights are scale · quant + minimum, quants being unsigned.</summary>
    public bool HasMinimum { get; init; }

    public bool IsNibbles => QuantBytes is < 512;

    /// <summary>What is subtracted from an unsigned quant; 0 where there is a minimum instead.</summary>
    public int Zero => Form switch
    {
        ActivationForm.Bytes128 => 128,
        ActivationForm.Bytes8 => 8,
        ActivationForm.Bytes16 => 16,
        ActivationForm.BytesWithSums when !HasMinimum => 32,
        _ => 0,
    };

    /// <summary>Inputs in a span: what a row's length is rounded up to.</summary>
    public int SpanInputs => SpanBlocks * BlockInputs;

    public static WeightLayout Float32 { get; } = new()
    {
        Name = "F32", Index = 0, QuantBytes = 2048, SpanScaleBytes = 0, Form = ActivationForm.Floats,
    };

    /// <summary>From F16 and BF16: integers up to ±8191 with a bfloat16 scale an output and block, pairs of inputs in a
    /// lane. Two products in an instruction where float32 has one; the scale costs 3 % of memory, and the rounding is
    /// 2^-14 of the block's largest weight.</summary>
    public static WeightLayout Int16 { get; } = new()
    {
        Name = "F16", Index = 1, QuantBytes = 1024, SpanScaleBytes = 32, Form = ActivationForm.Shorts,
    };

    public static WeightLayout Q80 { get; } = new()
    {
        Name = "Q8_0", Index = 2, QuantBytes = 512, SpanScaleBytes = 32, Form = ActivationForm.Bytes128,
    };

    public static WeightLayout Q40 { get; } = new()
    {
        Name = "Q4_0", Index = 3, QuantBytes = 256, SpanScaleBytes = 32, Form = ActivationForm.Bytes8,
    };

    public static WeightLayout Q50 { get; } = new()
    {
        Name = "Q5_0", Index = 4, QuantBytes = 320, SpanScaleBytes = 32, Form = ActivationForm.Bytes16, HighBits = 1,
    };

    public static WeightLayout Q41 { get; } = new()
    {
        Name = "Q4_1", Index = 5, QuantBytes = 256, SpanScaleBytes = 64,
        Form = ActivationForm.BytesWithSums, HasMinimum = true,
    };

    public static WeightLayout Q51 { get; } = new()
    {
        Name = "Q5_1", Index = 6, QuantBytes = 320, SpanScaleBytes = 64,
        Form = ActivationForm.BytesWithSums, HighBits = 1, HasMinimum = true,
    };

    public static WeightLayout Q4K { get; } = new()
    {
        Name = "Q4_K", Index = 7, QuantBytes = 256, SpanScaleBytes = 64 + 8 * 32, SpanBlocks = 8,
        Form = ActivationForm.BytesWithSums, HasMinimum = true,
    };

    public static WeightLayout Q5K { get; } = new()
    {
        Name = "Q5_K", Index = 8, QuantBytes = 320, SpanScaleBytes = 64 + 8 * 32, SpanBlocks = 8,
        Form = ActivationForm.BytesWithSums, HighBits = 1, HasMinimum = true,
    };

    public static WeightLayout Q6K { get; } = new()
    {
        Name = "Q6_K", Index = 9, QuantBytes = 384, SpanScaleBytes = 32 + 8 * 32, SpanBlocks = 8,
        Form = ActivationForm.BytesWithSums, HighBits = 2,
    };

    public static IReadOnlyList<WeightLayout> All { get; } =
        [Float32, Int16, Q80, Q40, Q50, Q41, Q51, Q4K, Q5K, Q6K];

    /// <summary>Bytes of activations a column and block: quants, then the scale and what <see cref="Form"/>
    /// needs.</summary>
    public static int ColumnBytes(ActivationForm form) => form switch
    {
        ActivationForm.BytesWithSums => 48,
        ActivationForm.Shorts => 68,
        ActivationForm.Floats => 128,
        _ => 40,
    };
}
