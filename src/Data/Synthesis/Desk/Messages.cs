using Weir.Data.Synthesis.Grammar;
using Weir.Data.Synthesis.Town;

namespace Weir.Data.Synthesis.Desk;

/// <summary>What customers write with one intent; <c>{goods}</c> is the thing they write about.</summary>
internal sealed record Intent(Named Label, string[] English, string[] Chinese)
{
    public string[] In(Language language) => language == Language.English ? English : Chinese;
}

internal static class Messages
{
    public static readonly Intent[] Intents =
    [
        new(new("refund", "退款"),
            [
                "I want my money back for the {goods}.", "Please return my money for the {goods}.",
                "Can I get a refund for the {goods}?", "I paid twice for the {goods}, give the money back.",
                "I sent the {goods} back. Where is my money?", "The {goods} never worked. I want my money.",
            ],
            [
                "我想退掉{goods}，把钱还给我。", "{goods}没有用，请退钱。", "{goods}可以退款吗？", "我的{goods}付了两次钱，请退一次。",
                "{goods}寄回去了，钱什么时候还我？", "{goods}不好，我要退款。",
            ]),
        new(new("delivery", "物流"),
            [
                "When will my {goods} arrive?", "Where is the parcel with my {goods}?", "The {goods} has not come yet.",
                "Has my {goods} been sent?", "How many days until the {goods} arrives?",
                "The driver did not bring my {goods}.",
            ],
            [
                "我的{goods}什么时候到？", "{goods}的包裹在哪里？", "{goods}还没有送来。", "{goods}发货了吗？", "{goods}要几天才能送到？",
                "快递没有把{goods}送来。",
            ]),
        new(new("invoice", "发票"),
            [
                "I need an invoice for the {goods}.", "Please send the invoice for the {goods} to my company.",
                "The tax number on the invoice for the {goods} is wrong.",
                "My company needs a receipt for the {goods}.",
                "Where can I get the receipt for my {goods}?",
                "Please write my company on the receipt for the {goods}.",
            ],
            [
                "我要{goods}的发票。", "请把{goods}的发票寄给公司。", "{goods}发票上的税号写错了。", "公司要{goods}的收据。",
                "{goods}的收据在哪里开？", "请在{goods}的收据上写公司的名字。",
            ]),
        new(new("complaint", "投诉"),
            [
                "Your staff was rude when I bought the {goods}.", "I am angry about the service for the {goods}.",
                "The service was terrible when I asked about the {goods}.",
                "Nobody answered when I asked about the {goods}.",
                "I waited an hour and nobody helped with the {goods}.",
                "I want to complain about the staff that sold the {goods}.",
            ],
            [
                "买{goods}的时候店员很没礼貌。", "你们卖{goods}的态度太差了。", "我问{goods}的事，服务太差了。",
                "我问{goods}的事，没有人理我。", "为了{goods}我等了很久，没人帮忙。", "我要投诉卖{goods}的店员。",
            ]),
        new(new("exchange", "换货"),
            [
                "The {goods} is too small. Can I change it for a bigger one?",
                "I want to change my {goods} for a red one.",
                "Can I have another {goods} for this one?", "Please change the {goods} for a new one.",
                "I took the wrong {goods}. I want another colour.", "The {goods} is too big. Please change it.",
            ],
            [
                "{goods}太小了，能换大一点的吗？", "我想把{goods}换成红色的。", "能换一个{goods}吗？", "请给我换一个新的{goods}。",
                "{goods}拿错了，我要换颜色。", "{goods}太大了，请换一个。",
            ]),
        new(new("membership", "会员"),
            [
                "How do I become a member before I buy the {goods}?", "How many points do I get for the {goods}?",
                "My member card did not work for the {goods}.", "Can members buy the {goods} for less?",
                "Please add the points for the {goods} to my card.", "I want a member card with my {goods}.",
            ],
            [
                "买{goods}以前怎么加入会员？", "买{goods}有多少积分？", "买{goods}的时候会员卡不能用。", "会员买{goods}便宜吗？",
                "请把{goods}的积分加到我的卡上。", "我买{goods}想办一张会员卡。",
            ]),
        new(new("repair", "维修"),
            [
                "Can you repair my {goods}?", "My {goods} needs a repair.", "The {goods} is broken. Who can repair it?",
                "How many days does it take to repair the {goods}?", "Please repair the {goods} that I bought.",
                "My {goods} broke and I want it repaired.",
            ],
            [
                "{goods}能修吗？", "我的{goods}要修理。", "{goods}坏了，谁能修？", "修{goods}要几天？", "请帮我修一下买来的{goods}。",
                "{goods}坏了一点，请修好。",
            ]),
        new(new("reservation", "预订"),
            [
                "Please keep one {goods} for me until Sunday.", "I want to reserve a {goods}.",
                "Can I reserve the {goods} for tomorrow?", "Please hold a {goods} for me, I come tomorrow.",
                "Do not sell the last {goods}, I will come tonight.", "Keep a {goods} for me, please.",
            ],
            [
                "请给我留一个{goods}。", "我想预订一个{goods}。", "明天的{goods}可以预订吗？", "请先留着{goods}，我明天来拿。",
                "{goods}先别卖，我今晚来。", "我想提前订一个{goods}。",
            ]),
    ];
}
