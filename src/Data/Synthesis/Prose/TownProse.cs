using Weir.Data.Synthesis.Grammar;
using Weir.Data.Synthesis.Town;

namespace Weir.Data.Synthesis.Prose;

/// <summary>The town in prose: each fact is said in several ways, beside the other facts of a place, a street, an
/// owner, an hour or a day.</summary>
internal static class TownProse
{
    private const int SaidTwicePercent = 25, LongListPlaces = 3;

    private static readonly Dictionary<string, Sentence> Facts = new()
    {
        [Attributes.Street] = new(
            [
                "{place} is on {value}.", "You find {place} on {value}.", "The address of {place} is {value}.",
                "{value} is the street of {place}.", "If you walk along {value}, you come to {place}.",
            ],
            ["To find {place}, walk along {value}.", "The street of {place} is {value}."],
            ["{place}在{value}。", "{place}开在{value}上。", "{place}的地址是{value}。", "走到{value}就能找到{place}。",
                "{value}上有{place}。"],
            ["去{place}要走到{value}。", "{value}是{place}的地址。"]),
        [Attributes.Opens] = new(
            [
                "{place} opens at {value}.", "The door of {place} opens at {value}.", "From {value} {place} is open.",
                "The opening time of {place} is {value}.", "In the morning {place} opens at {value}.",
            ],
            ["At {value} {place} opens its door.", "{value} is the opening time of {place}."],
            ["{place}早上{value}开门。", "{place}{value}开门。", "{place}的开门时间是{value}。", "从{value}开始，{place}营业。",
                "每天早上{value}，{place}开门。"],
            ["{value}是{place}的开门时间。", "{place}从{value}开始营业。"]),
        [Attributes.Owner] = new(
            [
                "{value} owns {place}.", "The owner of {place} is {value}.", "{place} belongs to {value}.",
                "{value} runs {place}.", "The name of the owner of {place} is {value}.",
            ],
            ["The person who runs {place} is {value}.", "{value} is the owner of {place}."],
            ["{place}的老板是{value}。", "{value}是{place}的老板。", "{place}是{value}开的。", "{value}开了{place}。",
                "管{place}的人叫{value}。"],
            ["{place}的主人叫{value}。", "开{place}的人是{value}。"]),
        [Attributes.Rest] = new(
            [
                "{place} is closed on {value}.", "On {value} {place} rests.", "The rest day of {place} is {value}.",
                "{value} is the rest day of {place}.", "Do not visit {place} on {value}: it is closed.",
            ],
            ["On {value} the door of {place} is closed.", "The day when {place} rests is {value}."],
            ["{place}{value}休息。", "{place}的休息日是{value}。", "{value}，{place}不开门。", "{place}每周{value}关门。",
                "别在{value}去{place}，它不开门。"],
            ["{value}是{place}的休息日。", "每周{value}，{place}不营业。"]),
    };

    private static readonly Sentence Opening = new(
        ["This is {place}.", "{place} is a place in Willowford.", "Everyone in Willowford knows {place}.",
            "You ask about {place}?"],
        ["In Willowford everyone knows {place}.", "This place in Willowford is {place}."],
        ["这里是{place}。", "{place}在柳渡镇上。", "柳渡镇的人都知道{place}。", "你问{place}？"],
        ["镇上的人都知道{place}。", "这是柳渡镇的{place}。"]);

    private static readonly Sentence StreetWalk = new(
        ["On {street} you find {places}.", "{street} has {places}.", "Walk along {street}: there you see {places}."],
        ["If you walk along {street}, you see {places}."],
        ["在{street}能找到{places}。", "{street}上有{places}。", "走在{street}上，能看到{places}。"],
        ["走到{street}，就能看到{places}。"]);

    private static readonly Sentence Ownership = new(
        ["{owner} runs {places}.", "{owner} owns {places}.", "{places} belong to {owner}."],
        ["{owner} is the owner of {places}."],
        ["{owner}开了{places}。", "{places}是{owner}开的。", "{owner}在管{places}。"],
        ["{owner}是{places}的老板。"]);

    private static readonly Sentence Hour = new(
        ["At {hour} these places open: {places}.", "{places} open at {hour}.", "From {hour} you can visit {places}."],
        ["At {hour} you can visit {places}."],
        ["早上{hour}开门的有{places}。", "{places}早上{hour}开门。", "从{hour}开始，可以去{places}。"],
        ["{hour}可以去{places}。"]);

    private static readonly Sentence Closed = new(
        ["On {day} these places rest: {places}.", "{places} are closed on {day}.",
            "{day} is the rest day of {places}."],
        ["On {day} {places} are closed."],
        ["{day}休息的有{places}。", "{places}{day}不开门。", "{day}是{places}的休息日。"],
        ["每周{day}，{places}休息。"]);

    /// <summary>Every sentence of this page, for the tests.</summary>
    public static IEnumerable<Sentence> Sentences => [.. Facts.Values, Opening, StreetWalk, Ownership, Hour, Closed];

    public static string Portrait(SplitMix random, Language language, StarterSplit split)
    {
        var place = random.Pick(TownMap.Places);
        List<string> sentences = [Opening.Say(random, language, split, new Slot("place", place.Name.In(language)))];
        foreach (var attribute in random.Sample(Attributes.All, random.Between(3, 4)))
        {
            sentences.Add(Fact(random, language, split, place, attribute));
            if (random.Chance(SaidTwicePercent)) sentences.Add(Fact(random, language, split, place, attribute));
        }
        return ProseWriter.Paragraph(language, sentences.Distinct());
    }

    public static string Street(SplitMix random, Language language, StarterSplit split)
    {
        var street = random.Pick(TownMap.Streets);
        return Group(random, language, split, StreetWalk, new Slot("street", street.In(language)), Attributes.Street,
            street);
    }

    public static string Owner(SplitMix random, Language language, StarterSplit split)
    {
        var owner = random.Pick(TownMap.Owners);
        return Group(random, language, split, Ownership, new Slot("owner", owner.In(language)), Attributes.Owner,
            owner);
    }

    public static string Morning(SplitMix random, Language language, StarterSplit split)
    {
        var hour = random.Pick(TownMap.Hours);
        return Group(random, language, split, Hour, new Slot("hour", hour.In(language)), Attributes.Opens, hour);
    }

    public static string RestDay(SplitMix random, Language language, StarterSplit split)
    {
        var day = random.Pick(TownMap.Weekdays);
        return Group(random, language, split, Closed, new Slot("day", day.In(language)), Attributes.Rest, day);
    }

    /// <summary>What the places with one value of an attribute have in common, then another fact of each.</summary>
    private static string Group(SplitMix random, Language language, StarterSplit split, Sentence opening, Slot subject,
        string attribute, Named value)
    {
        var places = TownMap.Places.Where(p => p[attribute] == value).ToArray();
        random.Shuffle<Place>(places);
        string[] others = [.. Attributes.All.Where(a => a != attribute)];
        var first = opening.Say(random, language, split, subject,
            new Slot("places", ProseWriter.List(language, places.Select(p => p.Name))));
        return ProseWriter.Paragraph(language,
            [first, .. places.Take(LongListPlaces).Select(p => Fact(random, language, split, p, random.Pick(others)))]);
    }

    private static string Fact(SplitMix random, Language language, StarterSplit split, Place place, string attribute) =>
        Facts[attribute].Say(random, language, split, new Slot("place", place.Name.In(language)),
            new Slot("value", place[attribute].In(language)));
}
