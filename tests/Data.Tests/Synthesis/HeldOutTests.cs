using System.Text.RegularExpressions;
using Weir.Data.Synthesis;
using Weir.Data.Synthesis.Grammar;
using Weir.Data.Synthesis.Items;
using Weir.Formats.Datasets;

namespace Weir.Data.Tests.Synthesis;

/// <summary>Held-out is unseen, whatever the seeds: by enumeration of the wordings, and by samples of several
/// seeds.</summary>
public sealed partial class HeldOutTests
{
    private static readonly long[] Seeds = [0, 1, 77, -5];

    private static IEnumerable<ChatRecord> Sample(StarterSplit split, int items) =>
        Seeds.SelectMany(s =>
            StarterCorpus.Chat(s, items, split, StarterMix.Parse("hard-sum=3,hard-percent=3", split)));

    /// <summary>What is left when punctuation, spaces and case do not count.</summary>
    private static string Normalise(string text) => NoWord().Replace(text.ToLowerInvariant(), "");

    [Fact]
    public void No_question_is_in_both_splits_not_even_with_other_punctuation()
    {
        var seen = Sample(StarterSplit.Train, 20_000).Select(i => Normalise(i.Messages[0].Content)).ToHashSet();
        Assert.DoesNotContain(Sample(StarterSplit.HeldOut, 5_000), i =>
            seen.Contains(Normalise(i.Messages[0].Content)));
    }

    [Fact]
    public void No_held_out_wording_is_a_training_wording_with_or_without_greetings_and_endings()
    {
        foreach (var kind in StarterKinds.All)
        {
            foreach (var language in Enum.GetValues<Language>())
            {
                var decoration = kind.Decoration(language);
                var own = kind.AllWordings.Where(w => w.Language == language).ToList();
                var trained = (
                    from wording in own.SelectMany(w => w.Train)
                    from opening in decoration.Openings.Append("")
                    from ending in decoration.Endings.Append("")
                    select Normalise(decoration.Join(opening, wording, ending))).ToHashSet();
                Assert.DoesNotContain(own.SelectMany(w => w.HeldOut), w => trained.Contains(Normalise(w)));
            }
        }
    }

    [Fact]
    public void Templates_tell_the_splits_apart()
    {
        Assert.All(Sample(StarterSplit.Train, 2_000), i => Assert.Matches("/t[0-9]+$", i.Template!));
        Assert.All(Sample(StarterSplit.HeldOut, 2_000), i => Assert.Matches("/h[0-9]+$", i.Template!));
    }

    [Fact]
    public void No_operands_are_in_both_splits()
    {
        var seen = Sample(StarterSplit.Train, 20_000).Select(OperandsOf).OfType<(string, string)>().ToHashSet();
        var heldOut = Sample(StarterSplit.HeldOut, 5_000).Select(OperandsOf).OfType<(string Kind, string)>().ToList();
        Assert.Equal(8, heldOut.Select(o => o.Kind).Distinct().Count());
        Assert.DoesNotContain(heldOut, seen.Contains);
    }

    [Fact]
    public void Prose_to_learn_from_has_no_held_out_operands()
    {
        var heldOut = Sample(StarterSplit.HeldOut, 20_000).Select(OperandsOf).OfType<(string, string)>().ToHashSet();
        int equations = 0;
        foreach (var text in Seeds.SelectMany(s => StarterCorpus.Text(s, 4_000, StarterSplit.Train))
            .Select(t => t.Text))
        {
            foreach (Match sum in Equation().Matches(text))
            {
                int a = int.Parse(sum.Groups[1].Value), b = int.Parse(sum.Groups[2].Value);
                Assert.Equal(a + b, int.Parse(sum.Groups[3].Value));
                Assert.DoesNotContain(("add", $"{a},{b}"), heldOut);
                equations++;
            }
            foreach (Match pair in ComparedPair().Matches(text))
                Assert.DoesNotContain(("compare", $"{pair.Groups["a"].Value},{pair.Groups["b"].Value}"), heldOut);
            foreach (Match quantity in LargeQuantity().Matches(text))
                Assert.DoesNotContain(("units", quantity.Groups[1].Value), heldOut);
            foreach (var id in AnswerChecker.OrderNumbers(text)) Assert.DoesNotContain(("extract", id), heldOut);
            foreach (var line in text.Split('\n')) Assert.DoesNotContain(("copy", line), heldOut);
        }
        Assert.True(equations > 1_000);
    }

    [Fact]
    public void Held_out_wordings_are_made_of_familiar_words_and_characters()
    {
        foreach (var kind in StarterKinds.All)
        {
            var familiar = kind.AllWordings.SelectMany(w => w.Train).SelectMany(Words).ToHashSet();
            var strange = kind.AllWordings.SelectMany(w => w.HeldOut).SelectMany(Words)
                .Where(w => !familiar.Contains(w));
            Assert.True(!strange.Any(), $"{kind.Name}: {string.Join(' ', strange)}");
        }
    }

    [Fact]
    public void A_sixth_of_the_operands_is_held_out_and_every_number_stays_in_training()
    {
        for (int a = 1; a <= 20; a++)
        {
            int held = Enumerable.Range(1, 20).Count(b => HeldOutOperands.Contains("add", $"{a},{b}"));
            Assert.InRange(held, 0, 9);
        }
        int all = Enumerable.Range(0, 400).Count(i => HeldOutOperands.Contains("add", $"{1 + i / 20},{1 + i % 20}"));
        Assert.InRange(all, 45, 90);
        int numbers = Enumerable.Range(2, 998).Count(n => HeldOutOperands.Contains("units", $"{n}"));
        Assert.InRange(numbers, 130, 200);
    }

    [Fact]
    public void Held_out_questions_cover_every_kind_of_operand_widely()
    {
        var items = StarterCorpus.Chat(2, 2_400, StarterSplit.HeldOut).ToList();
        foreach (var kind in StarterCorpus.Kinds.Where(k => k != "persona"))
            Assert.True(items.Where(i => i.Kind == kind).Select(i => i.Messages[0].Content).Distinct().Count() >= 180,
                kind);
    }

    private static (string Kind, string Operands)? OperandsOf(ChatRecord item) =>
        AnswerChecker.Operands(item.Kind!, item.Messages[0].Content) is { } operands ? (item.Kind!, operands) : null;

    /// <summary>English words and single Han characters.</summary>
    private static IEnumerable<string> Words(string text) =>
        Word().Matches(Slots().Replace(text, " ")).Select(m => m.Value.ToLowerInvariant());

    [GeneratedRegex(@"[^\p{L}\p{N}{}]+")]
    private static partial Regex NoWord();

    [GeneratedRegex(@"\{[a-z]+\}")]
    private static partial Regex Slots();

    [GeneratedRegex(@"[A-Za-z]+|\p{IsCJKUnifiedIdeographs}")]
    private static partial Regex Word();

    [GeneratedRegex(@"(\d+)\+(\d+)=(\d+)")]
    private static partial Regex Equation();

    [GeneratedRegex(@"(?:larger of|Of) (?<a>\d\d) and (?<b>\d\d)\b|(?<a>\d\d) or (?<b>\d\d)\?"
        + @"|(?<a>\d\d)和(?<b>\d\d)中|(?<a>\d\d)还是(?<b>\d\d)？")]
    private static partial Regex ComparedPair();

    [GeneratedRegex(@"(\d+) ?(?:kilometres|kilograms|litres|千米|千克)")]
    private static partial Regex LargeQuantity();
}
