namespace Weir.Inference.Batching;

/// <summary>
/// Prompt look-up drafts of one sequence (Saxena 2023): what followed the last few tokens when they were seen before is
/// guessed to follow again. The model checks all guesses in one pass, so the answer is the same as without them. The
/// number of guesses doubles while all are right and halves while none is, down to a pause.
/// </summary>
internal sealed class Drafting
{
    public const int Most = 16;
    private const int LongestMatch = 4, ShortestMatch = 2, FirstWidth = 2, PauseSteps = 16;

    /// <summary>How far back it looks, so that a long context does not make a step slow.</summary>
    private const int Window = 16_384;
    private readonly int[] _tokens = new int[Most];
    private int _width = FirstWidth;
    private int _pause;

    public ReadOnlySpan<int> Tokens => _tokens.AsSpan(0, Count);
    public int Count { get; private set; }

    public void Clear() => Count = 0;

    /// <summary>Looks for up to <paramref name="most"/> guesses after these tokens.</summary>
    public void Find(ReadOnlySpan<int> tokens, int most)
    {
        Count = 0;
        most = Math.Min(most, Math.Min(_width, Most));
        if (most <= 0 || (_pause > 0 && --_pause > 0)) return;
        if (tokens.Length > Window) tokens = tokens[^Window..];
        for (int length = LongestMatch; length >= ShortestMatch; length--)
        {
            if (tokens.Length <= length) continue;
            // The last match; it may reach into the end itself, but not be it.
            int at = tokens[..^1].LastIndexOf(tokens[^length..]);
            if (at < 0) continue;
            var follow = tokens[(at + length)..];
            Count = Math.Min(most, follow.Length);
            follow[..Count].CopyTo(_tokens);
            return;
        }
    }

    /// <summary>How many of the guesses came true.</summary>
    public void Learn(int accepted)
    {
        if (Count == 0) return;
        if (accepted == Count) _width = Math.Min(Most, Math.Max(_width, Count) * 2);
        else if (accepted == 0) _width /= 2;
        else _width = Math.Max(FirstWidth, accepted + 1);
        if (_width == 0) (_width, _pause) = (1, PauseSteps);
        Count = 0;
    }
}
