using System.Numerics;
using Weir.Inference.Grammars.Automata;

namespace Weir.Inference.Grammars;

/// <summary>Where one sequence stands in its grammar. Not thread-safe; states of one grammar do not disturb each
/// other.</summary>
/// <remarks>Each call may refuse a grammar that turns out to cost too much for this text, with a
/// <see cref="Formats.Bcl.UserErrorException"/> (see <see cref="GrammarLimits"/>); the state is unchanged then.
/// </remarks>
internal sealed class GrammarState
{
    private readonly CompiledGrammar _grammar;
    private Configuration _at;

    internal GrammarState(CompiledGrammar grammar, Configuration at) => (_grammar, _at) = (grammar, at);

    /// <summary>True where the text so far belongs to the grammar: it may end here, or already has.</summary>
    public bool IsComplete => _at.IsComplete;

    /// <summary>True once an end token has been accepted; nothing may follow it.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>A bit a token, lowest first: those that may come next. Not to be kept beyond the next call.</summary>
    public ReadOnlySpan<ulong> AllowedTokens() =>
        HasEnded ? new ulong[_grammar.Vocabulary.MaskWords] : _grammar.Mask(ref _at);

    /// <summary>Makes the tokens that cannot come next impossible. Logits beyond the vocabulary are of no token.
    /// </summary>
    /// <returns>False where no token at all is possible: the text has ended, or the vocabulary lacks the bytes for what
    /// would have to follow.</returns>
    public bool Mask(Span<float> logits)
    {
        var mask = AllowedTokens();
        bool any = false;
        int words = Math.Min(mask.Length, (logits.Length + 63) / 64);
        for (int word = 0; word < words; word++)
        {
            ulong allowed = mask[word];
            any |= allowed != 0;
            var of = logits[(word * 64)..Math.Min(word * 64 + 64, logits.Length)];
            if (allowed == 0) of.Fill(float.NegativeInfinity);
            else
                for (ulong refused = ~allowed; refused != 0; refused &= refused - 1)
                {
                    int bit = BitOperations.TrailingZeroCount(refused);
                    if (bit >= of.Length) break;
                    of[bit] = float.NegativeInfinity;
                }
        }
        logits[Math.Min(words * 64, logits.Length)..].Fill(float.NegativeInfinity);
        return any;
    }

    /// <returns>False, and nothing has changed, where the token cannot come next.</returns>
    public bool Accept(int token)
    {
        if (HasEnded) return false;
        if (_grammar.Vocabulary.EndTokens.Contains(token)) return HasEnded = IsComplete;
        var bytes = _grammar.Vocabulary.Bytes(token).Span;
        return !bytes.IsEmpty && Accept(bytes);
    }

    /// <summary>Goes on by bytes, whichever tokens they are of.</summary>
    /// <returns>False, and nothing has changed, where they cannot come next.</returns>
    public bool Accept(ReadOnlySpan<byte> bytes)
    {
        if (HasEnded) return false;
        var next = _grammar.After(ref _at, bytes);
        if (next == Configuration.Dead) return false;
        _at = next;
        return true;
    }

    /// <summary>The bytes that must come next whatever else does; empty where there is a choice, or the text may end.
    /// At most <see cref="GrammarLimits.MaximumForcedBytes"/>.</summary>
    public ReadOnlySpan<byte> Forced() => HasEnded ? [] : _grammar.Forced(ref _at);

    /// <summary>A state of its own at the same place, for tokens that are only tried.</summary>
    public GrammarState Clone() => new(_grammar, _at) { HasEnded = HasEnded };
}
