using System.Runtime.InteropServices;
using Weir.Inference.Kernels.Emitted;
using Weir.Inference.Kernels.Managed;

namespace Weir.Inference.Kernels;

/// <summary>What a kernel works on: some groups of a matrix against one panel of activations. The order of the fields
/// is known to emitted code.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TileArguments
{
    /// <summary>Quants and scales of the first group; those of the next groups follow.</summary>
    public byte* Quants, Scales;

    /// <summary>The panel.</summary>
    public byte* Activations;

    /// <summary>Where the first group's result of column 0 goes; the next group's follow.</summary>
    public float* Results;

    /// <summary>Bytes from a column's results to the next column's.</summary>
    public long ResultStrideBytes;

    public long Groups;
    public long Spans;

    /// <summary>Masks that emitted code uses.</summary>
    public uint LowNibbles = 0x0f0f0f0f, FifthBits = 0x10101010, HighBits = 0x30303030, Unused;

    public TileArguments()
    {
    }
}

/// <summary>
/// Products of quantised weights and activations on one kind of machine. All tiers read the same layouts and give the
/// same results, bit for bit: for each block in order, the integer sum of products, times the column's scale, times
/// the output's scale, added with one rounding; then minimum times the column's scaled sum, likewise.
/// </summary>
internal abstract class KernelTier
{
    private static readonly Lazy<IReadOnlyList<KernelTier>> Found = new(Find);

    public abstract string Name { get; }

    /// <summary>Tiers that work on this machine, the fastest first; the portable one is always there.</summary>
    public static IReadOnlyList<KernelTier> Available => Found.Value;

    /// <summary>The fastest, or the one that <c>WEIR_KERNELS</c> names.</summary>
    public static KernelTier Best { get; } = Available.FirstOrDefault(t =>
        t.Name == Environment.GetEnvironmentVariable("WEIR_KERNELS")) ?? Available[0];

    /// <param name="layout">Any but F32.</param>
    /// <param name="columns">Columns of the panel, 1 to <see cref="ActivationPanels.MaxColumns"/>.</param>
    /// <param name="arguments">What to work on; changed by the call.</param>
    public abstract void Multiply(WeightLayout layout, int columns, ref TileArguments arguments);

    private static List<KernelTier> Find()
    {
        var tiers = new List<KernelTier>();
        if (EmittedTier.TryCreate() is { } emitted) tiers.Add(emitted);
        if (Lanes16By512.IsSupported) tiers.Add(new ManagedTier<Lanes16By512>("avx512"));
        if (Lanes16By256.IsSupported) tiers.Add(new ManagedTier<Lanes16By256>("avx2"));
        tiers.Add(new ManagedTier<Lanes16By128>("portable"));
        return tiers;
    }
}
