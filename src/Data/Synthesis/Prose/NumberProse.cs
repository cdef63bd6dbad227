using Weir.Data.Synthesis.Grammar;
using Weir.Data.Synthesis.Items;
using Weir.Data.Synthesis.Numbers;
using Weir.Data.Synthesis.Town;

namespace Weir.Data.Synthesis.Prose;

/// <summary>Short lessons on numbers, units and weekdays, with worked examples.</summary>
internal static class NumberProse
{
    private const int RowPercent = 35, MinimumRow = 3, MaximumRow = 12;

    private static readonly Sentence AddTitle = new(
        ["To add two numbers, count on from the first.", "These are sums.", "Today the class learns to add."],
        ["Today the class learns sums."],
        ["两个数相加，从第一个数往后数。", "下面是加法。", "今天学加法。"],
        ["今天学两个数相加。"]);

    private static readonly Sentence Sum = new(
        ["{sum}.", "{a} plus {b} is {c}, so {sum}.", "If you add {a} and {b}, you get {c}: {sum}.",
            "The sum of {a} and {b} is {c}."],
        ["Add {a} to {b} and you get {c}: {sum}.", "{a} and {b} make {c}, so {sum}."],
        ["{sum}。", "{a}加{b}等于{c}，所以{sum}。", "把{a}和{b}加起来得{c}：{sum}。", "{a}与{b}的和是{c}。"],
        ["{a}加上{b}得{c}，就是{sum}。", "{a}和{b}一共是{c}：{sum}。"]);

    private static readonly Sentence SumRow = new(
        ["The sums of {a}: {row}.", "Count on from {a}: {row}."],
        ["From {a} count on: {row}."],
        ["{a}的加法：{row}。", "从{a}往后数：{row}。"],
        ["{a}往后数：{row}。"]);

    private static readonly Sentence CompareTitle = new(
        ["To compare two numbers, look at the tens first.", "If the tens are the same, the ones decide.",
            "Which number is larger?"],
        ["To compare numbers, the tens decide first."],
        ["比较两个数，先看十位。", "十位一样，就看个位。", "哪个数更大？"],
        ["比较两个数，十位大的数大。"]);

    private static readonly Sentence Larger = new(
        ["Of {a} and {b}, {x} is the larger.", "{x} is larger than {y}.", "The larger of {a} and {b} is {x}.",
            "{a} or {b}? {x} is bigger."],
        ["Between {a} and {b}, {x} is bigger.", "The bigger number of {a} and {b} is {x}."],
        ["{a}和{b}，{x}更大。", "{x}比{y}大。", "{a}和{b}中较大的是{x}。", "{a}还是{b}？{x}大。"],
        ["{a}与{b}里，{x}较大。", "{a}和{b}两个数，大的是{x}。"]);

    private static readonly Sentence UnitTitle = new(
        ["One thousand, one hundred or ten: write as many zeros.", "Units are changed by writing zeros.",
            "This is about units."],
        ["To change units, write zeros."],
        ["换算的时候，后面写上零。", "一千写三个零，一百写两个零。", "下面是换算。"],
        ["换算就是在后面写上零。"]);

    private static readonly Sentence Converted = new(
        ["{n} {from} are {m} {to}.", "{n} {from} = {m} {to}.", "In {to}, {n} {from} make {m}.",
            "{n} {from} is {m} in {to}."],
        ["{n} {from} makes {m} {to}.", "Write {n} {from} as {m} {to}."],
        ["{n}{from}等于{m}{to}。", "{n}{from}={m}{to}。", "{n}{from}换算成{to}是{m}。", "{n}{from}有{m}{to}。"],
        ["{n}{from}化成{to}得{m}。", "{n}{from}合{m}{to}。"]);

    private static readonly Sentence WeekTitle = new(
        ["The days of the week are {week}.", "After {week} the week starts again.", "One week has seven days."],
        ["The week has seven days: {week}."],
        ["一周的七天是{week}。", "{week}以后，一周重新开始。", "一周有七天。"],
        ["一周有七天：{week}。"]);

