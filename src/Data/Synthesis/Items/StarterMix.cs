using System.Globalization;
using Weir.Data.Synthesis.Grammar;
using Weir.Formats.Bcl;

namespace Weir.Data.Synthesis.Items;

/// <summary>How many items of each kind: shares in proportion to weights. Each kind is half English, half
/// Chinese.</summary>
public sealed class StarterMix
{
    public const int MaximumWeight = 1_000_000;

    private readonly Dictionary<string, int> _weights;

    private StarterMix(Dictionary<string, int> weights) => _weights = weights;

    /// <summary>The weights by kind, in the order of the kinds; kinds of weight 0 are left out.</summary>
    public IReadOnlyDictionary<string, int> Weights => _weights;

    /// <summary>Training has more of what is learnt slowly; held-out has equally many of each. Neither has the harder
    /// kinds.</summary>
    public static StarterMix Default(StarterSplit split) => Parse(null, split);

    /// <summary>The default mix, changed by <c>kind=weight,...</c>. <c>all=0</c> clears it first.</summary>
    /// <exception cref="UserErrorException">A kind is unknown, a weight is not a number, or nothing is
    /// left.</exception>
    public static StarterMix Parse(string? text, StarterSplit split)
    {
        var weights = StarterKinds.All.ToDictionary(k => k.Name,
            k => StarterKinds.IsHard(k.Name) ? 0 : split == StarterSplit.HeldOut ? 1 : k.Weight);
        foreach (var part in (text ?? "").Split(',',
            StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var (kind, weight) = ParsePart(part);
            if (kind == "all")
                foreach (var name in weights.Keys.Where(n => !StarterKinds.IsHard(n))) weights[name] = weight;
            else if (weights.ContainsKey(kind)) weights[kind] = weight;
            else
                throw Wrong($"there is no kind '{kind}'. The kinds are all, {string.Join(", ", weights.Keys)}.");
        }
        if (weights.Values.All(w => w == 0)) throw Wrong("every weight is 0. Give at least one kind a weight.");
        return new StarterMix(weights.Where(w => w.Value > 0).ToDictionary());
    }

    public override string ToString() => string.Join(',', _weights.Select(w => $"{w.Key}={w.Value}"));

    /// <summary>Which kind and language each item is of: exact shares by largest remainder, in random order.</summary>
    internal (StarterKind Kind, Language Language)[] Allot(int items, SplitMix random)
    {
        var parts = StarterKinds.All.Where(k => _weights.ContainsKey(k.Name))
            .SelectMany(k => Enum.GetValues<Language>().Select(l => (Kind: k, Language: l))).ToArray();
        long total = parts.Sum(p => (long)_weights[p.Kind.Name]);
        var counts = parts.Select(p => (int)((long)items * _weights[p.Kind.Name] / total)).ToArray();
        var byRemainder = Enumerable.Range(0, parts.Length)
            .OrderByDescending(i => (long)items * _weights[parts[i].Kind.Name] % total).ToArray();
        int left = items - counts.Sum();
        for (int i = 0; i < left; i++) counts[byRemainder[i]]++;
        (StarterKind, Language)[] allotted = [.. parts.SelectMany((part, i) => Enumerable.Repeat(part, counts[i]))];
        random.Shuffle<(StarterKind, Language)>(allotted);
        return allotted;
    }

    private static (string Kind, int Weight) ParsePart(string part)
    {
        int equals = part.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0) throw Wrong($"'{part}' is not kind=weight.");
        if (!int.TryParse(part.AsSpan(equals + 1).Trim(), NumberStyles.None, CultureInfo.InvariantCulture,
            out int weight)
            || weight > MaximumWeight)
            throw Wrong($"'{part}': a weight is a whole number from 0 to {MaximumWeight}.");
        return (part[..equals].Trim(), weight);
    }

    private static UserErrorException Wrong(string what) => new($"--mix: {what}", ExitCodes.WrongUsage);
}
