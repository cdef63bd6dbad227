using Weir.Data.Synthesis.Grammar;
using Weir.Data.Synthesis.Town;

namespace Weir.Data.Synthesis.Desk;

/// <summary>The intent of a customer's message, one of eight. Held-out are pairs of a message and the thing that it is
/// about, besides the wordings of the request to name the intent.</summary>
internal sealed class IntentKind() : StarterKind("intent", 6, Asked)
{
    private static readonly Wordings[] Asked = Wordings.Pair(
        [
            "What does this customer want? {message}",
            "What is the intent of this message? {message}",
            "Which kind of request is this? {message}",
            "Name the intent: {message}",
            "A customer writes: {message} What is the intent?",
            "{message} What kind of request is that?",
            "{message} Name the intent of this message.",
            "Sort this message: {message}",
            "Message: {message} Intent?",
            "Give the intent of this customer message: {message}",
            "Read the message and name the request: {message}",
            "The customer says: {message} Which intent is it?",
            "Which intent has this message? {message}",
            "Customer: {message} What is the request about?",
        ],
        [
            "A customer says: {message} What kind of request is it?",
            "Read this and give the intent: {message}",
            "{message} What does the customer want?",
        ],
        [
            "这位顾客想做什么？{message}",
            "这句话是什么意图？{message}",
            "这是哪一类请求？{message}",
            "说出意图：{message}",
            "顾客写道：{message}意图是什么？",
            "{message}这是哪一类请求？",
            "{message}说出这句话的意图。",
            "给这条消息分类：{message}",
            "消息：{message}意图？",
            "请判断顾客的意图：{message}",
            "读一读，再说出类别：{message}",
            "顾客说：{message}属于哪一类？",
            "这条消息属于哪一类？{message}",
            "顾客：{message}请求是什么？",
        ],
        [
            "一位顾客说：{message}这是什么意图？",
            "读一读这条消息，判断类别：{message}",
            "{message}顾客想做什么？",
        ]);

    public override Draft Draw(SplitMix random, Language language, StarterSplit split)
    {
        var (intent, message) = Message(random, language, split);
        return new Draft("", intent.Label.In(language), new Slot("message", message));
    }

    public (Intent Intent, string Message) Message(SplitMix random, Language language, StarterSplit split)
    {
        while (true)
        {
            int intent = random.Below(Messages.Intents.Length), goods = random.Below(Goods.Things.Length);
            var messages = Messages.Intents[intent].In(language);
            int message = random.Below(messages.Length);
            if (!HeldOutOperands.Fit(Name, $"{intent},{message},{goods}", split)) continue;
            return (Messages.Intents[intent],
                Slot.Fill(messages[message], [new Slot("goods", Goods.Things[goods].In(language))]));
        }
    }
}
