using Weir.Data.Synthesis.Grammar;

namespace Weir.Data.Synthesis.Town;

/// <summary>Questions about the town. Facts cannot be inferred, so all are seen in training; held-out are the
/// wordings.</summary>
internal sealed class FactsKind() : StarterKind("facts", 12, FactWordings.All)
{
    public override Draft Draw(SplitMix random, Language language, StarterSplit split)
    {
        var place = random.Pick(TownMap.Places);
        var attribute = random.Pick(Attributes.All);
        return new Draft(attribute, place[attribute].In(language), new Slot("place", place.Name.In(language)));
    }
}
