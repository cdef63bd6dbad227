namespace Weir.Data.Synthesis;

/// <summary>Running text about the town and about the small skills that the chat needs: what a base model reads before it is asked
/// anything. Held-out prose has sentences of its own; worked examples use training operands only.</summary>
internal sealed class TownProse(StableRandom random, bool heldOut)
{
    private static readonly string[][] FactsZh =
    [
        ["{0}{1}开门。", "每天{1}，{0}开始营业。", "{0}的开门时间是{1}。"], ["{0}在{1}。", "{0}的地址是{1}。", "到{1}就能找到{0}。"],
        ["{0}的老板是{1}。", "{1}经营{0}。", "{0}是{1}开的。"], ["{0}的电话是{1}。", "打给{0}要拨{1}。", "{0}的号码是{1}。"],
    ];

    private static readonly string[][] FactsEn =
    [
        ["{0} opens at {1}.", "Every day {0} opens at {1}.", "The opening time of {0} is {1}."],
        ["{0} is on {1}.", "The address of {0} is {1}.", "Go to {1} to find {0}."],
        ["The owner of {0} is {1}.", "{1} runs {0}.", "{0} is owned by {1}."],
        ["The phone number of {0} is {1}.", "To call {0}, use {1}.", "The number of {0} is {1}."],
    ];

    private static readonly string[][] HeldZh =
        [["想去{0}的人{1}以后来。"], ["{1}上有一家{0}。"], ["{1}是{0}的主人。"], ["有事找{0}，请拨打{1}。"]];

    private static readonly string[][] HeldEn =
        [["People can go to {0} after {1}."], ["There is {0} on {1}."], ["{1} is the name of the owner at {0}."], ["Need {0}? The number to call is {1}."]];

    public string Document(bool chinese) => random.Next(0, 5) switch
    {
        0 => Lesson(chinese),
        1 => Walk(chinese),
        _ => Place(chinese, random.Next(0, Town.Places.Length)),
    };

    /// <summary>A paragraph with the four facts of a place, in random order.</summary>
    private string Place(bool zh, int place)
    {
        int first = random.Next(0, 4);
        var sentences = Enumerable.Range(0, 4).Select(i => Sentence(zh, place, (first + i) % 4));
        return string.Join(zh ? "" : " ", sentences);
    }

    /// <summary>One fact of each of a few places.</summary>
    private string Walk(bool zh)
    {
        int attribute = random.Next(0, 4), start = random.Next(0, Town.Places.Length), count = random.Next(3, 6);
        var sentences = Enumerable.Range(0, count).Select(i => Sentence(zh, (start + i * 7) % Town.Places.Length, attribute));
        return (zh ? "云水镇里，" : "In Cloudwater, ") + string.Join(zh ? "" : " ", sentences);
    }

    private string Sentence(bool zh, int place, int attribute)
    {
        var forms = (heldOut ? (zh ? HeldZh : HeldEn) : zh ? FactsZh : FactsEn)[attribute];
        return random.Pick(forms).Replace("{0}", Town.Places[place].In(zh), StringComparison.Ordinal)
            .Replace("{1}", Town.ValueOf(place, attribute).In(zh), StringComparison.Ordinal);
    }

    /// <summary>A few worked examples of one skill.</summary>
    private string Lesson(bool zh)
    {
        int topic = random.Next(0, 4), count = random.Next(3, 7);
        var examples = Enumerable.Range(0, count).Select(_ => topic switch
        {
            0 => Sum(zh),
            1 => Larger(zh),
            2 => Unit(zh),
            _ => Day(zh),
        });
        return string.Join(zh ? "" : " ", examples);
    }

    private string Sum(bool zh)
    {
        var (a, b) = TrainingPair("add", 1, 21);
        if (heldOut) return zh ? $"把{a}加上{b}，得到{a + b}。" : $"Put {a} and {b} together and get {a + b}.";
        return zh ? $"{a}加{b}等于{a + b}。" : $"{a} plus {b} is {a + b}.";
    }

    private string Larger(bool zh)
    {
        int a, b;
        do (a, b) = TrainingPair("compare", 10, 100);
        while (a == b);
        var (large, small) = (Math.Max(a, b), Math.Min(a, b));
        if (heldOut) return zh ? $"比起{small}，{large}更大。" : $"Next to {small}, the larger number is {large}.";
        return zh ? $"{a}和{b}中大的是{large}。" : $"Of {a} and {b}, the larger is {large}.";
    }

    private string Unit(bool zh)
    {
        int number;
        do number = random.Next(1, 1000);
        while (Stable.IsHeldOut($"units/{number}"));
        var (from, to, zeros) = random.Pick(Vocabulary.Units);
        if (heldOut) return zh ? $"{number}{from.Zh}也就是{number}{zeros}{to.Zh}。" : $"So {number} {from.En} makes {number}{zeros} {to.En}.";
        return zh ? $"{number}{from.Zh}等于{number}{zeros}{to.Zh}。" : $"{number} {from.En} is {number}{zeros} {to.En}.";
    }

    private string Day(bool zh)
    {
        int day = random.Next(0, 7), distance = random.Next(1, 7);
        bool forward = random.Next(0, 2) == 0;
        Pair from = Vocabulary.Weekdays[day], to = Vocabulary.Weekdays[((forward ? day + distance : day - distance) + 7) % 7];
        var (wayZh, wayEn) = forward ? ("后", "after") : ("前", "before");
        if (heldOut) return zh ? $"星期{from.Zh}的{distance}天{wayZh}就是星期{to.Zh}。" : $"Count {distance} days {wayEn} {from.En}: it is {to.En}.";
        return zh ? $"星期{from.Zh}，{distance}天{wayZh}是星期{to.Zh}。" : $"{distance} days {wayEn} {from.En} is {to.En}.";
    }

    private (int, int) TrainingPair(string kind, int low, int high)
    {
        while (true)
        {
            int a = random.Next(low, high), b = random.Next(low, high);
            if (!Stable.IsHeldOut($"{kind}/{a},{b}")) return (a, b);
        }
    }
}
