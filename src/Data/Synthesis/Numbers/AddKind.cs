using Weir.Data.Synthesis.Grammar;

namespace Weir.Data.Synthesis.Numbers;

/// <summary>Sums of two numbers. The answer writes the sum out (<c>3+5=8</c>), so that its last part follows the same
/// characters whatever the wording was. Held-out are ordered pairs: a pair may be held out while its mirror is
/// not.</summary>
internal sealed class AddKind(string name, int weight, int low, int high) : StarterKind(name, weight, Asked)
{
    private static readonly Wordings[] Asked = Wordings.Pair(
        [
            "What is {a} plus {b}?",
            "What is {a}+{b}?",
            "{a}+{b}=?",
            "Add {a} and {b}.",
            "What is the sum of {a} and {b}?",
            "How much is {a} and {b}?",
            "Please add {a} to {b}.",
            "Work out {a}+{b}.",
            "{a} plus {b} is what?",
            "Tell me the sum of {a} and {b}.",
            "{a} and {b} together make how much?",
            "Sum: {a}, {b}.",
            "I paid {a} yuan and then {b} yuan. How much in all?",
            "Take {a}, then add {b}. What is it?",
            "Please work out {a} plus {b}.",
            "The sum of {a} and {b}, please.",
            "Please tell me the sum of {a} and {b}.",
        ],
        [
            "Work out the sum of {a} and {b}.",
            "How much is {a} plus {b}?",
            "Please tell me what {a} and {b} make together.",
        ],
        [
            "{a}加{b}等于多少？",
            "{a}加{b}是多少？",
            "{a}+{b}=？",
            "{a}+{b}等于几？",
            "计算{a}加{b}。",
            "算一算{a}+{b}。",
            "{a}和{b}的和是多少？",
            "求{a}与{b}的和。",
            "把{a}和{b}加起来。",
            "{a}和{b}一共是多少？",
            "请把{a}加上{b}。",
            "{a}再加{b}得多少？",
            "先付{a}元，再付{b}元，一共多少元？",
            "篮子里有{a}个，又放进{b}个，现在有几个？",
            "请计算{a}与{b}的和。",
            "{a}加上{b}得几？",
            "{a}、{b}加起来是多少？",
        ],
        [
            "请算一算{a}加{b}。",
            "求{a}加上{b}等于多少。",
            "{a}和{b}加起来得多少？",
        ]);

    public override Draft Draw(SplitMix random, Language language, StarterSplit split)
    {
        var (a, b) = Operands(random, split);
        return new Draft("", Equation(a, b), new Slot("a", a), new Slot("b", b));
    }

    public (int A, int B) Operands(SplitMix random, StarterSplit split)
    {
        while (true)
        {
            int a = random.Between(low, high), b = random.Between(low, high);
            if (IsOf(split, a, b)) return (a, b);
        }
    }

    public bool IsOf(StarterSplit split, int a, int b) => HeldOutOperands.Fit(Name, $"{a},{b}", split);

    public static string Equation(int a, int b) => $"{a}+{b}={a + b}";
}
