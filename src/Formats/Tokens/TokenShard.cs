using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Weir.Formats.Bcl;

namespace Weir.Formats.Tokens;

/// <summary>
/// A token shard: documents of token ids one after another, ready to be packed. Little-endian.
/// <code>
/// 0   8  magic "WEIRTOK1"
/// 8   8  token count N          (at most 2^31 - 1)
/// 16  8  document count D
/// 24  4  flags, bit 0: a supervision byte a token follows
/// 28  4  vocabulary size (every id is below it)
/// 32  -  N x uint32 ids, (D + 1) x int64 document starts (the last is N), N x byte supervision (1 = carries loss) if
/// flagged
/// </code>
/// </summary>
public sealed class TokenShard
{
    private const int HeaderBytes = 32;
    private static ReadOnlySpan<byte> Magic => "WEIRTOK1"u8;

    public TokenShard(int vocabularySize, int[] tokens, long[] starts, byte[]? supervised)
    {
        VocabularySize = vocabularySize;
        Tokens = tokens;
        Starts = starts;
        Supervised = supervised;
    }

    public int VocabularySize { get; }
    public int[] Tokens { get; }
    /// <summary>Document d is tokens [Starts[d], Starts[d + 1]).</summary>
    public long[] Starts { get; }
    /// <summary>1 where the token is a target of the loss; null where every token is.</summary>
    public byte[]? Supervised { get; }
    public int DocumentCount => Starts.Length - 1;

    public ReadOnlySpan<int> Document(int index) =>
        Tokens.AsSpan((int)Starts[index], (int)(Starts[index + 1] - Starts[index]));

    public ReadOnlySpan<byte> DocumentSupervision(int index) => Supervised is null ? default
        : Supervised.AsSpan((int)Starts[index], (int)(Starts[index + 1] - Starts[index]));

    public void Save(string path) => AtomicFile.Write(path, stream =>
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt64LittleEndian(header[8..], Tokens.Length);
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], DocumentCount);
        BinaryPrimitives.WriteInt32LittleEndian(header[24..], Supervised is null ? 0 : 1);
        BinaryPrimitives.WriteInt32LittleEndian(header[28..], VocabularySize);
        stream.Write(header);
        stream.Write(MemoryMarshal.AsBytes(Tokens.AsSpan()));
        stream.Write(MemoryMarshal.AsBytes(Starts.AsSpan()));
        if (Supervised is not null) stream.Write(Supervised);
    });

    public static TokenShard Load(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20);
        Span<byte> header = stackalloc byte[HeaderBytes];
        if (stream.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false) < HeaderBytes
            || !header.StartsWith(Magic))
            throw Bad(path, "it does not begin with a token-shard header");
        long tokens = BinaryPrimitives.ReadInt64LittleEndian(header[8..]);
        long documents = BinaryPrimitives.ReadInt64LittleEndian(header[16..]);
        int flags = BinaryPrimitives.ReadInt32LittleEndian(header[24..]);
        int vocabulary = BinaryPrimitives.ReadInt32LittleEndian(header[28..]);
        bool supervised = (flags & 1) != 0;
        if (tokens is < 0 or > int.MaxValue || documents < 0 || documents > tokens || flags is not (0 or 1)
            || vocabulary < 1
            || stream.Length != HeaderBytes + tokens * 4 + (documents + 1) * 8 + (supervised ? tokens : 0))
            throw Bad(path, "its header and its length do not agree (a truncated copy?)");
        var shard = new TokenShard(vocabulary, new int[tokens], new long[documents + 1], supervised ? new byte[tokens]
            : null);
        stream.ReadExactly(MemoryMarshal.AsBytes(shard.Tokens.AsSpan()));
        stream.ReadExactly(MemoryMarshal.AsBytes(shard.Starts.AsSpan()));
        if (shard.Supervised is not null) stream.ReadExactly(shard.Supervised);
        Check(path, shard);
        return shard;
    }

    private static void Check(string path, TokenShard shard)
    {
        foreach (var id in shard.Tokens)
            if ((uint)id >= (uint)shard.VocabularySize)
                throw Bad(path, $"token id {id} is outside the vocabulary of {shard.VocabularySize}");
        if (shard.Starts[0] != 0 || shard.Starts[^1] != shard.Tokens.Length) throw Bad(path,
            "its document starts are wrong");
        for (int i = 1; i < shard.Starts.Length; i++)
            if (shard.Starts[i] < shard.Starts[i - 1]) throw Bad(path, "its document starts are not in order");
    }

    private static UserErrorException Bad(string path, string what) =>
        new($"{path} is not a usable token shard: {what}. Run 'weir tokenize' again.");
}
