namespace Weir.Text.Tokenizers;

/// <summary>The families of tokenizers.</summary>
public enum TokenizerKind
{
    /// <summary>BPE over bytes; GGUF calls it <c>gpt2</c>.</summary>
    ByteLevelBpe,
    /// <summary>SentencePiece BPE over characters with scores; GGUF calls it <c>llama</c>.</summary>
    SentencePieceBpe,
    /// <summary>SentencePiece unigram; GGUF calls it <c>t5</c>.</summary>
    SentencePieceUnigram,
    /// <summary>BERT's WordPiece; GGUF calls it <c>bert</c>.</summary>
    WordPiece,
}

/// <summary>What a token is for; the numbers are those of GGUF.</summary>
public enum TokenType
{
    Normal = 1,
    /// <summary>Stands for what the vocabulary cannot write.</summary>
    Unknown = 2,
    /// <summary>Never made from plain text, and silent in decoded text.</summary>
    Control = 3,
    /// <summary>Found in text before anything else is.</summary>
    UserDefined = 4,
    /// <summary>A place without a meaning.</summary>
    Unused = 5,
    /// <summary>A byte, written like <c>&lt;0x0A&gt;</c>.</summary>
    Byte = 6,
}

/// <summary>A tokenizer as GGUF metadata states it: all that another reader needs to give the same ids.</summary>
public sealed record TokenizerDescription
{
    public required TokenizerKind Kind { get; init; }

    /// <summary>The family whose rules cut text before it is merged, as <c>tokenizer.ggml.pre</c> names it; of
    /// byte-level BPE only.</summary>
    public string PreTokenizer { get; init; } = "default";

    /// <summary>Tokens by id: in byte-level text form for byte-level BPE, with U+2581 for a space in SentencePiece, and
    /// with U+2581 before what begins a word in WordPiece.</summary>
    public required IReadOnlyList<string> Tokens { get; init; }

    /// <summary>As many as tokens.</summary>
    public required IReadOnlyList<TokenType> Types { get; init; }

    /// <summary>As many as tokens for SentencePiece, otherwise empty.</summary>
    public IReadOnlyList<float> Scores { get; init; } = [];

    /// <summary>Merges by rank, of byte-level BPE only.</summary>
    public IReadOnlyList<(string Left, string Right)> Merges { get; init; } = [];

    public int? BosId { get; init; }
    public int? EosId { get; init; }

    /// <summary>The token that ends a turn, where it is another than <see cref="EosId"/>.</summary>
    public int? EotId { get; init; }

    public int? UnknownId { get; init; }
    public int? SeparatorId { get; init; }
    public int? PaddingId { get; init; }
    public int? MaskId { get; init; }

    /// <summary>Whether a text begins with the BOS token.</summary>
    public bool AddsBos { get; init; }

    /// <summary>Whether a text ends with the EOS token.</summary>
    public bool AddsEos { get; init; }

    /// <summary>Whether a text gets a space in front; of SentencePiece only.</summary>
    public bool AddsSpacePrefix { get; init; }

    /// <summary>Whether spaces at both ends go and inner runs become one; of unigram only.</summary>
    public bool RemovesExtraSpaces { get; init; }

    /// <summary>SentencePiece's precompiled character map, or empty; of unigram only.</summary>
    public ReadOnlyMemory<byte> Charsmap { get; init; }

    /// <summary>Whether text is brought into lower case; of WordPiece only.</summary>
    public bool Lowercases { get; init; } = true;

    /// <summary>Whether accents are taken off; of WordPiece only.</summary>
    public bool StripsAccents { get; init; } = true;
}
