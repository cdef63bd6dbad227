namespace Weir.Data.Synthesis.Grammar;

/// <summary>Which operands are kept from training: every sixth by a stable hash of kind and operands, so that the parts
/// are the same for every seed. Training never sees them, neither in questions nor in prose.</summary>
internal static class HeldOutOperands
{
    private const int OneIn = 6;

    public static bool Contains(string kind, string operands) => StableHash.Of($"{kind}:{operands}") % OneIn == 0;

    /// <summary>True where the operands belong to the split.</summary>
    public static bool Fit(string kind, string operands, StarterSplit split) =>
        Contains(kind, operands) == (split == StarterSplit.HeldOut);
}
