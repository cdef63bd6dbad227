using System.Numerics;
using Weir.Inference.Grammars;

namespace Weir.Inference.Generation;

/// <summary>What limits the tokens of one sequence: a grammar, at its present place. Costs that a grammar turns out to
/// have are a <see cref="Weir.Formats.Bcl.UserErrorException"/> of the request.</summary>
internal sealed class GrammarConstraint(CompiledGrammar grammar)
{
    private readonly GrammarState _state = grammar.Start();

    /// <summary>A bit for each token that may come now; valid until the next call.</summary>
    public ReadOnlySpan<ulong> Allowed => _state.AllowedTokens();

    public void Accept(int token) => _state.Accept(token);

    /// <summary>Where the text is whole and nothing but its end may follow, or nothing at all.</summary>
    public bool MustEnd()
    {
        if (_state.HasEnded) return true;
        var allowed = _state.AllowedTokens();
        var ends = grammar.Vocabulary.EndMask;
        for (int i = 0; i < allowed.Length; i++)
            if (BitOperations.PopCount(allowed[i] & ~ends[i]) > 0) return false;
        return true;
    }
}
