using Weir.Data.Synthesis.Grammar;

namespace Weir.Data.Synthesis.Items;

/// <summary>A question in words with its answer.</summary>
/// <param name="Template">kind/language/topic/wording, such as <c>facts/en/opens/t3</c>; held-out wordings are
/// <c>h0</c>, <c>h1</c>, ...</param>
internal readonly record struct StarterItem(string Question, string Answer, string Template)
{
    public static StarterItem Draw(StarterKind kind, Language language, StarterSplit split, SplitMix random)
    {
        var draft = kind.Draw(random, language, split);
        var wordings = kind.WordingsOf(language, draft.Topic).Of(split);
        int wording = random.Below(wordings.Length);
        var question = Slot.Fill(wordings[wording], draft.Slots);
        if (split == StarterSplit.Train) question = kind.Decoration(language).Around(question, random);
        return new StarterItem(question, draft.Answer, TemplateName(kind, language, draft.Topic, split, wording));
    }

    public static string TemplateName(StarterKind kind, Language language, string topic, StarterSplit split,
        int wording)
    {
        var topicPart = topic.Length > 0 ? topic + "/" : "";
        return $"{kind.Name}/{(language == Language.English ? "en" : "zh")}/{topicPart}"
            + $"{(split == StarterSplit.Train ? 't' : 'h')}{wording}";
    }
}
