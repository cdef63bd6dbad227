using Weir.Data.Synthesis.Desk;
using Weir.Data.Synthesis.Grammar;
using Weir.Data.Synthesis.Items;
using Weir.Data.Synthesis.Town;

namespace Weir.Data.Synthesis.Prose;

/// <summary>What happens at the help desk of the town: price tables, orders, messages, reviews and requests, each with
/// what a good helper makes of it.</summary>
internal static class DeskProse
{
    private static readonly Sentence TableTitle = new(
        ["A price table has three rows:", "These are the prices of today:", "The shop has this table:"],
        ["Here are the prices of the shop:"],
        ["价格表有三行：", "这是今天的价格：", "店里有这张表："],
        ["这是店里的价格："]);

    private static readonly Sentence TableReading = new(
        ["The price of the {goods} is {price}, for its row says {row}.", "Look up the {goods}: {row}.",
            "The {goods} costs {price}."],
        ["In the row of the {goods} is {price}: {row}.", "Find the {goods}: {row}."],
        ["{goods}的价格是{price}，那一行写着{row}。", "查{goods}：{row}。", "{goods}卖{price}。"],
        ["{goods}那一行的数是{price}：{row}。", "找{goods}：{row}。"]);

    private static readonly Sentence Order = new(
        [
            "A customer asks about order {id}. The order number is {id}.",
            "The {goods} is order {id}. Write down {id}.",
            "Order {id} came {k} days late. Its order number is {id}.", "Where is {id}? The helper looks for {id}.",
        ],
        ["Order {id} has the {goods}. The number is {id}.",
            "A customer waited {k} days for {id}. Write down order {id}."],
        [
            "顾客问订单{id}。订单号是{id}。", "{goods}是订单{id}。记下{id}。", "订单{id}晚到了{k}天。它的订单号是{id}。",
            "{id}在哪里？助手去查{id}。",
        ],
        ["订单{id}里有{goods}。订单号就是{id}。", "顾客等{id}等了{k}天。记下订单{id}。"]);

    private static readonly Sentence Intent = new(
        ["A customer writes: {message} The intent is {intent}.", "{message} This is about {intent}.",
            "The message says: {message} Its kind is {intent}."],
        ["{message} The intent of this message is {intent}."],
        ["顾客写道：{message}意图是{intent}。", "{message}这是{intent}。", "消息说：{message}类别是{intent}。"],
        ["{message}这条消息的意图是{intent}。"]);

    private static readonly Sentence Review = new(
        ["A guest wrote: {review} That is {feeling}.", "{review} The review is {feeling}.",
            "{review} The feeling of the guest is {feeling}."],
        ["{review} This review is {feeling}."],
        ["客人写道：{review}这是{feeling}。", "{review}这条是{feeling}。", "{review}客人给的是{feeling}。"],
        ["{review}这条评价算{feeling}。"]);

    private static readonly Sentence Request = new(
        [
            "Someone wants to {do}. Brook says: {answer}", "If you ask how to {do}, you get this answer: {answer}",
            "Can Brook help you {do}? {answer}",
        ],
        ["If you want to {do}, Brook says: {answer}"],
        ["有人想{do}。小溪说：{answer}", "问怎么{do}，回答是：{answer}", "小溪能帮你{do}吗？{answer}"],
        ["如果你想{do}，小溪说：{answer}"]);

    public static IEnumerable<Sentence> Sentences => [TableTitle, TableReading, Order, Intent, Review, Request];

    public static string Table(SplitMix random, Language language, StarterSplit split)
    {
        var table = StarterKinds.Table.Table(random, split);
        int[] rows = random.Sample<int>([0, 1, 2], random.Between(2, 3));
        var reading = rows.Select(row => TableReading.Say(random, language, split,
            new Slot("goods", table.Goods[row].In(language)), new Slot("price", table.Prices[row]),
            new Slot("row", table.Row(row, language))));
        return string.Join('\n', TableTitle.Say(random, language, split), table.Text(language),
            ProseWriter.Paragraph(language, reading));
    }

    public static string Orders(SplitMix random, Language language, StarterSplit split) =>
        Several(random, language, 2, 3, () => Order.Say(random, language, split,
            new Slot("id", StarterKinds.Extract.OrderNumber(random, split)), new Slot("k", random.Between(2, 9)),
            new Slot("goods", random.Pick(Goods.Things).In(language))));

    public static string Intents(SplitMix random, Language language, StarterSplit split) =>
        Several(random, language, 2, 3, () =>
        {
            var (intent, message) = StarterKinds.Intent.Message(random, language, split);
            return Intent.Say(random, language, split, new Slot("intent", intent.Label.In(language)),
                new Slot("message", message));
        });

    public static string Reviews(SplitMix random, Language language, StarterSplit split) =>
        Several(random, language, 3, 4, () =>
        {
            var (review, positive) = StarterKinds.Sentiment.Review(random, language, split);
            var feeling = (positive ? SentimentKind.Positive : SentimentKind.Negative).In(language);
            return Review.Say(random, language, split, new Slot("feeling", feeling), new Slot("review", review));
        });

    public static string Requests(SplitMix random, Language language, StarterSplit split) =>
        Several(random, language, 2, 3, () =>
        {
            var pair = random.Pick(Desk.Requests.Pairs);
            bool bad = random.Chance(50);
            var answer = (bad ? Desk.Requests.Refusal : Desk.Requests.AnswerTo(pair)).In(language);
            return Request.Say(random, language, split, new Slot("answer", answer),
                new Slot("do", (bad ? pair.Bad : pair.Good).In(language)));
        });

    private static string Several(SplitMix random, Language language, int low, int high, Func<string> say) =>
        ProseWriter.Paragraph(language, Enumerable.Range(0, random.Between(low, high)).Select(_ => say()).ToArray());
}
