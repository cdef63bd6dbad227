using System.Globalization;
using Weir.Formats.Bcl;

namespace Weir.Bench.Commands;

/// <summary>Option values such as <c>1,2</c>.</summary>
internal static class NumberList
{
    private const int MaxNumbers = 64;

    /// <exception cref="UserErrorException">It is no list of numbers from 1 to <paramref name="most"/>, or one stands
    /// there twice.</exception>
    public static IReadOnlyList<int> Parse(string option, string text, int most)
    {
        var numbers = text.Split(',', StringSplitOptions.TrimEntries)
            .Select(p => int.TryParse(p, NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : 0).ToList();
        if (numbers.Count > MaxNumbers || numbers.Any(n => n < 1 || n > most)
            || numbers.Distinct().Count() != numbers.Count)
            throw new UserErrorException($"{option} takes different numbers from 1 to {most} with commas between, as "
                + $"in 1,2; not '{text}'.", ExitCodes.WrongUsage);
        return numbers;
    }
}
