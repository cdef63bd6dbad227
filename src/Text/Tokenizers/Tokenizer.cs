using System.Buffers;
using System.Text;
using Weir.Formats.Bcl;
using Weir.Text.Unicode;

namespace Weir.Text.Tokenizers;

/// <summary>A byte-level BPE tokenizer with the Qwen2 pre-tokenizer and NFC normalisation: the one that Weir trains,
/// and the one in a Hugging Face <c>tokenizer.json</c> or the metadata of a GGUF file. It gives the ids that those
/// readers give. Immutable, and safe for any number of threads.</summary>
public sealed class Tokenizer
{
    private readonly BytePairModel _model;
    private readonly SpecialTokenFinder _specials;
    private readonly Lazy<string> _digest;

    private Tokenizer(BytePairModel model)
    {
        _model = model;
        _specials = new SpecialTokenFinder(SpecialTokens);
        _digest = new Lazy<string>(() => Formats.Bcl.Digest.OfBytes(TokenizerJson.Write(model.Vocabulary)));
    }

    /// <summary>Tokens in all, special ones included; ids are 0 to one less.</summary>
    public int VocabularySize => _model.Vocabulary.Tokens.Count;

    /// <summary>The tokens in byte-level text form by id; special tokens as they are written.</summary>
    public IReadOnlyList<string> TokenTexts => _model.Vocabulary.Tokens;

    /// <summary>The merges by rank, in byte-level text form.</summary>
    public IReadOnlyList<(string Left, string Right)> Merges => _model.Vocabulary.Merges;

    /// <summary>The special tokens and their ids.</summary>
    public IReadOnlyDictionary<string, int> SpecialTokens => _model.Vocabulary.SpecialTokens;

    /// <summary>The digest (<c>sha256:...</c>) of the <c>tokenizer.json</c> that <see cref="Save"/> writes.</summary>
    public string Digest => _digest.Value;

    /// <summary>Reads a Hugging Face <c>tokenizer.json</c> of the kind that <see cref="Save"/> writes; merges may be
    /// strings or arrays.</summary>
    /// <exception cref="UserErrorException">The file is missing, damaged, contradicts itself, or is of another
    /// kind.</exception>
    public static Tokenizer Load(string tokenizerJsonPath) =>
        new(new BytePairModel(TokenizerJson.Read(tokenizerJsonPath), tokenizerJsonPath));

    /// <summary>A tokenizer from its parts.</summary>
    /// <param name="tokens">Tokens by id, in byte-level text form; special tokens as they are written.</param>
    /// <param name="merges">Merges by rank, in byte-level text form.</param>
    /// <param name="specialTokens">The special ones among the tokens, with their ids.</param>
    /// <exception cref="UserErrorException">The parts contradict each other.</exception>
    public static Tokenizer FromBpe(IReadOnlyList<string> tokens, IReadOnlyList<(string Left, string Right)> merges,
        IReadOnlyDictionary<string, int> specialTokens) =>
        new(new BytePairModel(new BytePairVocabulary([.. tokens], [.. merges],
            new Dictionary<string, int>(specialTokens, StringComparer.Ordinal)), "tokenizer"));

    /// <summary>Writes a Hugging Face <c>tokenizer.json</c>, wholly or not at all. Equal tokenizers give equal
    /// bytes.</summary>
    public void Save(string tokenizerJsonPath) =>
        AtomicFile.WriteAllBytes(tokenizerJsonPath, TokenizerJson.Write(_model.Vocabulary));

    /// <summary>The ids of the text. Lone surrogates count as U+FFFD.</summary>
    /// <param name="text">Any text; it is normalised to form C first.</param>
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
    public void Encode(ReadOnlySpan<char> text, List<int> into, bool recogniseSpecial = false)
    {
        // Special tokens are cut out before normalisation, so that each stretch between them is normalised by itself.
        while (recogniseSpecial && _specials.TryFind(text, out var at, out var length, out var id))
        {
            EncodePlain(text[..at], into);
            into.Add(id);
            text = text[(at + length)..];
        }
        EncodePlain(text, into);
    }

    /// <summary>The text of the ids. Bytes that are no UTF-8 become U+FFFD.</summary>
    /// <param name="ids">Ids from 0 to <see cref="VocabularySize"/> - 1.</param>
    /// <param name="skipSpecial">Whether special tokens are left out or written out.</param>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = true)
    {
        var bytes = new ArrayBufferWriter<byte>(Math.Max(16, ids.Length * 4));
        foreach (var id in ids)
            if (!skipSpecial || !_model.IsSpecial(id)) bytes.Write(_model.BytesOf(id));
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    /// <inheritdoc cref="Decode(ReadOnlySpan{int}, bool)"/>
    public string Decode(IReadOnlyList<int> ids, bool skipSpecial = true) => Decode([.. ids], skipSpecial);

    /// <inheritdoc cref="Decode(ReadOnlySpan{int}, bool)"/>
    public string Decode(int[] ids, bool skipSpecial = true) => Decode(ids.AsSpan(), skipSpecial);

    /// <summary>The bytes that the token stands for; they may begin or end within a character. A special token's are
    /// its name's.</summary>
    public ReadOnlySpan<byte> TokenBytes(int id) => _model.BytesOf(id);

    /// <summary>Whether the id is a special token's.</summary>
    public bool IsSpecial(int id) => _model.IsSpecial(id);

    /// <summary>The id of a special token, or null when the tokenizer has none of that name.</summary>
    public int? IdOf(string specialToken) => SpecialTokens.TryGetValue(specialToken, out var id) ? id : null;

    private void EncodePlain(ReadOnlySpan<char> text, List<int> into)
    {
        if (UnicodeRepair.IsPlainlyNormal(text)) _model.Encode(text, into);
        else _model.Encode(UnicodeRepair.Normalise(UnicodeRepair.RepairSurrogates(text.ToString())), into);
    }
}
