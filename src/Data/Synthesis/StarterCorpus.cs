using Weir.Data.Synthesis.Grammar;
using Weir.Data.Synthesis.Items;
using Weir.Data.Synthesis.Prose;
using Weir.Data.Synthesis.Town;
using Weir.Formats.Datasets;

namespace Weir.Data.Synthesis;

/// <summary>A fact of the invented town, the same in every corpus.</summary>
/// <param name="Attribute">opens, street, owner or rest</param>
public sealed record StarterFact(string Attribute, string PlaceEnglish, string PlaceChinese, string ValueEnglish,
    string ValueChinese);

/// <summary>
/// The starter corpus: questions with answers, and running text, in English and Chinese, from grammars. The same
/// arguments give the same records on every machine. Held-out questions share no wording, no operands and no question
/// string with training questions of any seed.
/// </summary>
public static class StarterCorpus
{
    /// <summary>How often a question that is already there is drawn anew. Small talk has few questions: after that a
    /// repetition is let through.</summary>
    private const int MaximumRedraws = 40;

    /// <summary>The twelve kinds.</summary>
    public static IReadOnlyList<string> Kinds { get; } =
        [.. StarterKinds.All.Select(k => k.Name).Where(k => !StarterKinds.IsHard(k))];

    /// <summary>Harder kinds, only there when a mix names them.</summary>
    public static IReadOnlyList<string> HardKinds { get; } = [.. StarterKinds.All.Select(k => k.Name)
        .Where(StarterKinds.IsHard)];

    public static IReadOnlyList<StarterFact> Facts { get; } =
    [
        .. from place in TownMap.Places
           from attribute in Attributes.All
           let value = place[attribute]
           select new StarterFact(attribute, place.Name.English, place.Name.Chinese, value.English, value.Chinese),
    ];

    /// <summary>Questions as user messages with their answers.</summary>
    /// <param name="mix">Null is the default mix of the split.</param>
    public static IEnumerable<ChatRecord> Chat(long seed, int items, StarterSplit split, StarterMix? mix = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(items);
        var random = SplitMix.For(seed, $"chat/{split}");
        var allotted = (mix ?? StarterMix.Default(split)).Allot(items, random);
        var questions = new HashSet<string>(items);
        for (int i = 0; i < items; i++)
        {
            var (kind, language) = allotted[i];
            var item = StarterItem.Draw(kind, language, split, random);
            for (int redraw = 0; redraw < MaximumRedraws && !questions.Add(item.Question); redraw++)
                item = StarterItem.Draw(kind, language, split, random);
            yield return new ChatRecord
            {
                Id = $"starter-{NameOf(split)}-{seed}-{i}", Kind = kind.Name,
                Messages = [new ChatTurn("user", item.Question)], Answer = item.Answer, Template = item.Template,
            };
        }
    }

    /// <summary>Prose about the town and short lessons with worked examples, half in each language. Training prose uses
    /// training operands only.</summary>
    public static IEnumerable<TextRecord> Text(long seed, int documents, StarterSplit split)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(documents);
        var random = SplitMix.For(seed, $"text/{split}");
        for (int i = 0; i < documents; i++)
        {
            var text = ProseWriter.Write(random, i % 2 == 0 ? Language.English : Language.Chinese, split);
            yield return new TextRecord($"starter-text-{NameOf(split)}-{seed}-{i}", text);
        }
    }

    internal static string NameOf(StarterSplit split) => split == StarterSplit.Train ? "train" : "heldout";
}
