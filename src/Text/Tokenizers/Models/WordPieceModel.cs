namespace Weir.Text.Tokenizers.Models;

/// <summary>WordPiece: the longest token that a word begins with, then the longest continuation of what is left, and so
/// on; a word that does not come out is unknown as a whole.</summary>
/// <param name="Starts">Ids of tokens that begin a word, by text.</param>
/// <param name="Continuations">Ids of tokens that continue one, without their mark.</param>
/// <param name="UnknownId">The unknown token.</param>
/// <param name="MaxWordLength">Longer words (in characters) are unknown.</param>
internal sealed record WordPieceVocabulary(
    Dictionary<string, int> Starts, Dictionary<string, int> Continuations, int UnknownId, int MaxWordLength)
{
    /// <summary>BERT's, and a bound on a hostile file's: a word takes time by the square of its length.</summary>
    public const int UsualMaxWordLength = 100, MostMaxWordLength = 256;
}

/// <inheritdoc cref="WordPieceVocabulary"/>
internal sealed class WordPieceModel(WordPieceVocabulary vocabulary) : ISubwordModel
{
    private readonly int _longest = vocabulary.Starts.Keys.Concat(vocabulary.Continuations.Keys)
        .Select(text => text.Length).DefaultIfEmpty(0).Max();

    public void Encode(ReadOnlySpan<char> piece, List<int> into)
    {
        var before = into.Count;
        if (!IsTooLong(piece) && TryEncode(piece, into)) return;
        into.RemoveRange(before, into.Count - before);
        into.Add(vocabulary.UnknownId);
    }

    private bool TryEncode(ReadOnlySpan<char> word, List<int> into)
    {
        var tokens = vocabulary.Starts.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var start = 0; start < word.Length;)
        {
            var length = Math.Min(word.Length - start, _longest);
            int id;
            while (true)
            {
                if (length == 0) return false;
                if (tokens.TryGetValue(word.Slice(start, length), out id)) break;
                length--;
            }
            into.Add(id);
            start += length;
            tokens = vocabulary.Continuations.GetAlternateLookup<ReadOnlySpan<char>>();
        }
        return true;
    }

    private bool IsTooLong(ReadOnlySpan<char> word)
    {
        if (word.Length <= vocabulary.MaxWordLength) return false;
        if (word.Length > vocabulary.MaxWordLength * 2) return true;
        var characters = 0;
        foreach (var _ in word.EnumerateRunes()) characters++;
        return characters > vocabulary.MaxWordLength;
    }
}
