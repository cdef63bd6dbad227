namespace Weir.Inference.Kernels;

/// <summary>Reads single weights out of a <see cref="PackedMatrix"/>: the definition of the layouts, and what the
/// kernels are compared with.</summary>
internal static unsafe class TileReader
{
    /// <summary>Quant of a lane's input in a tile as it is stored: unsigned for bytes.</summary>
    public static int Quant(WeightLayout layout, byte* tile, int lane, int input)
    {
        if (layout.Form == ActivationForm.Shorts) return *(short*)(tile + input / 2 * 64 + lane * 4 + input % 2 * 2);
        int quad = input / 4, at = lane * 4 + input % 4;
        if (!layout.IsNibbles) return tile[quad * 64 + at];
        int low = tile[(quad & 3) * 64 + at] >> (quad < 4 ? 0 : 4) & 15;
        return layout.HighBits switch
        {
            1 => low | (tile[256 + at] >> quad & 1) << 4,
            2 => low | (tile[256 + quad / 4 * 64 + at] >> 2 * (quad & 3) & 3) << 4,
            _ => low,
        };
    }

    /// <summary>Scale and minimum of a lane in a block; <paramref name="half"/> is the half of the block (Q6_K has a
    /// scale each).</summary>
    public static (float Scale, float Minimum) Scale(PackedMatrix matrix, int group, int block, int lane, int half)
    {
        var layout = matrix.Layout;
        byte* span = matrix.Scales(group) + (long)(block / layout.SpanBlocks) * layout.SpanScaleBytes;
        if (layout.Form == ActivationForm.Shorts)
            return (BitConverter.UInt32BitsToSingle((uint)((ushort*)span)[lane] << 16), 0);
        float first = (float)((Half*)span)[lane];
        if (layout.SpanBlocks == 1) return (first, layout.HasMinimum ? (float)((Half*)(span + 32))[lane] : 0);
        int inner = block % layout.SpanBlocks;
        if (!layout.HasMinimum) return ((sbyte)span[32 + inner * 32 + half * 16 + lane] * first, 0);
        float second = (float)((Half*)(span + 32))[lane];
        return (span[64 + inner * 32 + lane] * first, span[64 + inner * 32 + 16 + lane] * second);
    }

    public static void ReadRow(PackedMatrix matrix, int output, Span<float> row)
    {
        const int half = WeightLayout.BlockInputs / 2;
        var layout = matrix.Layout;
        int group = output / WeightLayout.GroupOutputs, lane = output % WeightLayout.GroupOutputs, zero = layout.Zero;
        byte* tile = matrix.Quants(group);
        for (int start = 0; start < row.Length; start += half)
        {
            int block = start / WeightLayout.BlockInputs, first = start % WeightLayout.BlockInputs;
            byte* at = tile + (long)block * layout.QuantBytes;
            var part = row.Slice(start, Math.Min(half, row.Length - start));
            if (layout.Form == ActivationForm.Floats)
            {
                for (int i = 0; i < part.Length; i++)
                    part[i] = ((float*)at)[(first + i) * WeightLayout.GroupOutputs + lane];
                continue;
            }
            var (scale, minimum) = Scale(matrix, group, block, lane, first / half);
            for (int i = 0; i < part.Length; i++)
                part[i] = scale * (Quant(layout, at, lane, first + i) - zero) + minimum;
        }
    }
}
