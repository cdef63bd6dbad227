using System.Globalization;
using System.Text;

namespace Weir.Text.Jinja.Builtins;

/// <summary>The C library's <c>strftime</c> in the C locale; a code that it does not know stays as it is
/// written.</summary>
internal static class StrfTime
{
    public static string Format(string format, DateTimeOffset time)
    {
        var text = new StringBuilder();
        for (var at = 0; at < format.Length; at++)
        {
            if (format[at] != '%' || at + 1 >= format.Length)
            {
                text.Append(format[at]);
                continue;
            }
            // "%-d" is a number without padding.
            var bare = format[at + 1] == '-' && at + 2 < format.Length;
            var code = format[at + (bare ? 2 : 1)];
            var value = Value(code, time);
            if (value is null) text.Append(format, at, bare ? 3 : 2);
            else text.Append(bare && value.TrimStart('0', ' ') is { Length: > 0 } trimmed ? trimmed
                : bare ? "0" : value);
            at += bare ? 2 : 1;
        }
        return text.ToString();
    }

    private static string? Value(char code, DateTimeOffset time) => code switch
    {
        'Y' => time.Year.ToString(CultureInfo.InvariantCulture),
        'y' => Two(time.Year % 100),
        'C' => Two(time.Year / 100),
        'm' => Two(time.Month),
        'd' => Two(time.Day),
        'e' => time.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2),
        'j' => time.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
        'H' => Two(time.Hour),
        'I' => Two((time.Hour + 11) % 12 + 1),
        'M' => Two(time.Minute),
        'S' => Two(time.Second),
        'f' => (time.Ticks % TimeSpan.TicksPerSecond / 10).ToString("000000", CultureInfo.InvariantCulture),
        'p' => time.Hour < 12 ? "AM" : "PM",
        'B' => Named(time, "MMMM"),
        'b' or 'h' => Named(time, "MMM"),
        'A' => Named(time, "dddd"),
        'a' => Named(time, "ddd"),
        'u' => ((int)time.DayOfWeek + 6) % 7 + 1 is var day ? day.ToString(CultureInfo.InvariantCulture) : null,
        'w' => ((int)time.DayOfWeek).ToString(CultureInfo.InvariantCulture),
        'G' => ISOWeek.GetYear(time.DateTime).ToString(CultureInfo.InvariantCulture),
        'V' => Two(ISOWeek.GetWeekOfYear(time.DateTime)),
        's' => time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        // A date without a time zone, as Python's datetime.now() is.
        'z' or 'Z' => "",
        'F' => Format("%Y-%m-%d", time),
        'T' => Format("%H:%M:%S", time),
        'R' => Format("%H:%M", time),
        'D' or 'x' => Format("%m/%d/%y", time),
        'X' => Format("%H:%M:%S", time),
        'c' => Format("%a %b %e %H:%M:%S %Y", time),
        'r' => Format("%I:%M:%S %p", time),
        'n' => "\n",
        't' => "\t",
        '%' => "%",
        _ => null,
    };

    private static string Two(int value) => value.ToString("00", CultureInfo.InvariantCulture);

    private static string Named(DateTimeOffset time, string format) =>
        time.ToString(format, CultureInfo.InvariantCulture);
}
