using Weir.Formats.Bcl;
using Weir.Formats.Datasets;

namespace Weir.Data.Synthesis;

public enum StarterSplit
{
    Train,
    HeldOut,
}

/// <summary>The starter corpus: a bilingual chat set in twelve kinds and prose about an invented town, generated from grammars. The
/// same seed gives the same bytes on every machine.</summary>
public static class StarterCorpus
{
    /// <summary>Items for one document of prose.</summary>
    public const int ItemsPerDocument = 8;

    public static IReadOnlyList<string> Kinds => ItemMaker.Kinds;

    public static IReadOnlyList<StarterFact> Facts => Town.Facts;

    /// <summary>How much of the training set each kind is: what is slow to learn comes more often.</summary>
    public static IReadOnlyDictionary<string, double> TrainingMix { get; } = new Dictionary<string, double>
    {
        ["facts"] = 1.3, ["refuse"] = 0.5, ["intent"] = 0.7, ["sentiment"] = 0.6, ["extract"] = 1.2, ["table"] = 1.8, ["add"] = 1.6,
        ["compare"] = 1.4, ["units"] = 0.8, ["weekday"] = 1.6, ["copy"] = 0.7, ["persona"] = 0.6,
    };

    /// <summary>Chat records: the question in <c>messages</c>, the expected reply in <c>answer</c>. Training items are drawn by the mix;
    /// held-out items go round the kinds and the two languages, so that any number of them is balanced.</summary>
    /// <param name="seed">Chooses the items, never the facts of the town.</param>
    /// <param name="items">How many.</param>
    /// <param name="split">Training, or unseen wordings with unseen operands.</param>
    /// <param name="mix">Weights by kind; null is <see cref="TrainingMix"/>, or balance for held-out items.</param>
    public static IEnumerable<ChatRecord> Chat(long seed, int items, StarterSplit split, IReadOnlyDictionary<string, double>? mix = null)
    {
        bool heldOut = split == StarterSplit.HeldOut;
        var random = new StableRandom(seed);
        var maker = new ItemMaker(random, heldOut);
        var weights = heldOut && mix is null ? null : Weights(mix ?? TrainingMix);
        for (int i = 0; i < items; i++)
        {
            var kind = weights is null ? Kinds[i / 2 % Kinds.Count] : Draw(weights, random);
            bool chinese = weights is null ? i % 2 == 0 : random.Next(0, 2) == 0;
            var item = maker.Make(kind, chinese);
            yield return new ChatRecord
            {
                Id = $"{(heldOut ? "held" : "train")}-{seed}-{i}", Kind = item.Kind, Messages = [new ChatTurn("user", item.Question)],
                Answer = item.Answer, Template = item.Template,
            };
        }
    }

    /// <summary>Documents of prose.</summary>
    public static IEnumerable<TextRecord> Text(long seed, int documents, StarterSplit split)
    {
        bool heldOut = split == StarterSplit.HeldOut;
        var prose = new TownProse(new StableRandom(seed ^ 0x7465787400000000L), heldOut);
        for (int i = 0; i < documents; i++)
            yield return new TextRecord($"{(heldOut ? "held" : "train")}-text-{seed}-{i}", prose.Document(i % 2 == 0));
    }

    private static (string Kind, double UpTo)[] Weights(IReadOnlyDictionary<string, double> mix)
    {
        foreach (var (kind, weight) in mix)
            if (!Kinds.Contains(kind) || !(weight >= 0) || double.IsInfinity(weight))
                throw new UserErrorException($"'{kind}={weight}' is no weight of a kind. Kinds: {string.Join(", ", Kinds)}.", ExitCodes.WrongUsage);
        double sum = 0;
        var cumulative = mix.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => (m.Key, sum += m.Value)).ToArray();
        return sum > 0 ? cumulative : throw new UserErrorException("The weights of the mix sum to 0.", ExitCodes.WrongUsage);
    }

    private static string Draw((string Kind, double UpTo)[] weights, StableRandom random)
    {
        double at = random.NextDouble() * weights[^1].UpTo;
        foreach (var (kind, upTo) in weights)
            if (at < upTo) return kind;
        return weights[^1].Kind;
    }
}
