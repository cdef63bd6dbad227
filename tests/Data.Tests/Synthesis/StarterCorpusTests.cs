using Weir.Data.Synthesis;
using Weir.Data.Synthesis.Grammar;
using Weir.Data.Synthesis.Items;

namespace Weir.Data.Tests.Synthesis;

public sealed class StarterCorpusTests
{
    private const string AllKinds = "hard-sum=3,hard-percent=3";

    [Fact]
    public void There_are_the_twelve_kinds_and_harder_ones_apart()
    {
        Assert.Equal(
            ["facts", "refuse", "intent", "sentiment", "extract", "table", "add", "compare", "units", "weekday",
            "copy", "persona"], StarterCorpus.Kinds);
        Assert.NotEmpty(StarterCorpus.HardKinds);
        Assert.All(StarterCorpus.HardKinds, k => Assert.StartsWith("hard-", k));
    }

    [Fact]
    public void Every_topic_has_twelve_wordings_to_learn_and_three_held_out_in_each_language()
    {
        foreach (var kind in StarterKinds.All)
        {
            foreach (var language in Enum.GetValues<Language>())
            {
                var topics = kind.AllWordings.Where(w => w.Language == language).ToList();
                Assert.NotEmpty(topics);
                foreach (var topic in topics)
                {
                    Assert.True(topic.Train.Distinct().Count() >= 12, $"{kind.Name} {language} {topic.Topic}");
                    Assert.True(topic.HeldOut.Distinct().Count() >= 3, $"{kind.Name} {language} {topic.Topic}");
                }
            }
        }
    }

    [Fact]
    public void The_town_has_at_least_eighty_facts_with_one_value_each()
    {
        Assert.True(StarterCorpus.Facts.Count >= 80);
        Assert.Equal(StarterCorpus.Facts.Count, StarterCorpus.Facts.Select(f => (f.PlaceEnglish, f.Attribute))
            .Distinct().Count());
        Assert.Equal(StarterCorpus.Facts.Count, StarterCorpus.Facts.Select(f => (f.PlaceChinese, f.Attribute))
            .Distinct().Count());
        // A model that always says the same cannot pass: no value is shared by a third of the places.
        foreach (var value in StarterCorpus.Facts.GroupBy(f => f.ValueEnglish))
            Assert.InRange(value.Count(), 1, 8);
    }

    [Fact]
    public void The_town_is_the_same_in_every_release()
    {
        // Models in the field have learnt this town: a change of it is a new town, with a new name.
        var text = string.Join('\n', StarterCorpus.Facts.Select(f => f.ToString()));
        Assert.Equal("sha256:048ce6325e98", Formats.Bcl.Digest.OfText(text)[..19]);
    }

    [Theory]
    [InlineData(StarterSplit.Train)]
    [InlineData(StarterSplit.HeldOut)]
    public void A_seed_gives_one_corpus_and_another_seed_another(StarterSplit split)
    {
        var questions = (long seed) => StarterCorpus.Chat(seed, 500, split)
            .Select(c => (c.Id, c.Messages[0].Content, c.Answer));
        Assert.Equal(questions(5), questions(5));
        Assert.NotEqual(questions(5).Select(q => q.Content), questions(6).Select(q => q.Content));
        Assert.Equal(StarterCorpus.Text(5, 200, split), StarterCorpus.Text(5, 200, split));
        Assert.NotEqual(StarterCorpus.Text(5, 200, split).Select(t => t.Text), StarterCorpus.Text(6, 200, split)
            .Select(t => t.Text));
    }

    [Fact]
    public void Held_out_items_are_balanced_by_kind_and_language()
    {
        var items = StarterCorpus.Chat(3, 2400, StarterSplit.HeldOut).ToList();
        foreach (var kind in StarterCorpus.Kinds)
        {
            var own = items.Where(i => i.Kind == kind).ToList();
            Assert.Equal(200, own.Count);
            Assert.Equal(100, own.Count(i => i.Template!.StartsWith($"{kind}/en/")));
            Assert.Equal(100, own.Count(i => i.Template!.StartsWith($"{kind}/zh/")));
        }
    }