    private static readonly Sentence WeekdayFact = new(
        ["{sum}.", "Today is {day}, so {days} {dir} today is {result}: {sum}.", "Start on {day}: {sum}."],
        ["If today is {day}, {days} {dir} it is {result}: {sum}."],
        ["{sum}。", "今天{day}，{k}天{dir}是{result}：{sum}。", "从{day}算，{sum}。"],
        ["如果今天是{day}，{k}天{dir}就是{result}：{sum}。"]);

    public static IEnumerable<Sentence> Sentences =>
        [AddTitle, Sum, SumRow, CompareTitle, Larger, UnitTitle, Converted, WeekTitle, WeekdayFact];

    public static string Addition(SplitMix random, Language language, StarterSplit split)
    {
        if (random.Chance(RowPercent) && Row(random, language, split) is { } row) return row;
        var lesson = Enumerable.Range(0, random.Between(4, 6)).Select(_ =>
        {
            var (a, b) = StarterKinds.Add.Operands(random, split);
            return Sum.Say(random, language, split, new Slot("sum", AddKind.Equation(a, b)), new Slot("a", a),
                new Slot("b", b),
                new Slot("c", a + b));
        });
        return ProseWriter.Paragraph(language, [AddTitle.Say(random, language, split), .. lesson]);
    }

    /// <summary>Sums with a common first number in counting order; null where the split has too few of them.</summary>
    private static string? Row(SplitMix random, Language language, StarterSplit split)
    {
        int a = random.Between(1, 20), start = random.Between(1, 12);
        string[] sums = [.. Enumerable.Range(start, 21 - start).Where(b => StarterKinds.Add.IsOf(split, a, b))
            .Take(MaximumRow).Select(b => AddKind.Equation(a, b))];
        if (sums.Length < MinimumRow) return null;
        return SumRow.Say(random, language, split, new Slot("a", a),
            new Slot("row", string.Join(language == Language.English ? ", " : "，", sums)));
    }

    public static string Comparing(SplitMix random, Language language, StarterSplit split)
    {
        var lesson = Enumerable.Range(0, random.Between(4, 6)).Select(_ =>
        {
            var (a, b) = StarterKinds.Compare.Operands(random, split);
            return Larger.Say(random, language, split, new Slot("a", a), new Slot("b", b),
                new Slot("x", Math.Max(a, b)),
                new Slot("y", Math.Min(a, b)));
        });
        return ProseWriter.Paragraph(language, [CompareTitle.Say(random, language, split), .. lesson]);
    }

    public static string Units(SplitMix random, Language language, StarterSplit split)
    {
        var lesson = Enumerable.Range(0, random.Between(4, 5)).Select(_ =>
        {
            var conversion = random.Pick(UnitsKind.Conversions);
            int n = StarterKinds.Units.Operand(random, split);
            return Converted.Say(random, language, split, new Slot("n", n), new Slot("m", n * conversion.Factor),
                new Slot("from", conversion.From.In(language)), new Slot("to", conversion.To.In(language)));
        });
        return ProseWriter.Paragraph(language, [UnitTitle.Say(random, language, split), .. lesson]);
    }

    public static string Weekdays(SplitMix random, Language language, StarterSplit split)
    {
        int first = random.Below(7);
        var week = Enumerable.Range(first, 7).Select(d => TownMap.Weekdays[d % 7]);
        var lesson = Enumerable.Range(0, random.Between(3, 5)).Select(_ =>
        {
            var sum = WeekdaySum.Draw(random);
            return WeekdayFact.Say(random, language, split,
                [new Slot("sum", sum.Sentence(language)), .. sum.Slots(language),
                new Slot("result", TownMap.Weekdays[sum.Result].In(language))]);
        });
        var title = WeekTitle.Say(random, language, split, new Slot("week", ProseWriter.List(language, week)));
        return ProseWriter.Paragraph(language, [title, .. lesson]);
    }
}
