namespace Weir.Data.Synthesis;

/// <summary>A word in both languages.</summary>
internal readonly record struct Pair(string Zh, string En)
{
    public string In(bool chinese) => chinese ? Zh : En;
}

/// <summary>A fact about a place: its attribute and value, in both languages.</summary>
public sealed record StarterFact(string PlaceZh, string PlaceEn, string Attribute, string ValueZh, string ValueEn);

/// <summary>The invented town of Cloudwater (云水镇). It is the same for every seed: what a model learns of it stays true.</summary>
internal static class Town
{
    public static readonly Pair[] Places =
    [
        new("青松书店", "Pine Bookshop"), new("小熊咖啡", "Bear Cafe"), new("白石药房", "Stone Pharmacy"), new("百合花店", "Lily Florist"),
        new("早安超市", "Morning Market"), new("南山茶馆", "Hill Teahouse"), new("老桥面馆", "Bridge Noodles"), new("银杏诊所", "Ginkgo Clinic"),
        new("飞鸟酒店", "Bird Hotel"), new("星光影院", "Star Cinema"), new("金叶银行", "Leaf Bank"), new("竹风裁缝", "Bamboo Tailor"),
        new("东湖车行", "Lake Motors"), new("西门鞋店", "Gate Shoes"), new("红梅画廊", "Plum Gallery"), new("木琴琴行", "Wood Music"),
        new("春水理发", "Spring Barber"), new("石榴玩具", "Pome Toys"), new("长亭邮局", "Garden Post"), new("莲花学校", "Lotus School"),
    ];

    public static readonly Pair[] Streets =
    [
        new("人民路", "Main Street"), new("江边路", "River Road"), new("公园街", "Park Lane"), new("中山路", "Hill Street"),
        new("花园街", "Garden Road"), new("湖心路", "Lake Avenue"), new("文化街", "Mill Lane"), new("和平街", "Peace Street"),
    ];

    public static readonly Pair[] Owners =
    [
        new("王芳", "Alice"), new("李强", "Bob"), new("张伟", "Carol"), new("刘洋", "David"), new("陈静", "Emma"), new("杨光", "Frank"),
        new("赵敏", "Grace"), new("周平", "Henry"), new("吴迪", "Irene"), new("孙丽", "Jack"),
    ];

    public static readonly string[] Attributes = ["hour", "street", "owner", "phone"];

    /// <summary>Twenty places with four facts each.</summary>
    public static IReadOnlyList<StarterFact> Facts { get; } =
        [.. Enumerable.Range(0, Places.Length).SelectMany(place => Attributes.Select((attribute, a) => new StarterFact(
            Places[place].Zh, Places[place].En, attribute, ValueOf(place, a).Zh, ValueOf(place, a).En)))];

    public static Pair ValueOf(int place, int attribute)
    {
        uint h = Stable.Hash($"cloudwater/{place}/{attribute}");
        return attribute switch
        {
            0 => new Pair($"早上{6 + h % 6}点", $"{6 + h % 6} am"),
            1 => Streets[h % (uint)Streets.Length],
            2 => Owners[h % (uint)Owners.Length],
            _ => new Pair($"{1000 + h % 9000}", $"{1000 + h % 9000}"),
        };
    }
}

/// <summary>Hashes and random numbers that are the same on every machine and in every release.</summary>
internal static class Stable
{
    /// <summary>FNV-1a with a final mix.</summary>
    public static uint Hash(string text)
    {
        uint h = 2166136261;
        foreach (var c in text) h = (h ^ c) * 16777619;
        h ^= h >> 15;
        h *= 2246822519;
        h ^= h >> 13;
        h *= 3266489917;
        return h ^ h >> 16;
    }

    /// <summary>True for the sixth of all operands that only held-out items use.</summary>
    public static bool IsHeldOut(string operands) => Hash(operands) % 6 == 0;
}

/// <summary>SplitMix64: small, fast, and fixed for ever, unlike the runtime's generator.</summary>
internal sealed class StableRandom(long seed)
{
    private ulong _state = unchecked((ulong)seed * 0x9E3779B97F4A7C15UL + 0x632BE59BD9B4E019UL);

    public ulong Next()
    {
        ulong z = _state += 0x9E3779B97F4A7C15UL;
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ z >> 27) * 0x94D049BB133111EBUL;
        return z ^ z >> 31;
    }

    /// <summary>From <paramref name="low"/> to one below <paramref name="high"/>.</summary>
    public int Next(int low, int high) => low + (int)(Next() % (ulong)(high - low));

    public T Pick<T>(IReadOnlyList<T> from) => from[Next(0, from.Count)];

    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));
}
