namespace Weir.Data.Synthesis;

/// <summary>The words that fill the wordings. Kept few, so that a small model meets each of them often.</summary>
internal static class Vocabulary
{
    public static readonly Pair[] Bad =
    [
        new("炸弹", "a bomb"), new("毒品", "illegal drugs"), new("假币", "fake money"), new("病毒软件", "a computer virus"), new("枪", "a gun"),
        new("假证件", "a fake passport"), new("诈骗短信", "a scam message"), new("毒药", "a poison"),
    ];

    public static readonly Pair[] Harmless =
    [
        new("面条", "noodles"), new("纸飞机", "a paper plane"), new("书架", "a bookshelf"), new("花茶", "flower tea"), new("风筝", "a kite"),
        new("贺卡", "a greeting card"), new("蛋糕", "a cake"), new("豆浆", "soy milk"),
    ];

    public static readonly (Pair Label, Pair[] Phrases)[] Intents =
    [
        (new("退款", "refund"), [new("退钱", "my money back"), new("退款", "a refund"), new("把钱退回", "the payment returned"), new("还我钱", "paying me back")]),
        (new("物流", "delivery"), [new("快递", "the courier"), new("包裹", "my parcel"), new("发货", "the shipping"), new("送货时间", "the delivery time")]),
        (new("发票", "invoice"), [new("发票", "an invoice"), new("开票", "a receipt"), new("税号", "the tax number"), new("开发票", "a bill for my company")]),
        (new("投诉", "complaint"), [new("态度差", "rude staff"), new("不满意", "terrible service"), new("太慢了", "such slow replies"), new("服务很差", "bad manners")]),
        (new("换货", "exchange"), [new("换一个", "a different one"), new("尺码不对", "another size"), new("换货", "to swap it"), new("换颜色", "another color")]),
        (new("会员", "membership"), [new("积分", "my points"), new("会员卡", "the member card"), new("升级会员", "a member upgrade"), new("会员生日", "member days")]),
    ];

    public static readonly Pair[] Praise =
    [
        new("很好吃", "delicious"), new("很干净", "clean"), new("很热情", "friendly"), new("很便宜", "cheap"), new("很方便", "convenient"),
        new("很舒服", "cozy"), new("很漂亮", "pretty"), new("很好", "great"),
    ];

    public static readonly Pair[] Blame =
    [
        new("很难吃", "awful"), new("很脏", "dirty"), new("很冷淡", "rude"), new("太贵了", "overpriced"), new("很麻烦", "annoying"),
        new("很吵", "noisy"), new("很难看", "ugly"), new("很差", "terrible"),
    ];

    public static readonly Pair[] Goods =
    [
        new("苹果", "apple"), new("梨", "pear"), new("桃", "peach"), new("茶", "tea"), new("米", "rice"), new("盐", "salt"), new("糖", "sugar"),
        new("油", "oil"), new("面", "bread"), new("鱼", "fish"),
    ];

    public static readonly (Pair From, Pair To, string Zeros)[] Units =
    [
        (new("千米", "km"), new("米", "m"), "000"), (new("米", "m"), new("厘米", "cm"), "00"), (new("千克", "kg"), new("克", "g"), "000"),
    ];

    public static readonly Pair[] Weekdays =
    [
        new("日", "Sunday"), new("一", "Monday"), new("二", "Tuesday"), new("三", "Wednesday"), new("四", "Thursday"), new("五", "Friday"),
        new("六", "Saturday"),
    ];

    public static readonly Pair[] Words =
    [
        new("蓝", "blue"), new("红", "red"), new("猫", "cat"), new("狗", "dog"), new("山", "hill"), new("水", "lake"), new("书", "book"),
        new("灯", "lamp"), new("月", "moon"), new("云", "cloud"), new("花", "rose"), new("鸟", "bird"),
    ];

    public static readonly (string Topic, Pair Answer)[] Persona =
    [
        ("name", new("我叫小堰，是云水镇的助手。", "I am Weirling, the helper of Cloudwater.")),
        ("skill", new("我会查店铺、算数、读表格。", "I find shops, add numbers and read tables.")),
        ("home", new("我住在云水镇的服务器里。", "I live in a server in Cloudwater.")),
        ("thanks", new("不客气！", "You are welcome!")),
        ("bye", new("再见，欢迎再来。", "Goodbye, come again.")),
        ("hello", new("你好，有什么可以帮你？", "Hello, how can I help?")),
    ];
}
