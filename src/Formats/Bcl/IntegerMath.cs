namespace Weir.Formats.Bcl;

/// <summary>Integer arithmetic on money that the base library lacks.</summary>
public static class IntegerMath
{
    /// <summary>value · numerator / denominator, rounded half to even once. The denominator is positive.</summary>
    public static long MultiplyDivide(Int128 value, Int128 numerator, Int128 denominator)
    {
        var (quotient, remainder) = Int128.DivRem(checked(value * numerator), denominator);
        var twice = Int128.Abs(remainder) * 2;
        if (twice > denominator || (twice == denominator && Int128.IsOddInteger(quotient)))
            quotient += remainder < 0 ? -1 : 1;
        return checked((long)quotient);
    }
}
