using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Weir.Inference.Kernels;

/// <summary>
/// Fills groups of quantised layouts from rows of GGUF blocks (the structs of ggml-quants). Bytes are moved as whole
/// quads: four quants of a row are one 32-bit word. K types have super-blocks of 256 inputs, which are one span.
/// </summary>
internal static unsafe class BlockPacking
{
    private const uint LowNibbles = 0x0f0f0f0f;

    /// <summary>Bytes of a block of the file and the inputs in it.</summary>
    public static (int Bytes, int Inputs) BlockOf(WeightLayout layout) => layout.Name switch
    {
        "Q8_0" => (34, 32),
        "Q4_0" => (18, 32),
        "Q4_1" => (20, 32),
        "Q5_0" => (22, 32),
        "Q5_1" => (24, 32),
        "Q4_K" => (144, 256),
        "Q5_K" => (176, 256),
        "Q6_K" => (210, 256),
        _ => throw new ArgumentException($"{layout.Name} has no blocks in files."),
    };

    /// <summary>Fills the lanes of a group.</summary>
    /// <param name="matrix">Of a quantised layout.</param>
    /// <param name="group">Which group.</param>
    /// <param name="rows">The rows of the group as the file has them, one after the other; up to sixteen.</param>
    /// <exception cref="InvalidDataException">A scale is not a finite number.</exception>
    public static void Pack(PackedMatrix matrix, int group, ReadOnlySpan<byte> rows)
    {
        var (bytes, inputs) = BlockOf(matrix.Layout);
        int blocks = matrix.Inputs / inputs, count = rows.Length / (blocks * bytes);
        if (matrix.Inputs % inputs != 0 || rows.Length != count * blocks * bytes
            || count > WeightLayout.GroupOutputs) throw new ArgumentException("Rows do not fit the matrix.");
        fixed (byte* source = rows)
            for (int lane = 0; lane < count; lane++)
            {
                byte* row = source + (long)lane * blocks * bytes;
                uint* quants = (uint*)matrix.Quants(group) + lane;
                ushort* scales = (ushort*)matrix.Scales(group) + lane;
                if (inputs == 256)
                    for (int b = 0; b < blocks; b++)
                        PackSuper(matrix, group, b, lane, new ReadOnlySpan<byte>(row + (long)b * bytes, bytes));
                else if (!matrix.Layout.IsNibbles) PackBytes(row, blocks, quants, scales);
                else PackNibbles(matrix.Layout, row, blocks, quants, scales);
            }
        // A lane without a row has quants of 0 and scales of 0, which is zero in every layout.
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackBytes(byte* row, int blocks, uint* quants, ushort* scales)
    {
        for (int b = 0; b < blocks; b++, row += 34, quants += 8 * 16, scales += 16)
        {
            *scales = Finite(*(ushort*)row);
            uint* words = (uint*)(row + 2);
            for (int quad = 0; quad < 8; quad++) quants[quad * 16] = words[quad] ^ 0x80808080;
        }
    }

    // In the file too the low nibbles are inputs 0 to 15 and the high ones 16 to 31.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackNibbles(WeightLayout layout, byte* row, int blocks, uint* quants, ushort* scales)
    {
        bool hasMinimum = layout.HasMinimum, hasFifth = layout.HighBits == 1;
        int quantWords = layout.QuantBytes / 4, scaleWords = layout.SpanScaleBytes / 2;
        for (int b = 0; b < blocks; b++, quants += quantWords, scales += scaleWords)
        {
            *scales = Finite(*(ushort*)row);
            row += 2;
            if (hasMinimum)
            {
                scales[16] = Finite(*(ushort*)row);
                row += 2;
            }
            if (hasFifth)
            {
                quants[4 * 16] = SpreadHighBits(*(uint*)row);
                row += 4;
            }
            uint* words = (uint*)row;
            for (int v = 0; v < 4; v++) quants[v * 16] = words[v];
            row += 16;
        }
    }

    /// <summary>Bit 4j + t of the block becomes bit j of byte t.</summary>
    private static uint SpreadHighBits(uint bits)
    {
        uint spread = 0;
        if (Bmi2.IsSupported)
        {
            for (int t = 0; t < 4; t++) spread |= Bmi2.ParallelBitExtract(bits, 0x11111111u << t) << (8 * t);
            return spread;
        }
        for (int quad = 0; quad < 8; quad++)
            for (int t = 0; t < 4; t++) spread |= (bits >> (4 * quad + t) & 1) << (8 * t + quad);
        return spread;
    }

    private static void PackSuper(PackedMatrix matrix, int group, int span, int lane, ReadOnlySpan<byte> block)
    {
        byte* scales = matrix.Scales(group) + (long)span * matrix.Layout.SpanScaleBytes;
        byte* tiles = matrix.Quants(group) + (long)span * 8 * matrix.Layout.QuantBytes;
        if (matrix.Layout.HasMinimum) PackWithMinima(matrix.Layout, scales, tiles, lane, block);
        else PackSixBits(matrix.Layout, scales, tiles, lane, block);
    }

    /// <summary>Q4_K: d, dmin, 12 bytes of 6-bit scales and minima, nibbles. Q5_K has the fifth bits before the
    /// nibbles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackWithMinima(WeightLayout layout, byte* scales, byte* tiles, int lane,
        ReadOnlySpan<byte> block)
    {
        ((ushort*)scales)[lane] = Finite(block);
        ((ushort*)scales)[16 + lane] = (ushort)(Finite(block[2..]) ^ 0x8000);
        var packed = block.Slice(4, 12);
        var fifth = layout.HighBits == 1 ? block.Slice(16, 32) : default;
        var nibbles = block[(16 + fifth.Length)..];
        for (int b = 0; b < 8; b++)
        {
            scales[64 + b * 32 + lane] = (byte)(b < 4 ? packed[b] & 63 : packed[b + 4] & 15 | packed[b - 4] >> 6 << 4);
            scales[64 + b * 32 + 16 + lane] =
                (byte)(b < 4 ? packed[b + 4] & 63 : packed[b + 4] >> 4 | packed[b] >> 6 << 4);
            uint* tile = (uint*)(tiles + b * layout.QuantBytes) + lane;
            // Two blocks share 32 bytes: the even one has the low nibbles, the odd one the high nibbles.
            var bytes = nibbles[(b / 2 * 32)..];
            int shift = b % 2 * 4;
            for (int v = 0; v < 4; v++)
            {
                uint low = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(4 * v)..]) >> shift & LowNibbles;
                uint high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(4 * v + 16)..]) >> shift & LowNibbles;
                tile[v * 16] = low | high << 4;
            }
            if (fifth.IsEmpty) continue;
            uint bits = 0;
            for (int quad = 0; quad < 8; quad++)
                bits |= (BinaryPrimitives.ReadUInt32LittleEndian(fifth[(4 * quad)..]) >> b & 0x01010101) << quad;
            tile[4 * 16] = bits;
        }
    }

    /// <summary>Q6_K: low nibbles, two further bits, 16 signed scales, d. A half of 128 inputs is four blocks: the low
    /// and high nibbles of 64 bytes, and two bits each of 32 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackSixBits(WeightLayout layout, byte* scales, byte* tiles, int lane, ReadOnlySpan<byte> block)
    {
        ((ushort*)scales)[lane] = Finite(block[208..]);
        for (int b = 0; b < 8; b++)
        {
            scales[32 + b * 32 + lane] = block[192 + 2 * b];
            scales[32 + b * 32 + 16 + lane] = block[192 + 2 * b + 1];
            uint* tile = (uint*)(tiles + b * layout.QuantBytes) + lane;
            int part = b % 4;
            var low = block[(b / 4 * 64 + part % 2 * 32)..];
            var high = block[(128 + b / 4 * 32)..];
            int shift = part / 2 * 4;
            uint first = 0, second = 0;
            for (int v = 0; v < 4; v++)
            {
                uint a = BinaryPrimitives.ReadUInt32LittleEndian(low[(4 * v)..]) >> shift & LowNibbles;
                uint c = BinaryPrimitives.ReadUInt32LittleEndian(low[(4 * v + 16)..]) >> shift & LowNibbles;
                tile[v * 16] = a | c << 4;
                first |= (BinaryPrimitives.ReadUInt32LittleEndian(high[(4 * v)..]) >> 2 * part & 0x03030303) << 2 * v;
                second |= (BinaryPrimitives.ReadUInt32LittleEndian(high[(4 * v + 16)..]) >> 2 * part & 0x03030303)
                    << 2 * v;
            }
            tile[4 * 16] = first;
            tile[5 * 16] = second;
        }
    }

    private static ushort Finite(ReadOnlySpan<byte> half) => Finite(BinaryPrimitives.ReadUInt16LittleEndian(half));

    private static ushort Finite(ushort bits) => (bits & 0x7c00) != 0x7c00 ? bits : throw NotFinite();

    private static InvalidDataException NotFinite() => new("a scale is not a finite number");
}
