using Weir.Data.Synthesis.Grammar;

namespace Weir.Data.Synthesis.Numbers;

/// <summary>Harder, reported apart: simple percentages of multiples of twenty up to a thousand.</summary>
internal sealed class PercentKind() : StarterKind("hard-percent", 5, Asked)
{
    private static readonly int[] Percents = [5, 10, 20, 25, 50, 75];

    private static readonly Wordings[] Asked = Wordings.Pair(
        [
            "What is {p}% of {n}?",
            "How much is {p}% of {n}?",
            "Find {p}% of {n}.",
            "Work out {p}% of {n}.",
            "{p}% of {n} is what?",
            "Tell me {p}% of {n}.",
            "{p}% of {n}=?",
            "Take {p}% of {n}.",
            "Of {n} people, {p}% came. How many came?",
            "A lamp costs {n} yuan. How much is {p}% of that?",
            "Give me {p}% of {n}.",
            "Please find {p}% of {n}.",
        ],
        [
            "Please work out {p}% of {n}.",
            "Tell me how much {p}% of {n} is.",
            "Of {n} yuan, how much is {p}%?",
        ],
        [
            "{n}的{p}%是多少？",
            "求{n}的{p}%。",
            "{n}的{p}%等于几？",
            "算一算{n}的{p}%。",
            "{n}元的{p}%是多少元？",
            "计算{n}的{p}%。",
            "有{n}人，来了{p}%，来了几人？",
            "从{n}里取{p}%，得多少？",
            "告诉我{n}的{p}%。",
            "请求出{n}的{p}%。",
            "{n}取{p}%是多少？",
            "{n}的{p}%，请算出来。",
        ],
        [
            "请算一算{n}的{p}%是多少。",
            "告诉我{n}取{p}%得多少。",
            "求{n}元的{p}%等于多少元。",
        ]);

    public override Draft Draw(SplitMix random, Language language, StarterSplit split)
    {
        while (true)
        {
            int percent = random.Pick(Percents), of = 20 * random.Between(1, 50);
            if (HeldOutOperands.Fit(Name, $"{percent},{of}", split))
                return new Draft("", $"{percent * of / 100}", new Slot("p", percent), new Slot("n", of));
        }
    }
}
