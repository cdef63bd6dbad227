using System.Globalization;
using System.Numerics;
using Weir.Inference.Grammars.Automata;

namespace Weir.Inference.Grammars.Schemas;

/// <summary>An end of a range of numbers.</summary>
internal readonly record struct NumberBound(decimal Value, bool IsExclusive);

/// <summary>Numbers between bounds, exactly, by what their digits may be. Bounded fractions are written without an
/// exponent.</summary>
internal static class NumberRanges
{
    /// <summary>Of a number with bounds in all: so many survive the way through a double.</summary>
    private const int SignificantDigits = 15;

    private static readonly Expression Digit = Digits('0', '9');

    /// <summary>Whole numbers; <see cref="Expression.Never"/> if none lies between.</summary>
    public static Expression Integers(NumberBound? low, NumberBound? high)
    {
        BigInteger? least = low is { } l ? Up(l) : null;
        BigInteger? most = high is { } h ? -Up(h with { Value = -h.Value }) : null;
        var parts = new List<Expression>();
        var far = BigInteger.Pow(10, JsonText.MaximumDigits) - 1;
        // An open end goes as far as numbers do without bounds, and somewhat beyond a bound that is there already.
        var top = most ?? Furthest(least);
        var bottom = least ?? -Furthest(-most);
        if (top >= 0) parts.Add(Between(BigInteger.Max(bottom, 0), top));
        if (bottom < 0)
            parts.Add(Expression.Sequence(Expression.Literal("-"),
                Between(BigInteger.Max(-top, 1), -bottom)));
        return Expression.Choice(parts);

        BigInteger Furthest(BigInteger? other) =>
            other is { } value && value > far ? BigInteger.Pow(10, Written(value).Length + 1) - 1 : far;
    }

    /// <summary>Numbers with or without a fraction.</summary>
    public static Expression Decimals(NumberBound? low, NumberBound? high)
    {
        var zero = new NumberBound(0, false);
        var parts = new List<Expression>();
        if (high is not { Value: < 0 } and not { Value: 0, IsExclusive: true })
            parts.Add(Magnitudes(low is { Value: >= 0 } l ? l : zero, high));
        if (low is null or { Value: < 0 })
            parts.Add(Expression.Sequence(Expression.Literal("-"), Magnitudes(
                high is { Value: <= 0 } h ? h with { Value = -h.Value } : zero,
                low is { } bottom ? bottom with { Value = -bottom.Value } : null)));
        return Expression.Choice(parts);
    }

    private static BigInteger Up(NumberBound bound)
    {
        var up = new BigInteger(decimal.Ceiling(bound.Value));
        return bound.IsExclusive && bound.Value == decimal.Ceiling(bound.Value) ? up + 1 : up;
    }

    private static string Written(BigInteger value) => value.ToString(CultureInfo.InvariantCulture);

    // Both are at least 0. One range for each count of digits.
    private static Expression Between(BigInteger low, BigInteger high)
    {
        var parts = new List<Expression>();
        for (int length = Written(low).Length; low <= high; length++)
        {
            var last = BigInteger.Min(high, BigInteger.Pow(10, length) - 1);
            parts.Add(SameLength(Written(low), Written(last)));
            low = last + 1;
        }
        return Expression.Choice(parts);
    }

    private static Expression SameLength(string low, string high)
    {
        if (low.Length == 0) return Expression.Empty;
        if (low.All(c => c == '0') && high.All(c => c == '9'))
            return Expression.Repeat(Digit, low.Length, low.Length);
        string lowRest = low[1..], highRest = high[1..];
        if (low[0] == high[0])
            return Expression.Sequence(Digits(low[0], low[0]), SameLength(lowRest, highRest));
        var parts = new List<Expression>
        {
            Expression.Sequence(Digits(low[0], low[0]), SameLength(lowRest, new string('9', lowRest.Length))),
            Expression.Sequence(Digits(high[0], high[0]), SameLength(new string('0', highRest.Length), highRest)),
        };
        if (low[0] + 1 < high[0])
            parts.Add(Expression.Sequence(Digits((char)(low[0] + 1), (char)(high[0] - 1)),
                Expression.Repeat(Digit, lowRest.Length, lowRest.Length)));
        return Expression.Choice(parts);
    }

