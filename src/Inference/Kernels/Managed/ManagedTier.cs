using System.Runtime.CompilerServices;

namespace Weir.Inference.Kernels.Managed;

/// <summary>Kernels in C#, one form for each width of registers. A tile's quants and scales are unpacked once into
/// plain form; all columns of the panel then meet them.</summary>
internal sealed unsafe class ManagedTier<TLanes>(string name) : KernelTier where TLanes : struct, ILanes16<TLanes>
{
    public override string Name => name;

    // 1. For each group, clear the sums of all columns.
    // 2. For each block, unpack the tile.
    // 3. For each column, sum the products and add them, scaled.
    // 4. Store.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Multiply(WeightLayout layout, int columns, ref TileArguments arguments)
    {
        byte* scratch = stackalloc byte[ActivationPanels.MaxColumns * 64 + UnpackedTile.Bytes + 128];
        byte* sums = (byte*)((nint)(scratch + 63) & ~63);
        var tile = new UnpackedTile(sums + ActivationPanels.MaxColumns * 64);
        int columnBytes = WeightLayout.ColumnBytes(layout.Form);
        byte* quants = arguments.Quants, scales = arguments.Scales;
        for (long g = 0; g < arguments.Groups; g++)
        {
            new Span<byte>(sums, columns * 64).Clear();
            byte* x = arguments.Activations;
            for (long span = 0; span < arguments.Spans; span++, scales += layout.SpanScaleBytes)
                for (int inner = 0; inner < layout.SpanBlocks; inner++)
                {
                    tile.Unpack(layout, quants, scales, inner);
                    for (int c = 0; c < columns; c++) AddColumn(layout, tile, x, c, columns, sums + c * 64);
                    quants += layout.QuantBytes;
                    x += columns * columnBytes;
                }
            for (int c = 0; c < columns; c++)
                TLanes.Load(sums + c * 64)
                    .Store((byte*)arguments.Results + c * arguments.ResultStrideBytes + g * 64);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddColumn(WeightLayout layout, in UnpackedTile tile, byte* x, int column, int columns,
        byte* sums)
    {
        var sum = TLanes.Load(sums);
        if (layout.Form == ActivationForm.Shorts)
        {
            int* pairs = (int*)x + column * 16;
            var products = TLanes.OfInteger(0);
            for (int pair = 0; pair < 16; pair++)
                products = TLanes.DotShorts(products, TLanes.Load(tile.Quads + pair * 64), pairs[pair]);
            Scaled(products, ((float*)(x + columns * 64))[column], tile.Scales).Store(sums);
            return;
        }
        int* quads = (int*)x + column * 8;
        int* words = (int*)(x + columns * 32) + column;
        float scale = *(float*)words;
        bool halves = layout.Form == ActivationForm.BytesWithSums && !layout.HasMinimum;
        var first = TLanes.OfInteger(halves ? words[2 * columns] : layout.HasMinimum ? 0 : words[columns]);
        for (int quad = 0; quad < 4; quad++)
            first = TLanes.DotBytes(first, TLanes.Load(tile.Quads + quad * 64), quads[quad]);
        if (halves)
        {
            sum = Scaled(first, scale, tile.Scales);
            first = TLanes.OfInteger(words[3 * columns]);
        }
        for (int quad = 4; quad < 8; quad++)
            first = TLanes.DotBytes(first, TLanes.Load(tile.Quads + quad * 64), quads[quad]);
        sum = Scaled(first, scale, halves ? tile.Seconds : tile.Scales);
        if (layout.HasMinimum)
            sum = TLanes.MultiplyAdd(TLanes.Load(tile.Seconds), TLanes.OfFloat(((float*)words)[columns]), sum);
        sum.Store(sums);

        TLanes Scaled(TLanes products, float columnScale, byte* scales) => TLanes.MultiplyAdd(
            TLanes.Multiply(TLanes.ToFloats(products), TLanes.OfFloat(columnScale)), TLanes.Load(scales), sum);
    }
}
