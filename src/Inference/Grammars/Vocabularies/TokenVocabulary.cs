using System.Buffers;
using System.Text;
using Weir.Formats.Bcl;

namespace Weir.Inference.Grammars.Vocabularies;

/// <summary>A model's tokens as grammars see them: byte strings, tokens that end a text, and tokens that stand for no
/// text. Built once a model; immutable.</summary>
/// <remarks>Most tokens are words, which a JSON string takes as they are. They are kept apart from the rest, by their
/// length in characters: where a grammar takes any so many characters, those tokens need not be looked at one by one.
/// </remarks>
internal sealed class TokenVocabulary
{
    /// <summary>Longer tokens are not used in constrained text.</summary>
    public const int MaximumTokenBytes = 1_024;

    /// <summary>Characters of the longest tokens of each slice; the last has no bound.</summary>
    private static readonly int[] SliceCharacters = [2, 4, 6, 8, 12, 16, 32, int.MaxValue];

    private readonly ReadOnlyMemory<byte>[] _bytes;

    /// <param name="count">Tokens have the ids from 0 to before this.</param>
    /// <param name="bytes">What a token adds to the text; need not be whole characters.</param>
    /// <param name="endTokens">Any of them ends a text that is complete, and none is allowed before.</param>
    /// <param name="otherSpecialTokens">Never allowed.</param>
    /// <exception cref="UserErrorException">A special token is none of the vocabulary.</exception>
    public TokenVocabulary(int count, Func<int, ReadOnlyMemory<byte>> bytes, IEnumerable<int> endTokens,
        IEnumerable<int> otherSpecialTokens)
    {
        Count = count;
        EndTokens = new HashSet<int>(endTokens);
        var special = otherSpecialTokens.Concat(EndTokens).ToHashSet();
        foreach (int token in special)
            if (token < 0 || token >= count)
                throw new UserErrorException($"The special token {token} is none of the {count} tokens.");
        _bytes = new ReadOnlyMemory<byte>[count];
        var slices = SliceCharacters.Select(_ => new List<int>()).ToArray();
        var others = new List<int>();
        for (int token = 0; token < count; token++)
        {
            if (special.Contains(token)) continue;
            var text = bytes(token);
            if (text.Length is 0 or > MaximumTokenBytes) continue;
            _bytes[token] = text;
            if (PlainCharacters(text.Span) is { } characters)
                slices[Array.FindIndex(SliceCharacters, most => characters <= most)].Add(token);
            else others.Add(token);
        }
        Slices = [.. slices.Select((tokens, i) => new VocabularySlice(SliceCharacters[i], MaskOf(tokens),
            ByteTrie.Build(tokens, Bytes)))];
        Others = ByteTrie.Build(others, Bytes);
        EndMask = MaskOf(EndTokens);
    }

    public int Count { get; }

    /// <summary>How many words a mask of a bit a token has.</summary>
    public int MaskWords => (Count + 63) / 64;

    public IReadOnlySet<int> EndTokens { get; }

    public ulong[] EndMask { get; }

    /// <summary>The tokens that are whole characters which stand for themselves in a JSON string, shorter ones first.
    /// </summary>
    public IReadOnlyList<VocabularySlice> Slices { get; }

    /// <summary>All other tokens that stand for text.</summary>
    public ByteTrie Others { get; }

    /// <summary>Empty for special tokens, and for ids that are none.</summary>
    public ReadOnlyMemory<byte> Bytes(int token) => (uint)token < (uint)Count ? _bytes[token] : default;

    private ulong[] MaskOf(IEnumerable<int> tokens)
    {
        var mask = new ulong[MaskWords];
        foreach (int token in tokens) mask[token >> 6] |= 1UL << (token & 63);
        return mask;
    }

    private static int? PlainCharacters(ReadOnlySpan<byte> text)
    {
        int characters = 0;
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(text, out var rune, out int used) != OperationStatus.Done) return null;
            if (rune.Value is < 0x20 or '"' or '\\') return null;
            characters++;
            text = text[used..];
        }
        return characters;
    }
}

/// <summary>Tokens of at most so many plain characters, and more than those of the slice before.</summary>
internal sealed record VocabularySlice(int MaximumCharacters, ulong[] Members, ByteTrie Trie);
