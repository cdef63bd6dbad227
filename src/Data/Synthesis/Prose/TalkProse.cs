using Weir.Data.Synthesis.Grammar;
using Weir.Data.Synthesis.Items;
using Weir.Data.Synthesis.Talk;

namespace Weir.Data.Synthesis.Prose;

/// <summary>Lines said again, and visits to Brook.</summary>
internal static class TalkProse
{
    private static readonly Sentence Line = new(
        ["The teacher says:\n{words}\nThe class repeats:\n{words}",
            "One child says:\n{words}\nThe other says it again:\n{words}"],
        ["The teacher says:\n{words}\nOne child repeats:\n{words}"],
        ["老师说：\n{words}\n大家跟着说：\n{words}", "一个人说：\n{words}\n另一个人再说一遍：\n{words}"],
        ["老师说：\n{words}\n大家再说一遍：\n{words}"]);

    private static readonly Sentence Exchange = new(
        ["A visitor says: {question} Brook says: {answer}",
            "{question} That is what someone asks Brook. The answer: {answer}"],
        ["{question} Brook says: {answer}"],
        ["有人说：{question}小溪说：{answer}", "客人对小溪说：{question}小溪回答：{answer}"],
        ["{question}小溪回答：{answer}"]);

    public static IEnumerable<Sentence> Sentences => [Line, Exchange];

    public static string Lines(SplitMix random, Language language, StarterSplit split)
    {
        var lines = Enumerable.Range(0, random.Between(1, 3)).Select(_ => Line.Say(random, language, split,
            new Slot("words", StarterKinds.Copy.Line(random, language, split))));
        return string.Join('\n', lines);
    }

    public static string Visit(SplitMix random, Language language, StarterSplit split)
    {
        var visits = Enumerable.Range(0, random.Between(2, 3)).Select(_ =>
        {
            var draft = StarterKinds.Persona.Draw(random, language, split);
            var question = random.Pick(StarterKinds.Persona.WordingsOf(language, draft.Topic).Of(split));
            return Exchange.Say(random, language, split, new Slot("question", question),
                new Slot("answer", draft.Answer));
        });
        return ProseWriter.Paragraph(language, visits);
    }
}
