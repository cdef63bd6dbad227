using Weir.Data.Synthesis.Grammar;
using Weir.Data.Synthesis.Town;

namespace Weir.Data.Synthesis.Numbers;

/// <summary>One of the 84 sums on the weekdays: a day, one to six days, after or before.</summary>
/// <param name="Day">0 is Sunday.</param>
internal readonly record struct WeekdaySum(int Day, int Days, bool After)
{
    public int Result => (Day + (After ? Days : 7 - Days)) % 7;

    public static WeekdaySum Draw(SplitMix random) => new(random.Below(7), random.Between(1, 6), random.Chance(50));

    /// <summary>The sum written out, as answers and prose have it.</summary>
    public string Sentence(Language language)
    {
        var day = TownMap.Weekdays[Day].In(language);
        var result = TownMap.Weekdays[Result].In(language);
        return language == Language.English
            ? $"{Count(language)} {Direction(language)} {day} is {result}"
            : $"{day}的{Days}天{Direction(language)}是{result}";
    }

    public Slot[] Slots(Language language) =>
    [
        new("day", TownMap.Weekdays[Day].In(language)), new("days", Count(language)), new("k", Days),
        new("dir", Direction(language)),
    ];

    private string Count(Language language) =>
        language == Language.Chinese ? $"{Days}天" : Days == 1 ? "1 day" : $"{Days} days";

    private string Direction(Language language) =>
        language == Language.English ? After ? "after" : "before" : After ? "后" : "前";
}

/// <summary>Weekday arithmetic within a week: a finite table that training sees whole; held-out are the wordings. The
/// answer repeats the sum, so that its last word follows the same words whatever the wording was.</summary>
internal sealed class WeekdayKind() : StarterKind("weekday", 12, Asked)
{
    private static readonly Wordings[] Asked = Wordings.Pair(
        [
            "What day is {days} {dir} {day}?",
            "Which day is {days} {dir} {day}?",
            "Which day of the week comes {days} {dir} {day}?",
            "Name the day {days} {dir} {day}.",
            "Today is {day}. What day is {days} {dir} today?",
            "If today is {day}, which day is {days} {dir} that?",
            "Start on {day}. Which day is {days} {dir} it?",
            "{day}: what day is {days} {dir} it?",
            "Tell me the day that is {days} {dir} {day}.",
            "The market is on {day}. I come {days} {dir} the market. Which day is that?",
            "Find the weekday {days} {dir} {day}.",
            "{days} {dir} {day} is which day?",
            "It is {day} today. Name the day {days} {dir} it.",
            "Please say which day is {days} {dir} {day}.",
            "Which weekday is {days} {dir} {day}?",
            "I come {days} {dir} {day}. What day is that?",
        ],
        [
            "If it is {day} today, what day is {days} {dir} today?",
            "Tell me which weekday comes {days} {dir} {day}.",
            "Today is {day}. Name the day that is {days} {dir} it.",
        ],
        [
            "{day}的{k}天{dir}是星期几？",
            "今天{day}，{k}天{dir}是星期几？",
            "如果今天是{day}，{k}天{dir}是星期几？",
            "从{day}算，{k}天{dir}是哪天？",
            "{day}，{k}天{dir}是哪一天？",
            "说出{day}的{k}天{dir}是哪天。",
            "{k}天{dir}是星期几？今天是{day}。",
            "求{day}的{k}天{dir}是星期几。",
            "今天是{day}，请问{k}天{dir}星期几？",
            "集市在{day}，我在集市的{k}天{dir}来，是星期几？",
            "{day}的{k}天{dir}是一周里的哪天？",
            "请说出{day}的{k}天{dir}是哪一天。",
            "假如{day}是今天，{k}天{dir}是哪天？",
            "算一算，{day}的{k}天{dir}是星期几？",
            "今天星期几？是{day}。那{k}天{dir}呢？",
            "从{day}开始，{k}天{dir}是哪一天？",
        ],
        [
            "如果今天是{day}，请问{k}天{dir}是哪天？",
            "从今天{day}算，{k}天{dir}是星期几？",
            "求{day}的{k}天{dir}是一周里的哪一天。",
        ]);

    public override Draft Draw(SplitMix random, Language language, StarterSplit split)
    {
        var sum = WeekdaySum.Draw(random);
        return new Draft("", sum.Sentence(language), sum.Slots(language));
    }
}
