using System.Text.RegularExpressions;
using Weir.Data.Synthesis;
using Weir.Data.Synthesis.Grammar;
using Weir.Data.Synthesis.Prose;

namespace Weir.Data.Tests.Synthesis;

public sealed partial class StarterProseTests
{
    private static readonly List<string> Train =
        [.. StarterCorpus.Text(1, 4_000, StarterSplit.Train).Concat(StarterCorpus.Text(2, 4_000, StarterSplit.Train))
            .Select(t => t.Text)];

    [Fact]
    public void No_document_is_in_both_splits()
    {
        var seen = Train.ToHashSet();
        Assert.DoesNotContain(StarterCorpus.Text(1, 2_000, StarterSplit.HeldOut), t => seen.Contains(t.Text));
    }

    [Fact]
    public void No_way_to_say_a_sentence_is_in_both_splits()
    {
        var sentences = TownProse.Sentences.Concat(NumberProse.Sentences).Concat(DeskProse.Sentences)
            .Concat(TalkProse.Sentences).ToList();
        Assert.True(sentences.Count > 20);
        foreach (var sentence in sentences)
        {
            foreach (var ways in sentence.Ways)
            {
                Assert.NotEmpty(ways.HeldOut);
                Assert.True(ways.Train.Length >= 2);
                Assert.Empty(ways.Train.Select(Normalise).Intersect(ways.HeldOut.Select(Normalise)));
            }
        }
    }

    [Fact]
    public void Every_fact_is_told_in_several_ways_in_both_languages()
    {
        foreach (var fact in StarterCorpus.Facts)
        {
            Assert.True(Train.Count(t => t.Contains(fact.PlaceEnglish) && t.Contains(fact.ValueEnglish)) >= 5,
                fact.ToString());
            Assert.True(Train.Count(t => t.Contains(fact.PlaceChinese) && t.Contains(fact.ValueChinese)) >= 5,
                fact.ToString());
        }
    }

    [Theory]
    [InlineData(StarterSplit.Train)]
    [InlineData(StarterSplit.HeldOut)]
    public void What_the_prose_says_is_true(StarterSplit split)
    {
        var facts = StarterCorpus.Facts.ToDictionary(f => (f.PlaceEnglish, f.Attribute), f => f.ValueEnglish);
        var places = StarterCorpus.Facts.ToLookup(f => f.PlaceEnglish);
        int told = 0;
        foreach (var text in StarterCorpus.Text(9, 4_000, split).Select(t => t.Text))
        {
            Assert.DoesNotContain('{', text);
            foreach (Match m in Weekday().Matches(text))
                Assert.Equal(m.Groups[4].Value, AnswerChecker.WeekdayAfter(m.Groups[3].Value,
                    int.Parse(m.Groups[1].Value) * (m.Groups[2].Value == "after" ? 1 : -1)));
            foreach (Match m in Comparison().Matches(text))
                Assert.True(int.Parse(m.Groups[1].Value) > int.Parse(m.Groups[2].Value), m.Value);
            foreach (Match m in ChineseComparison().Matches(text))
                Assert.Equal(m.Groups[3].Value,
                    $"{Math.Max(int.Parse(m.Groups[1].Value), int.Parse(m.Groups[2].Value))}");
            foreach (Match m in Fact().Matches(text))
            {
                var attribute = m.Groups[1].Value switch { "address" or "street" => "street", "opening time" => "opens",
                    "rest day" => "rest", _ => "owner" };
                if (!places.Contains(m.Groups[2].Value)) continue; // the rest day of several places
                Assert.Equal(facts[(m.Groups[2].Value, attribute)], m.Groups[3].Value);
                told++;
            }
        }
        Assert.True(told > 50, $"{told}");
    }

    [Fact]
    public void Half_of_the_documents_is_in_each_language()
    {
        Assert.Equal(Train.Count / 2, Train.Count(t => t.Any(c => c is >= '\u4e00' and <= '\u9fff')));
        Assert.All(Train, t => Assert.InRange(t.Length, 20, 600));
    }

    private static string Normalise(string text) => NoWord().Replace(text.ToLowerInvariant(), "");

    [GeneratedRegex(@"[^\p{L}\p{N}{}]+")]
    private static partial Regex NoWord();

    [GeneratedRegex(@"(\d) days? (after|before) ([A-Z][a-z]+day) is ([A-Z][a-z]+day)")]
    private static partial Regex Weekday();

    [GeneratedRegex(@"(\d\d) is larger than (\d\d)")]
    private static partial Regex Comparison();

    [GeneratedRegex(@"(\d\d)和(\d\d)(?:，|中较大的是|两个数，大的是)(\d\d)")]
    private static partial Regex ChineseComparison();

    [GeneratedRegex(@"[Tt]he (address|street|opening time|rest day|owner) of ([A-Z][a-z]+ [A-Z][a-z]+) is ([^.]+)\.")]
    private static partial Regex Fact();
}
