using Weir.Data.Synthesis.Desk;
using Weir.Data.Synthesis.Grammar;
using Weir.Data.Synthesis.Numbers;
using Weir.Data.Synthesis.Talk;
using Weir.Data.Synthesis.Town;

namespace Weir.Data.Synthesis.Items;

/// <summary>The kinds of the starter corpus, one object each.</summary>
internal static class StarterKinds
{
    public const string HardPrefix = "hard-";

    public static readonly FactsKind Facts = new();
    public static readonly RefuseKind Refuse = new();
    public static readonly IntentKind Intent = new();
    public static readonly SentimentKind Sentiment = new();
    public static readonly ExtractKind Extract = new();
    public static readonly TableKind Table = new();
    public static readonly AddKind Add = new("add", 12, 1, 20);
    public static readonly CompareKind Compare = new();
    public static readonly UnitsKind Units = new();
    public static readonly WeekdayKind Weekday = new();
    public static readonly CopyKind Copy = new();
    public static readonly PersonaKind Persona = new();

    /// <summary>The twelve kinds, then the harder ones, which are in no default mix.</summary>
    public static readonly IReadOnlyList<StarterKind> All =
    [
        Facts, Refuse, Intent, Sentiment, Extract, Table, Add, Compare, Units, Weekday, Copy, Persona,
        new AddKind(HardPrefix + "sum", 5, 10, 99), new PercentKind(),
    ];

    public static bool IsHard(string kind) => kind.StartsWith(HardPrefix, StringComparison.Ordinal);
}