    [Fact]
    public void Training_items_follow_the_mix_half_in_each_language()
    {
        var mix = StarterMix.Parse("all=1,add=3,hard-sum=2,persona=0", StarterSplit.Train);
        var items = StarterCorpus.Chat(3, 15_000, StarterSplit.Train, mix).ToList();
        Assert.Equal(15_000, items.Count);
        Assert.Equal(3000, items.Count(i => i.Kind == "add"));
        Assert.Equal(2000, items.Count(i => i.Kind == "hard-sum"));
        Assert.Equal(1000, items.Count(i => i.Kind == "facts"));
        Assert.DoesNotContain(items, i => i.Kind == "persona");
        Assert.Equal(7500, items.Count(i => i.Template!.Contains("/zh/")));
    }

    [Fact]
    public void The_default_mix_has_all_twelve_kinds_and_no_harder_one()
    {
        foreach (var split in Enum.GetValues<StarterSplit>())
            Assert.Equal(StarterCorpus.Kinds, StarterMix.Default(split).Weights.Keys);
    }

    [Theory]
    [InlineData(StarterSplit.Train)]
    [InlineData(StarterSplit.HeldOut)]
    public void Every_answer_is_right(StarterSplit split)
    {
        var checkedKinds = new HashSet<string>();
        foreach (var item in StarterCorpus.Chat(11, 20_000, split, StarterMix.Parse(AllKinds, split)))
        {
            var question = Assert.Single(item.Messages);
            Assert.Equal("user", question.Role);
            Assert.DoesNotContain('{', question.Content);
            Assert.DoesNotContain('{', item.Answer!);
            var expected = AnswerChecker.Answer(item.Kind!, question.Content);
            if (expected is null) continue;
            Assert.True(expected == item.Answer, $"{question.Content} => {item.Answer}, expected {expected}");
            checkedKinds.Add(item.Kind!);
        }
        Assert.Equal(
            ["add", "compare", "copy", "extract", "facts", "hard-percent", "hard-sum", "table", "units", "weekday"],
            checkedKinds.Order());
    }

    [Fact]
    public void A_question_has_one_answer_and_labels_are_few()
    {
        var answers = new Dictionary<string, string>();
        var labels = new Dictionary<string, HashSet<string>>();
        foreach (var item in StarterCorpus.Chat(12, 30_000, StarterSplit.Train)
            .Concat(StarterCorpus.Chat(12, 5000, StarterSplit.HeldOut)))
        {
            if (!answers.TryAdd(item.Messages[0].Content, item.Answer!))
                Assert.Equal(answers[item.Messages[0].Content], item.Answer);
            if (!labels.TryGetValue(item.Kind!, out var known)) labels[item.Kind!] = known = [];
            known.Add(item.Answer!);
        }
        Assert.InRange(labels["intent"].Count, 12, 20); // at least six intents in two languages
        Assert.Equal(["negative", "positive", "好评", "差评"], labels["sentiment"].Order(StringComparer.Ordinal));
        Assert.Equal(16, labels["persona"].Count);
        Assert.Contains("Sorry, I will not help with that.", labels["refuse"]);
        Assert.True(labels["refuse"].Count > 20);
    }

    [Fact]
    public void Refusals_and_help_are_asked_with_the_same_words()
    {
        var refused = StarterCorpus.Chat(4, 20_000, StarterSplit.Train).Where(i => i.Kind == "refuse")
            .ToLookup(i => i.Answer!.StartsWith("Sorry") || i.Answer.StartsWith("对不起"), i => i.Template!);
        Assert.Equal(refused[true].Distinct().Order(), refused[false].Distinct().Order());
        Assert.InRange(refused[true].Count() / (double)refused[false].Count(), 0.7, 1.4);
    }

    [Fact]
    public void The_vocabulary_is_small()
    {
        var census = new CorpusCensus();
        foreach (var item in StarterCorpus.Chat(1, 20_000, StarterSplit.Train)) census.Add(item);
        foreach (var document in StarterCorpus.Text(1, 2_500, StarterSplit.Train)) census.Add(document);
        Assert.InRange(census.HanCharacters, 300, 700);
        Assert.InRange(census.EnglishWords, 300, 900);
    }
}
