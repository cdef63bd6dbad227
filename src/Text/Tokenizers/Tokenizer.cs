using System.Buffers;
using System.Text;
using Weir.Formats.Bcl;
using Weir.Formats.Gguf;

namespace Weir.Text.Tokenizers;

/// <summary>A tokenizer of any of the kinds of <see cref="TokenizerKind"/>: the byte-level BPE that Weir trains (with
/// the Qwen2 pre-tokenizer and NFC), and the one in a Hugging Face <c>tokenizer.json</c> or the metadata of a GGUF
/// file. It gives the ids that the models were trained with. Immutable, and safe for any number of threads.</summary>
public sealed class Tokenizer
{
    /// <summary>Longer texts (in UTF-16 units) are refused: their tokens would not fit into arrays.</summary>
    public const int MaxTextLength = 1 << 26;

    private readonly TokenizerParts _parts;
    private readonly TokenizerPipeline _pipeline;
    private readonly bool[] _isSpecial;
    private readonly Lazy<string> _digest;

    private Tokenizer(TokenizerParts parts)
    {
        _parts = parts;
        _pipeline = new TokenizerPipeline(parts);
        var types = parts.Description.Types;
        _isSpecial = [.. types.Select(type => type is TokenType.Control or TokenType.Unknown or TokenType.Unused)];
        SpecialTokens = parts.AddedTokens.Where(token => token.IsSpecial)
            .ToDictionary(token => token.Text, token => token.Id, StringComparer.Ordinal);
        EndIds = EndTokens.Find(parts.Description, SpecialTokens);
        _digest = new Lazy<string>(() => Formats.Bcl.Digest.OfBytes(TokenizerJson.Write(parts)
            ?? TokenizerJson.Canonical(parts.Description)));
    }

    /// <summary>Tokens in all, special ones included; ids are 0 to one less.</summary>
    public int VocabularySize => _isSpecial.Length;

    /// <summary>The tokens as files write them, by id: in byte-level text form, or with U+2581 for a space; special
    /// tokens as they are written.</summary>
    public IReadOnlyList<string> TokenTexts => _parts.Description.Tokens;

    /// <summary>The merges of byte-level BPE by rank, in byte-level text form.</summary>
    public IReadOnlyList<(string Left, string Right)> Merges => _parts.Description.Merges;

    /// <summary>The special tokens and their ids.</summary>
    public IReadOnlyDictionary<string, int> SpecialTokens { get; }

    /// <summary>The token that opens a text, where there is one.</summary>
    public int? BosId => _parts.Description.BosId;

    /// <summary>The token that ends a text, where there is one.</summary>
    public int? EosId => _parts.Description.EosId;

    /// <summary>Whether the model expects <see cref="BosId"/> in front of a text. <see cref="Encode(string, bool)"/>
    /// does not add it.</summary>
    public bool AddsBos => _parts.Description.AddsBos;

    /// <summary>Whether the model expects <see cref="EosId"/> behind a text.</summary>
    public bool AddsEos => _parts.Description.AddsEos;

    /// <summary>The tokens after which generation ends: the end of text, the end of a turn, and the special tokens that
    /// known models use for these.</summary>
    public IReadOnlySet<int> EndIds { get; }

    /// <summary>The digest (<c>sha256:...</c>) of the <c>tokenizer.json</c> that <see cref="Save"/> writes; of a
    /// tokenizer that cannot be saved, of its description.</summary>
    public string Digest => _digest.Value;

    /// <summary>The tokenizer as GGUF metadata states it.</summary>
    /// <exception cref="UserErrorException">It comes from a <c>tokenizer.json</c> that does what GGUF cannot
    /// say.</exception>
    public TokenizerDescription Description => _parts.Obstacle is null ? _parts.Description
        : throw new UserErrorException($"GGUF cannot describe this tokenizer: {_parts.Obstacle}.");

    /// <summary>Reads a Hugging Face <c>tokenizer.json</c>, and what a <c>tokenizer_config.json</c> beside it says of
    /// BOS and EOS.</summary>
    /// <exception cref="UserErrorException">The file is missing, damaged, contradicts itself, or uses what is not
    /// supported.</exception>
    public static Tokenizer Load(string tokenizerJsonPath) => new(TokenizerJson.Read(tokenizerJsonPath));

    /// <summary>The tokenizer in a GGUF file's metadata.</summary>
    /// <exception cref="UserErrorException">It is of an unknown kind, or contradicts itself.</exception>
    public static Tokenizer FromGguf(GgufFile file) => FromDescription(GgufTokenizer.Read(file), file.Path);

