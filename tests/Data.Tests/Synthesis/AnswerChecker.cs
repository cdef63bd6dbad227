using System.Text.RegularExpressions;
using Weir.Data.Synthesis;

namespace Weir.Data.Tests.Synthesis;

/// <summary>Works out answers from the words of a question alone, by other means than the generator: regular
/// expressions, the calendar of the runtime, a table of unit sizes.</summary>
internal static partial class AnswerChecker
{
    private const string Units = "kilometres|centimetres|millimetres|metres|kilograms|grams|millilitres|litres"
        + "|千米|厘米|毫米|米|千克|克|毫升|升";

    private static readonly string[] EnglishDays =
        ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

    /// <summary>Sizes in metres, grams or litres times a million.</summary>
    private static readonly Dictionary<string, long> UnitSizes = new()
    {
        ["kilometres"] = 1_000_000_000, ["metres"] = 1_000_000, ["centimetres"] = 10_000, ["millimetres"] = 1_000,
        ["kilograms"] = 1_000_000_000, ["grams"] = 1_000_000, ["litres"] = 1_000_000, ["millilitres"] = 1_000,
        ["千米"] = 1_000_000_000, ["米"] = 1_000_000, ["厘米"] = 10_000, ["毫米"] = 1_000,
        ["千克"] = 1_000_000_000, ["克"] = 1_000_000, ["升"] = 1_000_000, ["毫升"] = 1_000,
    };

    /// <summary>The right answer; null for kinds whose answer is not worked out here.</summary>
    public static string? Answer(string kind, string question) => kind switch
    {
        "add" or "hard-sum" => Add(question),
        "compare" => Numbers(question).Max().ToString(),
        "units" => Convert(question),
        "weekday" => Weekday(question),
        "table" => Table(question),
        "copy" => Line(question),
        "extract" => OrderNumbers(question).Single(),
        "facts" => Fact(question),
        "hard-percent" => Percent(question),
        _ => null,
    };

    /// <summary>What a question is about, as far as training may not see it; null for kinds without operands.</summary>
    public static string? Operands(string kind, string question) => kind switch
    {
        "add" or "hard-sum" or "compare" or "hard-percent" => string.Join(',', Numbers(question)),
        "units" => Numbers(question).Single().ToString(),
        "table" => string.Join(',', Rows(question).Select(r => r.Groups[2].Value)),
        "copy" => Line(question),
        "extract" => OrderNumbers(question).Single(),
        _ => null,
    };

    public static int[] Numbers(string text) => [.. Digits().Matches(text).Select(m => int.Parse(m.Value))];

    public static IEnumerable<string> OrderNumbers(string text) => OrderNumber().Matches(text).Select(m => m.Value);

    /// <summary>The date's own arithmetic on a real week.</summary>
    public static string WeekdayAfter(string day, int days)
    {
        bool chinese = day.StartsWith("星期", StringComparison.Ordinal);
        int index = chinese ? "日一二三四五六".IndexOf(day[2], StringComparison.Ordinal) : Array.IndexOf(EnglishDays, day);
        var sunday = new DateOnly(2023, 1, 1);
        int found = (int)sunday.AddDays(70 + index + days).DayOfWeek;
        return chinese ? "星期" + "日一二三四五六"[found] : EnglishDays[found];
    }

    private static string Add(string question)
    {
        var numbers = Numbers(question);
        Assert.Equal(2, numbers.Length);
        return $"{numbers[0]}+{numbers[1]}={numbers.Sum()}";
    }

    private static string Convert(string question)
    {
        var from = Quantity().Match(question);
        var to = UnitName().Matches(question.Remove(from.Index, from.Length)).Single().Value;
        return (long.Parse(from.Groups[1].Value) * UnitSizes[from.Groups[2].Value] / UnitSizes[to]).ToString();
    }

