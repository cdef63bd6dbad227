namespace Weir.Inference.Grammars.Patterns;

/// <summary>A regular expression, read.</summary>
internal abstract record PatternNode
{
    /// <summary>True where a <c>^</c> or <c>$</c> stands somewhere within.</summary>
    public abstract bool HasAnchor { get; }

    /// <summary>One character of these.</summary>
    public sealed record Characters(CodePointSet Set) : PatternNode
    {
        public override bool HasAnchor => false;
    }

    public sealed record Sequence(IReadOnlyList<PatternNode> Parts) : PatternNode
    {
        public override bool HasAnchor { get; } = Parts.Any(p => p.HasAnchor);
    }

    public sealed record Alternatives(IReadOnlyList<PatternNode> Parts) : PatternNode
    {
        public override bool HasAnchor { get; } = Parts.Any(p => p.HasAnchor);
    }

    public sealed record Repeat(PatternNode Body, int Minimum, int? Maximum) : PatternNode
    {
        public override bool HasAnchor { get; } = Body.HasAnchor;
    }

    /// <summary><c>^</c> or <c>$</c>.</summary>
    public sealed record Anchor(bool IsStart) : PatternNode
    {
        public override bool HasAnchor => true;
    }
}
