using Weir.Data.Synthesis.Grammar;

namespace Weir.Data.Synthesis.Town;

/// <summary>A name in both languages.</summary>
internal readonly record struct Named(string English, string Chinese)
{
    public string In(Language language) => language == Language.English ? English : Chinese;

    /// <summary>Pairs written as <c>english=chinese</c>, parted by semicolons.</summary>
    public static Named[] List(string pairs) =>
    [
        .. pairs.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(p =>
        {
            int equals = p.IndexOf('=', StringComparison.Ordinal);
            return new Named(p[..equals], p[(equals + 1)..]);
        }),
    ];
}

/// <summary>What can be asked about a place; also the topic of the wordings.</summary>
internal static class Attributes
{
    public const string Opens = "opens", Street = "street", Owner = "owner", Rest = "rest";

    public static readonly IReadOnlyList<string> All = [Opens, Street, Owner, Rest];
}

/// <summary>A place of the town with its four facts.</summary>
internal sealed record Place(Named Name, Named Opens, Named Street, Named Owner, Named Rest)
{
    public Named this[string attribute] => attribute switch
    {
        Attributes.Opens => Opens,
        Attributes.Street => Street,
        Attributes.Owner => Owner,
        Attributes.Rest => Rest,
        _ => throw new ArgumentOutOfRangeException(nameof(attribute), attribute, "not an attribute of a place"),
    };
}

/// <summary>The invented town of Willowford (柳渡镇): 24 places with a street, an owner, an opening hour and a rest day
/// each, 96 facts. It is the same in every corpus: its seed is a constant.</summary>
internal static class TownMap
{
    private const long WorldSeed = 1871;

    public static readonly Named[] Streets = Named.List(
        """
        Ferry Street=渡口街; Mill Road=水磨路; Temple Lane=古寺巷; Market Street=集市街;
        Station Road=车站路; Orchard Lane=果园巷; Wharf Street=码头街; School Road=学堂路
        """);

    public static readonly Named[] Owners = Named.List(
        """
        Lin Shan=林珊; Zhao Ming=赵明; He Ping=何平; Sun Yue=孙月; Wu Tao=吴涛; Qian Lan=钱兰;
        Zhou Kai=周凯; Xu Jing=徐静; Gao Feng=高峰; Tang Yu=唐玉; Luo Bin=罗彬; Shen Qi=沈琪
        """);

    public static readonly Named[] Hours = Named.List("6 am=6点; 7 am=7点; 8 am=8点; 9 am=9点; 10 am=10点; 11 am=11点");

    public static readonly Named[] Weekdays = Named.List(
        """
        Sunday=星期日; Monday=星期一; Tuesday=星期二; Wednesday=星期三; Thursday=星期四; Friday=星期五; Saturday=星期六
        """);

    private static readonly Named[] Names = Named.List(
        """
        Moon Teahouse=明月茶馆; Hill Teahouse=青山茶馆; Cedar Bookshop=雪松书店; Lantern Bookshop=灯笼书店;
        Crane Pharmacy=白鹤药店; Stone Pharmacy=石桥药店; Lotus Florist=荷花花店; Rain Florist=春雨花店;
        Harbour Inn=港湾旅馆; Swallow Inn=燕子旅馆; Star Cinema=星河影院; Phoenix Cinema=凤凰影院;
        Silver Bank=银杏银行; Cloud Bank=白云银行; Bamboo Clinic=竹林诊所; Honey Clinic=蜂蜜诊所;
        Willow Market=柳叶市场; River Market=江畔市场; Garden Bakery=花园饼店; Pine Bakery=松风饼店;
        Dawn Gallery=晨光画廊; Maple Gallery=枫叶画廊; Lake Workshop=南湖工坊; Plum Workshop=红梅工坊
        """);

    public static readonly IReadOnlyList<Place> Places = Build();

    /// <summary>Every value of an attribute goes to equally many places (give or take one), in an order shuffled by the
    /// constant seed.</summary>
    private static Place[] Build()
    {
        var random = SplitMix.For(WorldSeed, "town");
        Named[] opens = Deal(Hours), streets = Deal(Streets), owners = Deal(Owners), rests = Deal(Weekdays);
        return [.. Names.Select((name, i) => new Place(name, opens[i], streets[i], owners[i], rests[i]))];

        Named[] Deal(Named[] values)
        {
            Named[] dealt = [.. Enumerable.Range(0, Names.Length).Select(i => values[i % values.Length])];
            random.Shuffle<Named>(dealt);
            return dealt;
        }
    }
}