    private static string Weekday(string question)
    {
        var day = Day().Match(question).Value;
        var step = Step().Match(question);
        int days = int.Parse(step.Groups["n"].Value);
        bool after = step.Groups["dir"].Value is "after" or "后";
        var result = WeekdayAfter(day, after ? days : -days);
        return day.StartsWith("星期", StringComparison.Ordinal)
            ? $"{day}的{days}天{step.Groups["dir"].Value}是{result}"
            : $"{days} day{(days == 1 ? "" : "s")} {step.Groups["dir"].Value} {day} is {result}";
    }

    private static MatchCollection Rows(string question)
    {
        var rows = Row().Matches(question);
        Assert.Equal(3, rows.Count);
        return rows;
    }

    private static string Table(string question)
    {
        var rows = Rows(question);
        var rest = question[(rows[2].Index + rows[2].Length)..];
        bool chinese = rest.Any(c => c > 0x7f);
        var asked = rows.Single(r => chinese ? rest.Contains(r.Groups[1].Value)
            : Regex.IsMatch(rest, $@"\b{r.Groups[1].Value}\b"));
        return asked.Value;
    }

    private static string Line(string question) => question.Split('\n').Single(l => WordLine().IsMatch(l));

    private static string Fact(string question)
    {
        var facts = StarterCorpus.Facts.Where(f => question.Contains(f.PlaceEnglish)
            || question.Contains(f.PlaceChinese)).ToList();
        Assert.Equal(4, facts.Count);
        bool english = question.Contains(facts[0].PlaceEnglish);
        var words = question.Replace(facts[0].PlaceEnglish, "").Replace(facts[0].PlaceChinese, "");
        var attribute = Rest().IsMatch(words) ? "rest" : Owner().IsMatch(words) ? "owner"
            : Street().IsMatch(words) ? "street" : "opens";
        var fact = facts.Single(f => f.Attribute == attribute);
        return english ? fact.ValueEnglish : fact.ValueChinese;
    }

    private static string Percent(string question)
    {
        int percent = int.Parse(Regex.Match(question, @"(\d+)%").Groups[1].Value);
        int of = Numbers(question.Replace($"{percent}%", "")).Single();
        Assert.Equal(0, percent * of % 100);
        return $"{percent * of / 100}";
    }

    [GeneratedRegex(@"\d+")]
    private static partial Regex Digits();

    [GeneratedRegex(@"\d{2}[A-Z]\d{2}")]
    private static partial Regex OrderNumber();

    [GeneratedRegex(@"(\d+) ?(" + Units + ")")]
    private static partial Regex Quantity();

    [GeneratedRegex(Units)]
    private static partial Regex UnitName();

    [GeneratedRegex(@"(Sun|Mon|Tues|Wednes|Thurs|Fri|Satur)day|星期[日一二三四五六]")]
    private static partial Regex Day();

    [GeneratedRegex(@"(?<n>\d) days? (?<dir>after|before)|(?<n>\d)天(?<dir>后|前)")]
    private static partial Regex Step();

    [GeneratedRegex(@"^([a-z]+|\p{IsCJKUnifiedIdeographs}+)(?:: |：)(\d\d)$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"^([a-z]+( [a-z]+){2,3}|\p{IsCJKUnifiedIdeographs}{2}(、\p{IsCJKUnifiedIdeographs}{2}){2,3})$")]
    private static partial Regex WordLine();

    [GeneratedRegex(@"\b(closed?|rests?|not open|not visit)\b|[Rr]est day|休息|关|哪天|哪一天|不营业|不能去")]
    private static partial Regex Rest();

    [GeneratedRegex(@"\b([Oo]wns|[Oo]wner|runs|belong|Whose)\b|老板|谁|主人|店主")]
    private static partial Regex Owner();

    [GeneratedRegex(@"\b(street|[Aa]ddress|[Ww]here|find)\b|哪条|哪里|地址|怎么走|怎么去|地方")]
    private static partial Regex Street();
}
