using Weir.Formats.Bcl;
using Weir.Text.Tokenizers.Models;

namespace Weir.Text.Tokenizers.Training;

/// <summary>The vocabulary of a tokenizer in training: special tokens, then the byte symbols, then what merges
/// make.</summary>
internal sealed class GrowingVocabulary
{
    private readonly int _maxCharacters;
    private readonly List<string> _texts = [];
    private readonly List<int> _characters = [];
    private readonly List<(string, string)> _merges = [];
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _specials = new(StringComparer.Ordinal);

    public GrowingVocabulary(IReadOnlyList<string> specialTokens, int maxTokenCharacters)
    {
        _maxCharacters = maxTokenCharacters;
        foreach (var special in specialTokens)
        {
            if (special.Length == 0 || !Add(special, 0))
                throw new UserErrorException($"The special token '{special}' is empty or stands in the list twice.");
            _specials.Add(special, Count - 1);
        }
        foreach (var value in ByteAlphabet.InVocabularyOrder())
        {
            // A byte of UTF-8 that continues a character (10xxxxxx) starts none.
            if (!Add(ByteAlphabet.Symbol(value), (value & 0xC0) == 0x80 ? 0 : 1))
                throw new UserErrorException(
                    $"The special token '{ByteAlphabet.Symbol(value)}' is the name of a byte. Rename it.");
            IdOfByte[value] = Count - 1;
        }
    }

    public int Count => _texts.Count;

    public int[] IdOfByte { get; } = new int[256];

    /// <summary>Adds the token that the pair makes. False when it would be too long, or when there is such a token
    /// already: a token comes to be in one way only, so that every reader's merge loop agrees.</summary>
    public bool TryAddMerge(int left, int right, out int result)
    {
        result = Count;
        var characters = _characters[left] + _characters[right];
        if (characters > _maxCharacters || !Add(_texts[left] + _texts[right], characters)) return false;
        _merges.Add((_texts[left], _texts[right]));
        return true;
    }

    /// <summary>The tokens by id.</summary>
    public IReadOnlyList<string> Texts => _texts;

    /// <summary>The merges by rank.</summary>
    public IReadOnlyList<(string Left, string Right)> Merges => _merges;

    public IReadOnlyDictionary<string, int> SpecialTokens => _specials;

    private bool Add(string text, int characters)
    {
        if (!_taken.Add(text)) return false;
        _texts.Add(text);
        _characters.Add(characters);
        return true;
    }
}
