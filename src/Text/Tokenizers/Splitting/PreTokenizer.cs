namespace Weir.Text.Tokenizers.Splitting;

/// <summary>Cuts text into the pieces that byte pairs may not cross: a hand-written matcher of <see cref="Pattern"/>
/// over whole characters. (The runtime's regular expressions see UTF-16 units, so <c>\p{L}</c> misses the letters above
/// the basic plane.)</summary>
internal static class PreTokenizer
{
    /// <summary>The Qwen2 pattern, as <c>tokenizer.json</c> spells it; llama.cpp knows it as pre-tokenizer
    /// <c>qwen2</c>.</summary>
    public const string Pattern =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
        + @"|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>The end of the piece that starts at <paramref name="start"/>; every character belongs to exactly one
    /// piece. The branches are the pattern's alternatives in their order.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="start">Where the piece starts.</param>
    /// <param name="mostDigits">How many numbers may stand in a piece; 3 makes it the pattern of Llama 3.</param>
    public static int EndOfPiece(ReadOnlySpan<char> text, int start, int mostDigits = 1)
    {
        var first = CharacterClasses.At(text, start, out var length);
        var second = start + length;
        // 1. 's 't 're 've 'm 'll 'd
        if (text[start] == '\'' && ContractionLength(text[second..]) is > 0 and var letters) return second + letters;
        // 2. [^\r\n\p{L}\p{N}]?\p{L}+
        if (first == CharacterClass.Letter) return EndOfRun(text, second, CharacterClass.Letter);
        if (first is CharacterClass.Other or CharacterClass.Space && second < text.Length
            && CharacterClasses.At(text, second, out length) == CharacterClass.Letter)
            return EndOfRun(text, second + length, CharacterClass.Letter);
        // 3. \p{N}, or \p{N}{1,3}
        if (first == CharacterClass.Number) return EndOfNumbers(text, second, mostDigits - 1);
        // 4. ` ?[^\s\p{L}\p{N}]+[\r\n]*`
        if (first == CharacterClass.Other) return EndOfSymbols(text, second);
        if (text[start] == ' ' && second < text.Length
            && CharacterClasses.At(text, second, out length) == CharacterClass.Other)
            return EndOfSymbols(text, second + length);
        // 5., 6. and 7. White space.
        return EndOfWhiteSpace(text, start);
    }

    private static int EndOfNumbers(ReadOnlySpan<char> text, int at, int most)
    {
        for (; most > 0 && at < text.Length; most--)
        {
            if (CharacterClasses.At(text, at, out var length) != CharacterClass.Number) break;
            at += length;
        }
        return at;
    }

    private static int EndOfSymbols(ReadOnlySpan<char> text, int at) =>
        EndOfRun(text, EndOfRun(text, at, CharacterClass.Other), CharacterClass.LineEnd);

    private static int EndOfRun(ReadOnlySpan<char> text, int at, CharacterClass wanted)
    {
        while (at < text.Length && CharacterClasses.At(text, at, out var length) == wanted) at += length;
        return at;
    }

    private static int EndOfWhiteSpace(ReadOnlySpan<char> text, int start)
    {
        var end = start;
        var afterLineEnd = -1;
        while (end < text.Length && CharacterClasses.At(text, end, out _) is var c
            && c is CharacterClass.Space or CharacterClass.LineEnd)
        {
            end++;
            if (c == CharacterClass.LineEnd) afterLineEnd = end;
        }
        // 5. \s*[\r\n]+ gives back what follows the last line end.
        if (afterLineEnd > 0) return afterLineEnd;
        // 6. \s+(?!\S) leaves one white space to the word that follows; 7. \s+ takes it when it is the only one.
        return end == text.Length || end - start == 1 ? end : end - 1;
    }

    private static int ContractionLength(ReadOnlySpan<char> rest)
    {
        if (rest.IsEmpty) return 0;
        var next = rest.Length > 1 ? (char)(rest[1] | 0x20) : '\0';
        // Only ASCII letters fold, as in every reader of this pattern but Oniguruma, which takes U+017F for s too.
        return (rest[0] | 0x20, next) switch
        {
            ('s' or 't' or 'm' or 'd', _) when char.IsAsciiLetter(rest[0]) => 1,
            ('r', 'e') or ('v', 'e') or ('l', 'l')
                when char.IsAsciiLetter(rest[0]) && char.IsAsciiLetter(rest[1]) => 2,
            _ => 0,
        };
    }
}
