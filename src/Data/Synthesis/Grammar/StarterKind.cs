namespace Weir.Data.Synthesis.Grammar;

/// <summary>What is asked, before it is put into words.</summary>
/// <param name="Topic">The topic of the wordings to ask with.</param>
internal sealed record Draft(string Topic, string Answer, params Slot[] Slots);

/// <summary>One kind of question: its wordings, and how operands and the answer are drawn.</summary>
internal abstract class StarterKind
{
    private readonly Dictionary<(Language, string), Wordings> _byTopic;

    protected StarterKind(string name, int weight, params IEnumerable<Wordings> wordings)
    {
        Name = name;
        Weight = weight;
        AllWordings = [.. wordings];
        _byTopic = AllWordings.ToDictionary(w => (w.Language, w.Topic));
    }

    public string Name { get; }

    /// <summary>The share in the default training mix, relative to the other kinds: more for what is learnt
    /// slowly.</summary>
    public int Weight { get; }

    public IReadOnlyList<Wordings> AllWordings { get; }

    /// <summary>Greetings and endings around the training wordings.</summary>
    public virtual Decoration Decoration(Language language) => Grammar.Decoration.OfRequests(language);

    public Wordings WordingsOf(Language language, string topic) => _byTopic[(language, topic)];

    /// <summary>Draws operands that belong to the split.</summary>
    public abstract Draft Draw(SplitMix random, Language language, StarterSplit split);
}
