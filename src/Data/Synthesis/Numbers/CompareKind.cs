using Weir.Data.Synthesis.Grammar;

namespace Weir.Data.Synthesis.Numbers;

/// <summary>The larger of two different two-digit numbers. Held-out are ordered pairs.</summary>
internal sealed class CompareKind() : StarterKind("compare", 10, Asked)
{
    private const int SameTensPercent = 30;

    private static readonly Wordings[] Asked = Wordings.Pair(
        [
            "Which is larger, {a} or {b}?",
            "Which number is larger: {a} or {b}?",
            "What is the larger of {a} and {b}?",
            "Compare {a} and {b}. Which is larger?",
            "Give me the larger number: {a}, {b}.",
            "Is {a} or {b} larger?",
            "Tell me which is more, {a} or {b}.",
            "{a} or {b}: which is bigger?",
            "Of {a} and {b}, which is the bigger number?",
            "Take the bigger of {a} and {b}.",
            "Which price is higher, {a} or {b}?",
            "One has {a} points, the other {b}. Which is more?",
            "Between {a} and {b}, name the larger.",
            "Look at {a} and {b}. Which one is bigger?",
            "Compare the numbers {a} and {b} and give the higher.",
        ],
        [
            "Tell me the larger of {a} and {b}.",
            "Which number is bigger, {a} or {b}?",
            "Compare {a} and {b} and name the bigger one.",
        ],
        [
            "{a}和{b}哪个大？",
            "{a}和{b}哪个更大？",
            "{a}与{b}，较大的是哪个？",
            "比较{a}和{b}，哪个大？",
            "谁更大，{a}还是{b}？",
            "{a}、{b}两个数，大的是几？",
            "说出{a}和{b}中较大的数。",
            "请从{a}和{b}里选大的数。",
            "{a}大还是{b}大？",
            "{a}和{b}里最大的是多少？",
            "{a}元和{b}元，哪个多？",
            "一个{a}分，一个{b}分，哪个高？",
            "哪个数大：{a}，{b}？",
            "比一比{a}和{b}，大的是哪个？",
            "请比较{a}与{b}，说出大的数。",
        ],
        [
            "请说出{a}和{b}哪个更大。",
            "比较{a}和{b}，选较大的数。",
            "{a}还是{b}，哪个数大？",
        ]);

    public override Draft Draw(SplitMix random, Language language, StarterSplit split)
    {
        var (a, b) = Operands(random, split);
        return new Draft("", $"{Math.Max(a, b)}", new Slot("a", a), new Slot("b", b));
    }

    /// <summary>A third of the pairs share their tens, else the units would hardly ever decide.</summary>
    public (int A, int B) Operands(SplitMix random, StarterSplit split)
    {
        while (true)
        {
            int a = random.Between(10, 99);
            int b = random.Chance(SameTensPercent) ? a / 10 * 10 + random.Below(10) : random.Between(10, 99);
            if (a != b && HeldOutOperands.Fit(Name, $"{a},{b}", split)) return (a, b);
        }
    }
}
