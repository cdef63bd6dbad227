using Weir.Data.Running;
using Weir.Formats.Bcl;
using Weir.Formats.Datasets;
using Weir.Formats.Tokens;

namespace Weir.Data.Tokenization;

/// <summary>Gathers documents of token ids and writes them as <c>SPLIT-00000.tokens</c> and so on. Holds one shard
/// in memory.</summary>
internal sealed class TokenShardWriter(string folder, string split, int vocabularySize, bool supervised,
    int shardTokens)
{
    private readonly List<DatasetShard> _shards = [];
    private readonly List<long> _starts = [0];
    private int[] _ids = new int[1 << 16];
    private byte[] _marks = supervised ? new byte[1 << 16] : [];
    private int _count;
    private long _textBytes;

    /// <param name="marks">As long as <paramref name="ids"/> where the shard bears supervision.</param>
    /// <param name="textBytes">UTF-8 bytes of the text that the ids stand for.</param>
    public void Append(ReadOnlySpan<int> ids, ReadOnlySpan<byte> marks, long textBytes)
    {
        if (_count > 0 && (long)_count + ids.Length > shardTokens) End();
        if ((long)_count + ids.Length > _ids.Length)
        {
            int size = (int)Math.Min(Array.MaxLength, Math.Max(_ids.Length * 2L, (long)_count + ids.Length));
            Array.Resize(ref _ids, size);
            if (supervised) Array.Resize(ref _marks, size);
        }
        ids.CopyTo(_ids.AsSpan(_count));
        if (supervised) marks.CopyTo(_marks.AsSpan(_count));
        _count += ids.Length;
        _starts.Add(_count);
        _textBytes += textBytes;
    }

    public IReadOnlyList<DatasetShard> Finish()
    {
        if (_count > 0) End();
        return _shards;
    }

    private void End()
    {
        var name = $"{split}-{_shards.Count:D5}.tokens";
        var path = Path.Combine(folder, name);
        var marks = supervised ? _marks[.._count] : null;
        try
        {
            new TokenShard(vocabularySize, _ids[.._count], [.. _starts], marks).Save(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.CannotWrite(path, e);
        }
        _shards.Add(new DatasetShard
        {
            Path = name, Split = split, Digest = Digest.OfFile(path), Bytes = new FileInfo(path).Length,
            Documents = _starts.Count - 1, TextBytes = _textBytes, Tokens = _count,
            SupervisedTokens = marks?.Sum(m => (long)m),
        });
        _starts.Clear();
        _starts.Add(0);
        (_count, _textBytes) = (0, 0);
    }
}