    // 1. Whole parts strictly between those of the bounds take any fraction.
    // 2. The whole part of a bound takes fractions up to or from the bound's.
    private static Expression Magnitudes(NumberBound low, NumberBound? high)
    {
        var (lowWhole, lowFraction) = Parts(low.Value);
        if (high is not { } top)
        {
            var far = BigInteger.Max(BigInteger.Pow(10, SignificantDigits) - 1, lowWhole * 10 + 9);
            return Expression.Choice(
                Expression.Sequence(Whole(lowWhole), Fraction(lowWhole, lowFraction, low.IsExclusive, null, false)),
                Expression.Sequence(Between(lowWhole + 1, far), Fraction(lowWhole, null, false, null, false)));
        }
        var (highWhole, highFraction) = Parts(top.Value);
        if (highWhole < lowWhole) return Expression.Never;
        if (highWhole == lowWhole)
            return Expression.Sequence(Whole(lowWhole),
                Fraction(highWhole, lowFraction, low.IsExclusive, highFraction, top.IsExclusive));
        return Expression.Choice(
            Expression.Sequence(Whole(lowWhole), Fraction(highWhole, lowFraction, low.IsExclusive, null, false)),
            Expression.Sequence(Between(lowWhole + 1, highWhole - 1), Fraction(highWhole, null, false, null, false)),
            Expression.Sequence(Whole(highWhole), Fraction(highWhole, null, false, highFraction, top.IsExclusive)));
    }

    private static Expression Whole(BigInteger value) => Expression.Literal(Written(value));

    private static (BigInteger Whole, string Fraction) Parts(decimal value)
    {
        var text = value.ToString(CultureInfo.InvariantCulture);
        int point = text.IndexOf('.');
        return point < 0 ? (BigInteger.Parse(text, CultureInfo.InvariantCulture), "")
            : (BigInteger.Parse(text.AsSpan(0, point), provider: CultureInfo.InvariantCulture),
                text[(point + 1)..].TrimEnd('0'));
    }

    // What may follow a whole part: nothing, or a point and digits. A bound is null where there is none.
    private static Expression Fraction(BigInteger largest, string? low, bool lowOut, string? high, bool highOut)
    {
        int needed = Math.Max(low?.Length ?? 0, high?.Length ?? 0);
        int most = Math.Max(Math.Max(1, SignificantDigits - Written(largest).Length), needed + 1);
        var digits = new FractionDigits(low ?? "", lowOut, high ?? "", highOut, most);
        var after = Expression.Sequence(Expression.Literal("."),
            digits.From(0, low is not null, high is not null, mayEnd: false));
        return digits.MayEnd(0, low is not null, high is not null)
            ? Expression.Choice(Expression.Empty, after) : after;
    }

    private static Expression Digits(char first, char last) => Expression.Bytes(new ByteRange((byte)first, (byte)last));

    /// <summary>The digits of a fraction between two others, compared from the first on. A bound counts (is tight) as
    /// long as all digits before were the same as its own; missing digits are zeros.</summary>
    private sealed record FractionDigits(string Low, bool LowOut, string High, bool HighOut, int Most)
    {
        public bool MayEnd(int at, bool lowTight, bool highTight) =>
            (!lowTight || (!LowOut && Rest(Low, at) == 0))
            && (!highTight || !HighOut || Rest(High, at) > 0);

        public Expression From(int at, bool lowTight, bool highTight, bool mayEnd)
        {
            if (!lowTight && !highTight)
                return Expression.Repeat(Digit, mayEnd ? 0 : 1, Math.Max(Most - at, mayEnd ? 0 : 1));
            var parts = new List<Expression>();
            if (mayEnd && MayEnd(at, lowTight, highTight)) parts.Add(Expression.Empty);
            if (at < Most)
            {
                char low = lowTight ? At(Low, at) : '0', high = highTight ? At(High, at) : '9';
                for (char first = low; first <= high;)
                {
                    bool atLow = lowTight && first == low, atHigh = highTight && first == high;
                    // Digits that touch no tight bound go together.
                    char last = atLow || atHigh ? first : highTight ? (char)(high - 1) : high;
                    parts.Add(Expression.Sequence(Digits(first, last), From(at + 1, atLow, atHigh, true)));
                    first = (char)(last + 1);
                }
            }
            return Expression.Choice(parts);
        }

        private static char At(string digits, int at) => at < digits.Length ? digits[at] : '0';

        private static int Rest(string digits, int at) => Math.Max(0, digits.Length - at);
    }
}
