using Weir.Data.Synthesis.Grammar;
using Weir.Data.Synthesis.Town;

namespace Weir.Data.Synthesis.Prose;

/// <summary>One document of running text: a subject drawn by weight, and sentences of the split.</summary>
internal static class ProseWriter
{
    private static readonly (int Weight, Func<SplitMix, Language, StarterSplit, string> Write)[] Subjects =
    [
        (24, TownProse.Portrait),
        (7, TownProse.Street),
        (5, TownProse.Owner),
        (4, TownProse.Morning),
        (4, TownProse.RestDay),
        (10, NumberProse.Addition),
        (6, NumberProse.Comparing),
        (6, NumberProse.Units),
        (9, NumberProse.Weekdays),
        (9, DeskProse.Table),
        (5, DeskProse.Orders),
        (4, DeskProse.Intents),
        (4, DeskProse.Reviews),
        (4, DeskProse.Requests),
        (5, TalkProse.Lines),
        (4, TalkProse.Visit),
    ];

    private static readonly int TotalWeight = Subjects.Sum(s => s.Weight);

    public static string Write(SplitMix random, Language language, StarterSplit split)
    {
        int ticket = random.Below(TotalWeight);
        foreach (var (weight, write) in Subjects)
        {
            if (ticket < weight) return write(random, language, split);
            ticket -= weight;
        }
        throw new InvalidOperationException("The weights do not add up.");
    }

    public static string Paragraph(Language language, IEnumerable<string> sentences) =>
        string.Join(language == Language.English ? " " : "", sentences);

    /// <summary>Names as a sentence lists them.</summary>
    public static string List(Language language, IEnumerable<Named> names)
    {
        string[] all = [.. names.Select(n => n.In(language))];
        if (language == Language.Chinese) return string.Join('、', all);
        return all.Length == 1 ? all[0] : $"{string.Join(", ", all[..^1])} and {all[^1]}";
    }
}

/// <summary>The ways to say one sentence, in both languages.</summary>
internal sealed class Sentence(string[] english, string[] englishHeldOut, string[] chinese, string[] chineseHeldOut)
{
    private readonly Wordings[] _wordings = Wordings.Pair(english, englishHeldOut, chinese, chineseHeldOut);

    public IReadOnlyList<Wordings> Ways => _wordings;

    public string Say(SplitMix random, Language language, StarterSplit split, params ReadOnlySpan<Slot> slots) =>
        _wordings[(int)language].Say(random, split, slots);
}
