using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Weir.WebConsole.Text;

namespace Weir.WebConsole.Playground;

/// <summary>A figure of an engine. <see cref="Share"/> is 0 to 1 where it is a part of a whole.</summary>
internal sealed record EngineFigure(string Label, string Value, double? Share = null);

/// <summary>Puts an engine's statistics in an order for people: those that matter first, whatever else the engine says
/// after them. Engines of other versions name more or fewer.</summary>
internal static class EngineFigures
{
    private const string Used = "_used", Total = "_total";
    private static readonly string[] First =
        ["running", "waiting", "kv_blocks", "kv_tokens", "prefix_hit_rate", "tokens_per_second",
        "prompt_tokens_per_second"];

    /// <summary>The figures that are always shown; of blocks and tokens of the KV cache the first that is
    /// there.</summary>
    public static IReadOnlyList<EngineFigure> Main(JsonObject stats, PlaygroundText text) =>
        [.. First.Where(name => name != "kv_tokens" || Number(stats, "kv_blocks" + Total) is null)
            .Select(name => Figure(stats, name, text)).OfType<EngineFigure>()];

    /// <summary>All others that are numbers, by name.</summary>
    public static IReadOnlyList<EngineFigure> Others(JsonObject stats, PlaygroundText text) =>
        [.. stats.Select(entry => entry.Key).Where(name => !First.Contains(Bare(name)))
            .Select(name => Number(stats, name) is { } value ? new EngineFigure(Label(name, text), Text(value)) : null)
            .OfType<EngineFigure>()];

    private static EngineFigure? Figure(JsonObject stats, string name, PlaygroundText text)
    {
        if (Number(stats, name + Used) is { } used && Number(stats, name + Total) is { } total)
            return new EngineFigure(Label(name, text), $"{Text(used)} / {Text(total)}",
                total > 0 ? Math.Clamp(used / total, 0, 1) : 0);
        if (Number(stats, name) is not { } value) return null;
        return name == "prefix_hit_rate"
            ? new EngineFigure(Label(name, text), (100 * value).ToString("0", CultureInfo.InvariantCulture) + " %",
                Math.Clamp(value, 0, 1))
            : new EngineFigure(Label(name, text), Text(value));
    }

    private static string Bare(string name) =>
        name.StartsWith("kv_", StringComparison.Ordinal) && name.EndsWith(Used, StringComparison.Ordinal)
            ? name[..^Used.Length]
        : name.StartsWith("kv_", StringComparison.Ordinal) && name.EndsWith(Total, StringComparison.Ordinal)
            ? name[..^Total.Length] : name;

    private static string Label(string name, PlaygroundText text) =>
        ConsoleText.Of(text.Figures, name) is var label && label != name ? label : name.Replace('_', ' ');

    private static double? Number(JsonObject stats, string name) =>
        stats[name] is JsonValue value && value.GetValueKind() == JsonValueKind.Number ? value.GetValue<double>()
            : null;

    private static string Text(double value) =>
        value.ToString(value == Math.Floor(value) ? "#,0" : "#,0.0", CultureInfo.InvariantCulture);
}
