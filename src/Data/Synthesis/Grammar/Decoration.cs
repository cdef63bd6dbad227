namespace Weir.Data.Synthesis.Grammar;

/// <summary>What people say before and after a request. It varies the training questions around their wordings, so that
/// the model learns to look for the request itself; held-out questions stand plain.</summary>
internal sealed class Decoration(string separator, string[] openings, string[] endings)
{
    private const int OpeningPercent = 50, EndingPercent = 45;

    private static readonly Decoration
        EnglishRequest = new(" ",
            ["Hello.", "Hi there.", "Hello, Brook.", "Excuse me.", "Good morning.", "One question.", "Please help.",
                "Listen.",
                "I have a question:", "Quick question:", "Good evening.", "I need help."],
            ["Thanks.", "Thank you.", "Please answer.", "A short answer, please.", "I need it now.", "That is all.",
                "Many thanks.", "Just the answer."]),
        ChineseRequest = new("",
            ["你好。", "您好。", "小溪，", "打扰了。", "问一下，", "早上好。", "有个问题：", "帮帮忙。", "听我说。", "晚上好。",
                "小溪你好。", "想问问，"],
            ["谢谢。", "多谢。", "请回答。", "简短回答就好。", "现在就要。", "就这些。", "非常感谢。", "只要答案。"]),
        EnglishTalk = new(" ",
            ["Well.", "So.", "Listen.", "Now then.", "One thing.", "I am new here.", "It is a nice day.", "Excuse me.",
                "Just a word.", "Oh.", "This town is nice.", "I came by train."],
            ["I am new here.", "It is a nice day.", "This town is nice.", "I came by train.", "I have a little time.",
                "It is warm today.", "I like this town.", "I came to see a friend."]),
        ChineseTalk = new("",
            ["那么，", "嗯，", "哎，", "对了，", "听我说。", "问一下，", "我刚来这里。", "今天天气好。", "打扰了。", "哦，",
                "这个镇真美。", "我坐车来的。"],
            ["我刚来这里。", "今天天气好。", "这个镇真美。", "我坐车来的。", "我不急。", "今天很暖和。", "我喜欢这个镇。",
                "我来看朋友。"]);

    public IReadOnlyList<string> Openings => openings;
    public IReadOnlyList<string> Endings => endings;

    public static Decoration OfRequests(Language language) =>
        language == Language.English ? EnglishRequest : ChineseRequest;

    /// <summary>For small talk, where a greeting or thanks is itself the request.</summary>
    public static Decoration OfTalk(Language language) => language == Language.English ? EnglishTalk : ChineseTalk;

    public string Around(string text, SplitMix random)
    {
        var opening = openings.Length > 0 && random.Chance(OpeningPercent) ? random.Pick(openings) : "";
        var ending = endings.Length > 0 && random.Chance(EndingPercent) ? random.Pick(endings) : "";
        return Join(opening, text, ending);
    }

    /// <summary>A block of lines (a table, words to repeat) keeps its lines to itself: an opening goes on a line of its
    /// own when the text has lines, and so does an ending.</summary>
    public string Join(string opening, string text, string ending)
    {
        var between = text.Contains('\n', StringComparison.Ordinal) ? "\n" : separator;
        if (opening.Length > 0) text = opening + between + text;
        return ending.Length > 0 ? text + between + ending : text;
    }
}