    /// <summary>The tokenizer that is described.</summary>
    /// <param name="description">Its parts; not trusted.</param>
    /// <param name="where">What messages call the source, such as a path.</param>
    /// <exception cref="UserErrorException">The parts contradict each other.</exception>
    public static Tokenizer FromDescription(TokenizerDescription description, string where) =>
        new(new DescribedTokenizer(description, where, isStrict: false).Build());

    /// <summary>A byte-level BPE tokenizer like those that Weir trains, from its parts.</summary>
    /// <param name="tokens">Tokens by id, in byte-level text form; special tokens as they are written.</param>
    /// <param name="merges">Merges by rank, in byte-level text form.</param>
    /// <param name="specialTokens">The special ones among the tokens, with their ids.</param>
    /// <exception cref="UserErrorException">The parts contradict each other.</exception>
    public static Tokenizer FromBpe(IReadOnlyList<string> tokens, IReadOnlyList<(string Left, string Right)> merges,
        IReadOnlyDictionary<string, int> specialTokens) =>
        new(WeirTokenizer.Build(tokens, merges, specialTokens, "tokenizer"));

    /// <summary>Writes a Hugging Face <c>tokenizer.json</c>, wholly or not at all. Equal tokenizers give equal bytes;
    /// one that was loaded from a file of another kind is written as it was.</summary>
    /// <exception cref="UserErrorException">The tokenizer comes from a GGUF file and is of another kind than
    /// Weir's.</exception>
    public void Save(string tokenizerJsonPath) =>
        AtomicFile.WriteAllBytes(tokenizerJsonPath, TokenizerJson.Write(_parts) ?? throw new UserErrorException(
            "This tokenizer comes from a GGUF file and is of a kind that is not written as tokenizer.json. Use the "
            + "model's own tokenizer.json, or keep the model as GGUF."));

    /// <summary>The ids of the text. Lone surrogates count as U+FFFD.</summary>
    /// <param name="text">Any text of up to <see cref="MaxTextLength"/> characters.</param>
    /// <param name="recogniseSpecial">Whether special tokens written out in the text become their ids. Never for text
    /// that a user wrote: it could forge turns.</param>
    public int[] Encode(string text, bool recogniseSpecial = false)
    {
        var ids = new List<int>(text.Length / 2 + 4);
        Encode(text, ids, recogniseSpecial);
        return [.. ids];
    }

    /// <summary>Appends the ids of the text to <paramref name="into"/>; otherwise as
    /// <see cref="Encode(string, bool)"/>.</summary>
    /// <exception cref="UserErrorException">The text is too long.</exception>
    public void Encode(ReadOnlySpan<char> text, List<int> into, bool recogniseSpecial = false)
    {
        if (text.Length > MaxTextLength)
            throw new UserErrorException($"A text of {text.Length:N0} characters is more than the tokenizer takes at "
                + $"once ({MaxTextLength:N0}). Divide it.");
        _pipeline.Encode(text, into, recogniseSpecial);
    }

    /// <summary>The text of the ids. Bytes that are no UTF-8 become U+FFFD.</summary>
    /// <param name="ids">Ids from 0 to <see cref="VocabularySize"/> - 1.</param>
    /// <param name="skipSpecial">Whether special tokens are left out or written out.</param>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = true)
    {
        var bytes = new ArrayBufferWriter<byte>(Math.Max(16, ids.Length * 4));
        foreach (var id in ids)
            if (!skipSpecial || !_isSpecial[id]) bytes.Write(_parts.TokenBytes[id]);
        return Encoding.UTF8.GetString(bytes.WrittenSpan[LeadingSpaceLength(bytes.WrittenSpan)..]);
    }

    /// <inheritdoc cref="Decode(ReadOnlySpan{int}, bool)"/>
    public string Decode(IReadOnlyList<int> ids, bool skipSpecial = true) => Decode([.. ids], skipSpecial);

    /// <inheritdoc cref="Decode(ReadOnlySpan{int}, bool)"/>
    public string Decode(int[] ids, bool skipSpecial = true) => Decode(ids.AsSpan(), skipSpecial);

    /// <summary>The bytes that the token stands for; they may begin or end within a character. A special token's are
    /// its name's.</summary>
    public ReadOnlySpan<byte> TokenBytes(int id) => _parts.TokenBytes[id];

    /// <summary>Whether the id is a special token's, or that of a place without a meaning.</summary>
    public bool IsSpecial(int id) => _isSpecial[id];

    /// <summary>The id of a special token, or null when the tokenizer has none of that name.</summary>
    public int? IdOf(string specialToken) => SpecialTokens.TryGetValue(specialToken, out var id) ? id : null;

    /// <summary>1 when decoded text leaves out the space that its bytes begin with, otherwise 0.</summary>
    internal int LeadingSpaceLength(ReadOnlySpan<byte> beginning) =>
        _parts.DropsLeadingSpace && beginning.Length > 0 && beginning[0] == ' ' ? 1 : 0;
}
