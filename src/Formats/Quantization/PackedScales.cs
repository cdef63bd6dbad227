namespace Weir.Formats.Quantization;

/// <summary>The 12 bytes in which Q4_K and Q5_K keep eight 6-bit scales and eight 6-bit minimums. Bytes 0-3 and 4-7
/// hold scales and minimums 0-3 in their lower six bits; the two upper bits of these eight bytes are bits 4-5 of scales
/// and minimums 4-7, whose bits 0-3 are the halves of bytes 8-11.</summary>
public static class PackedScales
{
    public const int Bytes = 12, Parts = 8;

    /// <summary>Scale and minimum (0..63 each) of a part (0..7).</summary>
    public static (int Scale, int Minimum) Read(ReadOnlySpan<byte> packed, int part) => part < 4
        ? (packed[part] & 63, packed[part + 4] & 63)
        : (packed[part + 4] & 15 | packed[part - 4] >> 6 << 4, packed[part + 4] >> 4 | packed[part] >> 6 << 4);

    /// <summary>Packs eight of each, all 0..63.</summary>
    public static void Write(ReadOnlySpan<byte> scales, ReadOnlySpan<byte> minimums, Span<byte> packed)
    {
        for (int part = 0; part < 4; part++)
        {
            int upper = part + 4;
            packed[part] = (byte)(scales[part] | scales[upper] >> 4 << 6);
            packed[part + 4] = (byte)(minimums[part] | minimums[upper] >> 4 << 6);
            packed[part + 8] = (byte)(scales[upper] & 15 | (minimums[upper] & 15) << 4);
        }
    }
}
