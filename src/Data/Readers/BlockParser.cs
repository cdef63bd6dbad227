using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Weir.Data.Readers;

/// <summary>The records of a block and what could not be read, both in the order of the file.</summary>
internal sealed record ParsedBlock(IReadOnlyList<SourceRecord> Records, IReadOnlyList<ReadIssue> Issues, long Bytes);

/// <summary>From bytes to records. Pure, so that blocks can be parsed on many threads.</summary>
internal static class BlockParser
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Parses and gives the block's buffer back.</summary>
    public static ParsedBlock Parse(Block block)
    {
        if (block.Issue is not null) return new ParsedBlock([], [block.Issue], 0);
        var records = new List<SourceRecord>();
        var issues = new List<ReadIssue>();
        var bytes = block.Bytes;
        int mark = block.FirstOffset == 0 && bytes.StartsWith(ByteOrderMark) ? ByteOrderMark.Length : 0;
        if (block.File.Shape == FileShape.Document) ParseDocument(block, bytes[mark..], records, issues);
        else ParseLines(block, mark, records, issues);
        block.Release();
        return new ParsedBlock(records, issues, bytes.Length);
    }

    private static void ParseDocument(Block block, ReadOnlySpan<byte> bytes, List<SourceRecord> records,
        List<ReadIssue> issues)
    {
        if (Utf8.IsValid(bytes))
            records.Add(new SourceRecord { File = block.File, Text = Encoding.UTF8.GetString(bytes) });
        else issues.Add(NotUtf8(block.File, block.File.Name, block.Bytes, 0));
    }

    private static void ParseLines(Block block, int mark, List<SourceRecord> records, List<ReadIssue> issues)
    {
        int start = mark;
        long number = block.FirstLine;
        while (start < block.Length)
        {
            var line = block.Bytes[start..];
            int end = line.IndexOf((byte)'\n');
            if (end >= 0) line = line[..end];
            if (line.IndexOfAnyExcept((byte)' ', (byte)'\t', (byte)'\r') >= 0)
            {
                ReadIssue? issue;
                if (!Utf8.IsValid(line))
                    issue = NotUtf8(block.File, $"{block.File.Name}:{number}", line, block.FirstOffset + start);
                else if (SourceRecord.Parse(line, block.File, number, out issue) is { } record) records.Add(record);
                if (issue is not null) issues.Add(issue);
            }
            start += line.Length + 1;
            number++;
        }
    }

    private static ReadIssue NotUtf8(SourceFile file, string where, ReadOnlySpan<byte> bytes, long offset)
    {
        int valid = 0;
        while (Rune.DecodeFromUtf8(bytes[valid..], out _, out int consumed) == OperationStatus.Done) valid += consumed;
        bool utf16 = offset == 0 && bytes.Length > 1
            && ((bytes[0], bytes[1]) is (0xFF, 0xFE) or (0xFE, 0xFF));
        var packed = file.Compression == Compression.None ? "" : " after uncompressing it";
        var command = utf16 ? "iconv -f UTF-16 -t UTF-8 OLD > NEW"
            : "iconv -f GB18030 -t UTF-8 OLD > NEW (older Chinese text is often GB18030)";
        return new ReadIssue(ReadReasons.NotUtf8,
            $"{where}: not UTF-8 at byte {offset + valid}. Convert the file{packed}, for example: {command}.");
    }
}
