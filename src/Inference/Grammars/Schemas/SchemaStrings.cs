using Weir.Inference.Grammars.Automata;
using Weir.Inference.Grammars.Patterns;

namespace Weir.Inference.Grammars.Schemas;

/// <summary>Strings by length, pattern or format.</summary>
internal static class SchemaStrings
{
    // RFC 3339, in the Gregorian calendar, from year 1 on, without leap seconds.
    private const string Year = "(000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})";
    private const string LeapYear = "([0-9]{2}(0[48]|[2468][048]|[13579][26])|(0[48]|[2468][048]|[13579][26])00)";
    private const string Date = "(" + Year + "-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])"
        + "|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))|" + LeapYear + "-02-29)";
    private const string Time = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?"
        + "(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])";

    // RFC 1034 names, and the unquoted local parts of RFC 5321.
    private const string HostName = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
        + "(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?){0,8}";
    private const string Byte = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";

    private static readonly Dictionary<string, string> Formats = new()
    {
        ["date"] = Date,
        ["time"] = Time,
        ["date-time"] = Date + "T" + Time,
        ["uuid"] = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
        ["email"] = "[A-Za-z0-9_+-]+(\\.[A-Za-z0-9_+-]+){0,8}@" + HostName + "\\.[A-Za-z]{2,24}",
        ["hostname"] = HostName,
        ["ipv4"] = Byte + "(\\." + Byte + "){3}",
    };

    public static Expression Of(IReadOnlyList<SchemaLocation> places)
    {
        int least = SchemaKeywords.LargestCount(places, "minLength") ?? 0;
        int? most = SchemaKeywords.SmallestCount(places, "maxLength");
        var patterns = places.Where(p => p.Keyword("pattern") is not null).ToList();
        var formats = places.Where(p => p.Keyword("format") is not null).ToList();
        var texts = patterns.Select(p => SchemaKeywords.Text(p, "pattern"))
            .Concat(formats.Select(p => SchemaKeywords.Text(p, "format"))).Distinct().Count();
        if (texts > 1) throw places[^1].Error("more than one 'pattern' or 'format' for one string is not supported.");
        if (texts == 0)
        {
            if (least == 0 && most is null) return JsonText.String;
            return most < least ? Expression.Never : Quoted(Expression.Repeat(JsonText.Character, least, most));
        }
        var place = patterns.Concat(formats).First();
        if (least > 0 || most is not null)
            throw place.Error("'minLength' and 'maxLength' are not supported beside 'pattern' or 'format'; say how "
                + "long it may be in the pattern.");
        var language = new PatternLanguage(JsonText.OneOf);
        if (patterns.Count > 0) return Quoted(language.Within(SchemaKeywords.Text(place, "pattern")!));
        var format = SchemaKeywords.Text(place, "format")!;
        return Formats.TryGetValue(format, out var pattern) ? Quoted(language.Whole(pattern))
            : throw place.Error($"the format '{format}' is not supported; supported are "
                + $"{string.Join(", ", Formats.Keys)}.");
    }

    private static Expression Quoted(Expression text) =>
        Expression.Sequence(Expression.Literal("\""), text, Expression.Literal("\""));
}
