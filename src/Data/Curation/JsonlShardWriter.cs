using System.Security.Cryptography;
using Weir.Data.Running;
using Weir.Formats.Bcl;
using Weir.Formats.Datasets;
using ZstdSharp;

namespace Weir.Data.Curation;

/// <summary>Writes records as <c>SPLIT-00000.jsonl.zst</c>, <c>SPLIT-00001.jsonl.zst</c>, ... and begins a new shard
/// when one holds <paramref name="shardBytes"/> uncompressed. One thread and one level, so the same records give the
/// same bytes.</summary>
internal sealed class JsonlShardWriter(string folder, string split, long shardBytes) : IDisposable
{
    private const int Level = 3;
    private readonly List<DatasetShard> _shards = [];
    private FileStream? _file;
    private DigestingWriter? _digest;
    private CompressionStream? _zstd;
    private long _bytes, _documents, _textBytes;

    private string Name => $"{split}-{_shards.Count:D5}.jsonl.zst";

    private string PathNow => Path.Combine(folder, Name);

    /// <param name="line">One JSON object without a line end.</param>
    /// <param name="textBytes">UTF-8 bytes of text in it.</param>
    public void Append(ReadOnlySpan<byte> line, long textBytes)
    {
        try
        {
            if (_zstd is null) Begin();
            _zstd!.Write(line);
            _zstd.WriteByte((byte)'\n');
            _bytes += line.Length + 1;
            _documents++;
            _textBytes += textBytes;
            if (_bytes >= shardBytes) End();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.CannotWrite(PathNow, e);
        }
    }

    /// <summary>Closes the last shard; all of them are on disk when this returns.</summary>
    public IReadOnlyList<DatasetShard> Finish()
    {
        try
        {
            if (_zstd is not null) End();
            return _shards;
        }
        catch (IOException e)
        {
            throw StorageErrors.CannotWrite(PathNow, e);
        }
    }

    private void Begin()
    {
        _file = new FileStream(PathNow, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 18);
        _digest = new DigestingWriter(_file);
        _zstd = new CompressionStream(_digest, Level, leaveOpen: true);
    }

    private void End()
    {
        _zstd!.Dispose();
        _zstd = null;
        _file!.Flush(flushToDisk: true);
        _shards.Add(new DatasetShard
        {
            Path = Name, Split = split, Digest = _digest!.Finish(), Bytes = _file.Length,
            Documents = _documents, TextBytes = _textBytes,
        });
        _digest.Dispose();
        _file.Dispose();
        _file = null;
        (_bytes, _documents, _textBytes) = (0, 0, 0);
    }

    public void Dispose()
    {
        // Each for itself: on a full disk the first one throws, and the file must be closed all the same, or its
        // space stays taken.
        GiveUp(_zstd);
        GiveUp(_digest);
        GiveUp(_file);
    }

    private static void GiveUp(IDisposable? part)
    {
        try
        {
            part?.Dispose();
        }
        catch (IOException) // the error that led here is the one to tell
        {
        }
    }

    /// <summary>Passes bytes on to the file and digests them.</summary>
    private sealed class DigestingWriter(FileStream file) : Stream
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _hash.AppendData(buffer);
            file.Write(buffer);
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public string Finish() => Digest.Format(_hash.GetHashAndReset());

        protected override void Dispose(bool disposing)
        {
            _hash.Dispose();
            base.Dispose(disposing);
        }

        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => file.Length;
        public override long Position { get => file.Position; set => throw new NotSupportedException(); }
        public override void Flush() => file.Flush();
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
