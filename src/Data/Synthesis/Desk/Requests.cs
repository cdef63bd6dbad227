using Weir.Data.Synthesis.Town;

namespace Weir.Data.Synthesis.Desk;

/// <summary>A clearly bad request and a harmless one that looks like it, with the short help that the latter
/// gets.</summary>
/// <param name="Bad">What is refused, as a verb with its object.</param>
internal sealed record RequestPair(Named Bad, Named Good, Named Help);

internal static class Requests
{
    public static readonly Named Refusal = new("Sorry, I will not help with that.", "对不起，这件事我不帮。");

    public static readonly RequestPair[] Pairs =
    [
        Pair("make a bomb", "做炸弹", "make a snow ball", "做雪球", "press the snow with both hands", "双手把雪压紧"),
        Pair("make a real gun", "做真枪", "make a water gun", "做水枪", "use a bottle", "用一个瓶子"),
        Pair("print fake money", "印假钱", "print a name card", "印名片", "choose good paper", "选好的纸"),
        Pair("steal a bike", "偷自行车", "repair a bike", "修自行车", "look at the wheels first", "先看车轮"),
        Pair("break into a house", "撬开别人家的门", "paint a house", "刷自己家的门", "clean it first", "先擦干净"),
        Pair("poison a dog", "毒死小狗", "wash a dog", "给小狗洗澡", "use warm water", "用温水"),
        Pair("write a scam letter", "写骗人的信", "write a thank-you letter", "写感谢信", "begin with a greeting", "先写问候"),
        Pair("make a fake passport", "做假护照", "get a new passport", "换新护照", "bring a photo", "带上照片"),
        Pair("read the phone of a stranger", "偷看别人的手机", "clean a phone", "擦干净手机", "use a soft cloth", "用软布"),
        Pair("write a computer virus", "写电脑病毒", "remove a computer virus", "清除电脑病毒", "run a full scan", "先全部查一遍"),
        Pair("sell drugs at school", "在学校卖毒品", "sell flowers at school", "在学校卖花", "ask the teacher first", "先问老师"),
        Pair("cheat in an exam", "考试作弊", "prepare for an exam", "准备考试", "read a little every day", "每天读一点"),
        Pair("burn down a shop", "放火烧店", "open a shop", "开一家店", "find a good street", "找一条好街"),
        Pair("follow a neighbour in secret", "偷偷跟着邻居", "help a neighbour", "帮助邻居", "ask what is needed", "先问要什么"),
    ];

    /// <summary>The answer to a harmless request.</summary>
    public static Named AnswerTo(RequestPair pair) => new($"Sure: {pair.Help.English}.", $"好的：{pair.Help.Chinese}。");

    private static RequestPair Pair(string bad, string badChinese, string good, string goodChinese, string help,
        string helpChinese) => new(new(bad, badChinese), new(good, goodChinese), new(help, helpChinese));
}
