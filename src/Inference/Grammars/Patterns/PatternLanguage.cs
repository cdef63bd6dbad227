using Weir.Formats.Bcl;
using Weir.Inference.Grammars.Automata;

namespace Weir.Inference.Grammars.Patterns;

/// <summary>The languages of regular expressions: what matches as a whole, or what has a match somewhere within.
/// <paramref name="oneOf"/> says how a character of a set is written: in UTF-8, or as JSON writes it in a string.
/// </summary>
internal sealed class PatternLanguage(Func<CodePointSet, Expression> oneOf)
{
    // Anchors stand where a pattern's alternatives begin and end; groups that hold some are multiplied out.
    private const int MaximumAnchoredAlternatives = 256;

    private readonly Dictionary<CodePointSet, Expression> _ofSet = new(ReferenceEqualityComparer.Instance);

    /// <summary>Texts that match as a whole; anchors at the ends are allowed and say nothing.</summary>
    /// <exception cref="UserErrorException">The pattern is not supported.</exception>
    public Expression Whole(string pattern)
    {
        var parsed = PatternParser.Parse(pattern);
        return Expression.Choice([.. Alternatives(parsed, pattern).Select(a => Of(a.Body))]);
    }

    /// <summary>Texts in which a match can be found, as JSON Schema means it.</summary>
    /// <exception cref="UserErrorException">The pattern is not supported.</exception>
    public Expression Within(string pattern)
    {
        var parsed = PatternParser.Parse(pattern);
        var anything = Expression.Repeat(OfSet(CodePointSet.All), 0, null);
        return Expression.Choice([.. Alternatives(parsed, pattern).Select(a => Expression.Sequence(
            a.AtStart ? Expression.Empty : anything, Of(a.Body), a.AtEnd ? Expression.Empty : anything))]);
    }

    private Expression Of(PatternNode node) => node switch
    {
        PatternNode.Characters characters => OfSet(characters.Set),
        PatternNode.Sequence sequence => Expression.Sequence([.. sequence.Parts.Select(Of)]),
        PatternNode.Alternatives alternatives => Expression.Choice([.. alternatives.Parts.Select(Of)]),
        PatternNode.Repeat repeat => Expression.Repeat(Of(repeat.Body), repeat.Minimum, repeat.Maximum),
        _ => throw new InvalidOperationException("Anchors have been taken away."),
    };

    private Expression OfSet(CodePointSet set)
    {
        if (!_ofSet.TryGetValue(set, out var known)) _ofSet.Add(set, known = oneOf(set));
        return known;
    }

    // Takes anchors off the ends of each alternative. A group at an end that holds anchors gives as many alternatives
    // as it has itself.
    private static List<Anchored> Alternatives(PatternNode node, string pattern)
    {
        if (!node.HasAnchor) return [new(false, node, false)];
        var found = node switch
        {
            PatternNode.Anchor anchor => [new(anchor.IsStart, new PatternNode.Sequence([]), !anchor.IsStart)],
            PatternNode.Alternatives some => some.Parts.SelectMany(p => Alternatives(p, pattern)).ToList(),
            PatternNode.Sequence sequence => OfSequence(sequence.Parts, pattern),
            _ => throw Misplaced(pattern),
        };
        return found.Count <= MaximumAnchoredAlternatives ? found : throw Misplaced(pattern);
    }

    private static List<Anchored> OfSequence(IReadOnlyList<PatternNode> parts, string pattern)
    {
        int from = 0, to = parts.Count;
        bool atStart = false, atEnd = false;
        while (from < to && parts[from] is PatternNode.Anchor { IsStart: true }) (from, atStart) = (from + 1, true);
        while (to > from && parts[to - 1] is PatternNode.Anchor { IsStart: false }) (to, atEnd) = (to - 1, true);
        if (from == to) return [new(atStart, new PatternNode.Sequence([]), atEnd)];
        if (to - from == 1)
            return [.. Alternatives(parts[from], pattern)
                .Select(a => new Anchored(a.AtStart || atStart, a.Body, a.AtEnd || atEnd))];
        var inner = parts.Skip(from + 1).Take(to - from - 2).ToList();
        if (inner.Any(p => p.HasAnchor)) throw Misplaced(pattern);
        var all = new List<Anchored>();
        foreach (var first in Alternatives(parts[from], pattern))
            foreach (var last in Alternatives(parts[to - 1], pattern))
            {
                if (first.AtEnd || last.AtStart) throw Misplaced(pattern);
                all.Add(new(first.AtStart || atStart,
                    new PatternNode.Sequence([first.Body, .. inner, last.Body]), last.AtEnd || atEnd));
            }
        return all;
    }

    private static UserErrorException Misplaced(string pattern) =>
        new($"The regular expression '{pattern}' has an anchor that is not at its beginning or end; "
            + "this is not supported.");

    private sealed record Anchored(bool AtStart, PatternNode Body, bool AtEnd);
}
