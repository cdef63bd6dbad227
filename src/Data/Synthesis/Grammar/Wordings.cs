namespace Weir.Data.Synthesis.Grammar;

/// <summary>Training items, or items whose wordings and operands never occur in training, whatever the seeds.</summary>
public enum StarterSplit
{
    Train,
    HeldOut,
}

internal enum Language
{
    English,
    Chinese,
}

/// <summary>The ways to say one thing in one language. Slots stand in braces: <c>{place}</c>. The held-out ways are
/// made of the words of the training ways, in other combinations.</summary>
/// <param name="Topic">What is said, unique within a kind and language; empty where the kind has one topic.</param>
internal sealed record Wordings(Language Language, string Topic, string[] Train, string[] HeldOut)
{
    public string[] Of(StarterSplit split) => split == StarterSplit.Train ? Train : HeldOut;

    /// <summary>A training and a held-out set for each language, without a topic.</summary>
    public static Wordings[] Pair(string[] english, string[] englishHeldOut, string[] chinese, string[] chineseHeldOut,
        string topic = "") =>
    [
        new(Language.English, topic, english, englishHeldOut),
        new(Language.Chinese, topic, chinese, chineseHeldOut),
    ];

    public string Say(SplitMix random, StarterSplit split, params ReadOnlySpan<Slot> slots) =>
        Slot.Fill(random.Pick(Of(split)), slots);
}

/// <summary>A value for a place in braces in a wording.</summary>
internal readonly record struct Slot(string Name, string Value)
{
    public Slot(string name, int value) : this(name, value.ToString())
    {
    }

    public static string Fill(string template, ReadOnlySpan<Slot> slots)
    {
        foreach (var slot in slots) template = template.Replace($"{{{slot.Name}}}", slot.Value,
            StringComparison.Ordinal);
        return template;
    }
}
