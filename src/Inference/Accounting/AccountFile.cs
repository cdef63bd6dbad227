using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using Weir.Formats.Bcl;

namespace Weir.Inference.Accounting;

/// <summary>
/// Rows in a file that is only appended to: a line each, its CRC-32C in eight hexadecimal digits, a space, JSON. What a
/// crash left half-written at the end is cut off; a line that is damaged is passed over. For one thread at a time.
/// </summary>
internal sealed class AccountFile : IDisposable
{
    private const int ChecksumCharacters = 9; // with the space
    private readonly string _path;
    private readonly ArrayBufferWriter<byte> _buffer = new(4096);
    private SafeFileHandle _file;
    private long _length;

    private AccountFile(string path, SafeFileHandle file) => (_path, _file) = (path, file);

    /// <summary>Opens or makes the file and gives every whole row in it to <paramref name="read"/>.</summary>
    /// <exception cref="UserErrorException">It cannot be written, or another engine writes it.</exception>
    public static AccountFile Open(string path, Action<AccountRow> read)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            var file = new AccountFile(path,
                File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read));
            file.Recover(read);
            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"The account {path} cannot be written: {e.Message} Choose another file with "
                + "--account.", inner: e);
        }
    }

    /// <summary>The rows are on disk when this returns. After an error the same rows can be written again.</summary>
    public void Append(IReadOnlyList<AccountRow> rows)
    {
        Lay(rows);
        RandomAccess.Write(_file, _buffer.WrittenSpan, _length);
        RandomAccess.FlushToDisk(_file);
        _length += _buffer.WrittenCount;
    }

    /// <summary>Leaves these rows alone in the file.</summary>
    public void Replace(IReadOnlyList<AccountRow> rows)
    {
        Lay(rows);
        var temporary = _path + ".new";
        var file = File.OpenHandle(temporary, FileMode.Create, FileAccess.ReadWrite, FileShare.Read);
        RandomAccess.Write(file, _buffer.WrittenSpan, 0);
        RandomAccess.FlushToDisk(file);
        File.Move(temporary, _path, overwrite: true);
        _file.Dispose();
        (_file, _length) = (file, _buffer.WrittenCount);
    }

    public void Dispose() => _file.Dispose();

    private void Lay(IReadOnlyList<AccountRow> rows)
    {
        _buffer.ResetWrittenCount();
        foreach (var row in rows)
        {
            var json = JsonSerializer.SerializeToUtf8Bytes(row, AccountJson.Wire.AccountRow);
            Encoding.ASCII.GetBytes(ChecksumOf(json).ToString("x8", CultureInfo.InvariantCulture), _buffer);
            _buffer.Write(" "u8);
            _buffer.Write(json);
            _buffer.Write("\n"u8);
        }
    }

    private void Recover(Action<AccountRow> read)
    {
        using var stream = new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1 << 16);
        var line = new ArrayBufferWriter<byte>();
        var part = new byte[1 << 16];
        while (stream.Read(part) is > 0 and var count)
        {
            var rest = part.AsSpan(0, count);
            while (rest.IndexOf((byte)'\n') is >= 0 and var end)
            {
                line.Write(rest[..end]);
                rest = rest[(end + 1)..];
                _length += line.WrittenCount + 1;
                if (TryRead(line.WrittenSpan) is { } row) read(row);
                line.ResetWrittenCount();
            }
            line.Write(rest);
        }
        RandomAccess.SetLength(_file, _length);
    }

    private static AccountRow? TryRead(ReadOnlySpan<byte> line)
    {
        if (line.Length <= ChecksumCharacters || line[ChecksumCharacters - 1] != (byte)' '
            || !uint.TryParse(line[..(ChecksumCharacters - 1)], NumberStyles.AllowHexSpecifier,
                CultureInfo.InvariantCulture, out uint checksum)
            || checksum != ChecksumOf(line[ChecksumCharacters..])) return null;
        return JsonSerializer.Deserialize(line[ChecksumCharacters..], AccountJson.Wire.AccountRow);
    }

    private static uint ChecksumOf(ReadOnlySpan<byte> bytes)
    {
        uint checksum = uint.MaxValue;
        foreach (var value in bytes) checksum = BitOperations.Crc32C(checksum, value);
        return ~checksum;
    }
}
