using Weir.Data.Synthesis.Grammar;
using Weir.Data.Synthesis.Town;

namespace Weir.Data.Synthesis.Talk;

/// <summary>Small talk with Brook (小溪), the town's helper: eight topics with one answer each.</summary>
internal sealed class PersonaKind() : StarterKind("persona", 7, [.. PersonaEnglish.Topics, .. PersonaChinese.Topics])
{
    public const string Called = "name", Maker = "maker", Skills = "skills", Home = "home", Feeling = "feeling",
        Thanks = "thanks", Farewell = "farewell", Greeting = "greeting";

    public static readonly IReadOnlyDictionary<string, Named> Answers = new Dictionary<string, Named>
    {
        [Called] = new("I am Brook, the helper of Willowford.", "我叫小溪，是柳渡镇的助手。"),
        [Maker] = new("The people of Willowford made me.", "是柳渡镇的人做了我。"),
        [Skills] = new("I know the shops, do sums and read tables.", "我会查店铺、算数和读表。"),
        [Home] = new("I live in a computer in Willowford.", "我住在柳渡镇的一台电脑里。"),
        [Feeling] = new("I am well, and you?", "我很好，你呢？"),
        [Thanks] = new("You are welcome.", "不客气。"),
        [Farewell] = new("Goodbye, see you soon.", "再见，下次再聊。"),
        [Greeting] = new("Hello, what can I do for you?", "你好，要我帮什么忙？"),
    };

    private static readonly string[] Topics = [.. Answers.Keys];

    public override Decoration Decoration(Language language) => Grammar.Decoration.OfTalk(language);

    public override Draft Draw(SplitMix random, Language language, StarterSplit split)
    {
        var topic = random.Pick(Topics);
        return new Draft(topic, Answers[topic].In(language));
    }
}
