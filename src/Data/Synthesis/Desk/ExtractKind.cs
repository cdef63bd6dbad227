using System.Globalization;
using Weir.Data.Synthesis.Grammar;
using Weir.Data.Synthesis.Town;

namespace Weir.Data.Synthesis.Desk;

/// <summary>Finding the order number in a message that may hold other numbers. Order numbers have the form
/// <c>48K27</c>; held-out are order numbers.</summary>
internal sealed class ExtractKind() : StarterKind("extract", 9, Asked)
{
    private const string Letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"; // without I and O, which look like digits

    private static readonly Wordings[] Asked = Wordings.Pair(
        [
            "My order {id} has not come yet. What is the order number?",
            "I have waited {k} days for order {id}. What is the order number?",
            "Please check order {id} for me. Give me the order number.",
            "Order {id} was the {goods}. What is its order number?",
            "Find the order number: the {goods} in {id} is broken.",
            "Find the order number: I want to return {id} after {k} days.",
            "The {goods} of order {id} is too small. Order number?",
            "Order number, please: when will {id} arrive?",
            "{id} should come in {k} days. Which order number is that?",
            "I paid for {id} but got no {goods}. What is the order number?",
            "Which order is this about? Please send {id} to my home.",
            "Which order is this about? The {goods} from {id} is late.",
            "Write down the order number: {id} came {k} days late.",
            "The number of my order is {id}. Write it down.",
            "Please find the order: I bought {k} things with {id}.",
        ],
        [
            "I have waited for {id}. Which order is this about?",
            "Please find the order number: {id} is {k} days late.",
            "The {goods} in order {id} has not come. Give me the number.",
        ],
        [
            "我的订单{id}还没到。订单号是什么？",
            "订单{id}等了{k}天了。订单号是什么？",
            "请查一下订单{id}。订单号是多少？",
            "订单{id}买的是{goods}。订单号是什么？",
            "找出订单号：{id}里的{goods}坏了。",
            "找出订单号：{id}过了{k}天，我想退。",
            "订单{id}的{goods}太小了。订单号？",
            "请说订单号：{id}什么时候到？",
            "{id}说好{k}天到。这是哪个订单？",
            "我付了{id}的钱，没收到{goods}。订单号是什么？",
            "这是哪个订单？请把{id}送到我家。",
            "这是哪个订单？{id}的{goods}晚了。",
            "记下订单号：{id}晚到了{k}天。",
            "我的订单号是{id}，请记下。",
            "请找出订单：我在{id}里买了{k}个东西。",
        ],
        [
            "我等了{id}，还没到。这是哪个订单？",
            "请找出订单号：{id}晚了{k}天。",
            "订单{id}里的{goods}还没收到。订单号是多少？",
        ]);

    public override Draft Draw(SplitMix random, Language language, StarterSplit split)
    {
        var id = OrderNumber(random, split);
        return new Draft("", id, new Slot("id", id), new Slot("k", random.Between(2, 9)),
            new Slot("goods", random.Pick(Goods.Things).In(language)));
    }

    public string OrderNumber(SplitMix random, StarterSplit split)
    {
        while (true)
        {
            var id = string.Create(CultureInfo.InvariantCulture,
                $"{random.Between(10, 99)}{Letters[random.Below(Letters.Length)]}{random.Below(100):00}");
            if (HeldOutOperands.Fit(Name, id, split)) return id;
        }
    }
}
