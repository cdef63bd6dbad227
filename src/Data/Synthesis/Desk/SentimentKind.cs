using Weir.Data.Synthesis.Grammar;
using Weir.Data.Synthesis.Town;

namespace Weir.Data.Synthesis.Desk;

/// <summary>Whether a review of a place is positive. Some opinions are negated, so that no single word decides.
/// Held-out are pairs of place and opinion, besides the wordings.</summary>
internal sealed class SentimentKind() : StarterKind("sentiment", 5, Asked)
{
    public static readonly Named Positive = new("positive", "好评"), Negative = new("negative", "差评");

    /// <summary>What guests say after the name of the place.</summary>
    private static readonly Named[] Praise = Named.List(
        """
        is clean=很干净; is friendly=很热情; is cheap and good=又便宜又好; is quiet and warm=又安静又暖和;
        has kind staff=的店员很客气; was a joy to visit=让人开心; is the best in town=是镇上最好的;
        is fast and polite=又快又有礼貌; is not expensive=一点也不贵; was worth the trip=值得再去;
        smells wonderful=的味道真香; made me happy=让我满意
        """),
        Blame = Named.List(
        """
        is dirty=很脏; is cold to guests=很冷淡; is expensive and bad=又贵又差; is loud and cold=又吵又冷;
        has rude staff=的店员很没礼貌; was a waste of time=让人生气; is the worst in town=是镇上最差的;
        is slow and rude=又慢又没礼貌; is not clean=一点也不干净; was not worth the trip=不值得再去;
        smells terrible=的味道真臭; made me angry=让我失望
        """);

    private static readonly Wordings[] Asked = Wordings.Pair(
        [
            "Is this review positive or negative? {review}",
            "Positive or negative? {review}",
            "{review} Positive or negative?",
            "A guest wrote: {review} Is that positive or negative?",
            "What is the feeling of this review? {review}",
            "Judge this review: {review}",
            "Review: {review} Feeling?",
            "{review} What is the feeling of the guest?",
            "How does the guest feel? {review}",
            "Tell me if this is positive or negative: {review}",
            "Mark this review as positive or negative: {review}",
            "The review says: {review} Judge it.",
            "{review} Is the guest happy? Say positive or negative.",
            "Read the review and judge: {review}",
        ],
        [
            "A guest says: {review} Positive or negative?",
            "{review} Judge this review.",
            "Tell me the feeling of this review: {review}",
        ],
        [
            "这条评价是好评还是差评？{review}",
            "好评还是差评？{review}",
            "{review}好评还是差评？",
            "客人写道：{review}这是好评还是差评？",
            "判断这条评价：{review}",
            "评价：{review}好还是差？",
            "{review}客人满意吗？请说好评或差评。",
            "客人觉得怎么样？{review}",
            "请说这是好评还是差评：{review}",
            "给这条评价分类：{review}",
            "客人说：{review}请判断。",
            "读一读评价，再判断：{review}",
            "{review}这条算好评吗？请说好评或差评。",
            "这位客人给的是好评吗？请说好评或差评。{review}",
        ],
        [
            "一位客人说：{review}好评还是差评？",
            "{review}请判断这条评价。",
            "读一读，这是好评还是差评？{review}",
        ]);

    public override Draft Draw(SplitMix random, Language language, StarterSplit split)
    {
        var (review, positive) = Review(random, language, split);
        return new Draft("", (positive ? Positive : Negative).In(language), new Slot("review", review));
    }

    public (string Review, bool Positive) Review(SplitMix random, Language language, StarterSplit split)
    {
        while (true)
        {
            int place = random.Below(TownMap.Places.Count), opinion = random.Below(Praise.Length);
            bool positive = random.Chance(50);
            if (!HeldOutOperands.Fit(Name, $"{place},{opinion},{positive}", split)) continue;
            var name = TownMap.Places[place].Name.In(language);
            var words = (positive ? Praise : Blame)[opinion].In(language);
            return (language == Language.English ? $"{name} {words}." : $"{name}{words}。", positive);
        }
    }
}
