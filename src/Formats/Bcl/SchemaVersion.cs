using System.Globalization;

namespace Weir.Formats.Bcl;

/// <summary>Contract records carry <c>"schema": "name/major"</c>. A reader ignores fields it does not know and refuses
/// a major version that it does not know.</summary>
public static class SchemaVersion
{
    public static void Require(string? found, string expected, string where)
    {
        if (found == expected) return;
        var name = expected[..expected.IndexOf('/')];
        if (found is null || !found.StartsWith(name + "/", StringComparison.Ordinal)
            || !int.TryParse(found.AsSpan(name.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _))
            throw new UserErrorException($"{where}: expected a record of schema '{expected}', found "
                + $"'{found ?? "none"}'.");
        throw new UserErrorException(
            $"{where}: schema '{found}' is not one that this version reads ('{expected}'). Use the Weir release that "
                + $"wrote it.");
    }
}
