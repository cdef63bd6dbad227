using Weir.Data.Synthesis.Grammar;
using Weir.Data.Synthesis.Town;

namespace Weir.Data.Synthesis.Numbers;

/// <summary>From a unit to the next smaller one.</summary>
/// <param name="Factor">How many of the smaller make one of the larger: a power of ten.</param>
internal sealed record Conversion(Named From, Named To, int Factor);

/// <summary>Unit conversion of whole numbers from 2 to 999. Held-out are the numbers, for all units alike.</summary>
internal sealed class UnitsKind() : StarterKind("units", 9, Asked)
{
    private const int ShortPercent = 50;

    private static readonly Wordings[] Asked = Wordings.Pair(
        [
            "How many {to} are {n} {from}?",
            "Convert {n} {from} to {to}.",
            "Change {n} {from} into {to}.",
            "{n} {from} is how many {to}?",
            "What is {n} {from} in {to}?",
            "{n} {from} = ? {to}",
            "Write {n} {from} in {to}.",
            "Tell me how many {to} there are in {n} {from}.",
            "Give {n} {from} in {to}.",
            "Turn {n} {from} into {to}.",
            "I have {n} {from}. How many {to} is that?",
            "In {to}, how much is {n} {from}?",
            "{n} {from} makes how many {to}?",
            "Please convert: {n} {from} into {to}.",
            "Please change {n} {from} to {to}.",
            "Tell me what {n} {from} are in {to}.",
            "I want you to write {n} {from} in {to}.",
        ],
        [
            "Please write {n} {from} in {to}.",
            "How many {to} is {n} {from}?",
            "Tell me what {n} {from} makes in {to}.",
        ],
        [
            "{n}{from}等于多少{to}？",
            "{n}{from}是多少{to}？",
            "把{n}{from}换算成{to}。",
            "{n}{from}=？{to}",
            "{n}{from}合多少{to}？",
            "用{to}表示{n}{from}。",
            "{n}{from}有多少{to}？",
            "换算：{n}{from}是几{to}？",
            "请把{n}{from}化成{to}。",
            "{n}{from}换成{to}是多少？",
            "求{n}{from}等于多少{to}。",
            "我有{n}{from}，一共多少{to}？",
            "多少{to}等于{n}{from}？",
            "{n}{from}化成{to}，得多少？",
            "请用{to}写出{n}{from}。",
            "请说{n}{from}是多少{to}。",
        ],
        [
            "请用{to}表示{n}{from}。",
            "把{n}{from}化成{to}是多少？",
            "求{n}{from}合多少{to}。",
        ]);

    public static readonly Conversion[] Conversions =
    [
        new(new("kilometres", "千米"), new("metres", "米"), 1000),
        new(new("metres", "米"), new("centimetres", "厘米"), 100),
        new(new("centimetres", "厘米"), new("millimetres", "毫米"), 10),
        new(new("kilograms", "千克"), new("grams", "克"), 1000),
        new(new("litres", "升"), new("millilitres", "毫升"), 1000),
    ];

    public override Draft Draw(SplitMix random, Language language, StarterSplit split)
    {
        var conversion = random.Pick(Conversions);
        int n = Operand(random, split);
        return new Draft("", $"{n * conversion.Factor}", new Slot("n", n),
            new Slot("from", conversion.From.In(language)), new Slot("to", conversion.To.In(language)));
    }

    public int Operand(SplitMix random, StarterSplit split)
    {
        while (true)
        {
            int n = random.Chance(ShortPercent) ? random.Between(2, 99) : random.Between(100, 999);
            if (HeldOutOperands.Fit(Name, $"{n}", split)) return n;
        }
    }
}
