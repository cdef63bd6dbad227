using System.Text;
using Weir.Data.Readers;
using Weir.Formats.Bcl;

namespace Weir.Data.Tests.Readers;

public sealed class FileBlocksTests
{
    private static readonly string Lines =
        string.Concat(Enumerable.Range(0, 5000).Select(i => Scratch.Line($"第 {i} 行 line {i * 7919 % 1009}")));

    private static (List<SourceRecord> Records, List<ReadIssue> Issues, FileBlocks Blocks) Read(string path,
        ReadLimits? limits = null)
    {
        var blocks = new FileBlocks(SourceFiles.List(path).Files[0], limits ?? new ReadLimits());
        var parsed = blocks.Read().Select(BlockParser.Parse).ToList();
        return ([.. parsed.SelectMany(p => p.Records)], [.. parsed.SelectMany(p => p.Issues)], blocks);
    }

    [Theory]
    [InlineData("a.jsonl")]
    [InlineData("a.jsonl.gz")]
    [InlineData("a.jsonl.zst")]
    public void Lines_come_out_whole_whatever_the_compression_and_the_block_size(string name)
    {
        using var scratch = new Scratch();
        var path = scratch.Write(name, Lines);
        foreach (int block in (int[])[16, 100, 4096, 1 << 20])
        {
            var (records, issues, blocks) = Read(path, new ReadLimits(BlockBytes: block));
            Assert.Empty(issues);
            Assert.Equal(5000, records.Count);
            for (int i = 0; i < records.Count; i++)
            {
                Assert.StartsWith($"第 {i} 行", records[i].Text);
                Assert.Equal(i + 1, records[i].Line);
            }
            Assert.Equal(Digest.OfFile(path), blocks.Digest);
            Assert.Equal(Encoding.UTF8.GetByteCount(Lines), blocks.BytesOut);
        }
    }

    [Theory]
    [InlineData("a.txt")]
    [InlineData("a.md.gz")]
    [InlineData("a.txt.zst")]
    public void A_text_file_is_one_document_without_its_byte_order_mark(string name)
    {
        using var scratch = new Scratch();
        var (records, issues, _) = Read(scratch.Write(name, "\uFEFF一\r\ntwo\n"));
        Assert.Empty(issues);
        Assert.Equal("一\r\ntwo\n", Assert.Single(records).Text);
        Assert.Null(records[0].Line);
    }

    [Fact]
    public void Frames_and_members_one_after_another_are_one_file()
    {
        using var scratch = new Scratch();
        byte[] one = Encoding.UTF8.GetBytes(Scratch.Line("one")), two = Encoding.UTF8.GetBytes(Scratch.Line("two"));
        Assert.Equal(2, Read(scratch.WriteRaw("a.jsonl.zst",
            [.. Scratch.Zstd(one), .. Scratch.Zstd(two)])).Records.Count);
        Assert.Equal(2, Read(scratch.WriteRaw("a.jsonl.gz",
            [.. Scratch.Gzip(one), .. Scratch.Gzip(two)])).Records.Count);
    }

    [Theory]
    [InlineData("zst")]
    [InlineData("gz")]
    public void A_truncated_file_gives_its_complete_lines_and_one_issue_at_every_cut(string ending)
    {
        using var scratch = new Scratch();
        var content = Encoding.UTF8.GetBytes(Lines);
        var whole = ending == "zst" ? Scratch.Zstd(content, 1) : Scratch.Gzip(content);
        int before = 0;
        foreach (double part in (double[])[0, 0.0001, 0.01, 0.3, 0.6, 0.9, 0.99, 0.9999])
        {
            int cut = (int)(whole.Length * part);
            var (records, issues, blocks) = Read(scratch.WriteRaw($"a.jsonl.{ending}", whole.AsSpan(0, cut)));
            Assert.Equal(ReadReasons.Truncated, Assert.Single(issues).Reason);
            Assert.True(records.Count >= before && records.Count <= 5000);
            before = records.Count;
            for (int i = 0; i < records.Count; i++) Assert.StartsWith($"第 {i} 行", records[i].Text);
            Assert.Equal(Digest.OfBytes(whole.AsSpan(0, cut)), blocks.Digest);
        }
        Assert.True(before > 0);
        // A few bytes less than all of it: the checksum at the end is not there.
        Assert.Equal(ReadReasons.Truncated,
            Read(scratch.WriteRaw($"a.jsonl.{ending}", whole.AsSpan(0, whole.Length - 2))).Issues[0].Reason);
    }

    [Theory]
    [InlineData("a.txt.zst")]
    [InlineData("a.txt.gz")]
    public void A_truncated_document_is_not_kept(string name)
    {
        using var scratch = new Scratch();
        var whole = File.ReadAllBytes(scratch.Write(name, Lines));
        var (records, issues, _) = Read(scratch.WriteRaw(name, whole.AsSpan(0, whole.Length / 2)));
        Assert.Empty(records);
        Assert.Equal(ReadReasons.Truncated, Assert.Single(issues).Reason);
    }

    [Theory]
    [InlineData("a.jsonl.zst")]
    [InlineData("a.jsonl.gz")]
    public void A_file_that_is_not_what_its_name_says_is_corrupt(string name)
    {
        using var scratch = new Scratch();
        var (records, issues, _) = Read(scratch.WriteRaw(name, Encoding.UTF8.GetBytes(Lines)));
        Assert.Empty(records);
        Assert.Equal(ReadReasons.Corrupt, Assert.Single(issues).Reason);
    }

    [Theory]
    [InlineData("a.jsonl.zst")]
    [InlineData("a.jsonl.gz")]
    public void A_flipped_bit_in_the_data_is_told_from_a_truncation(string name)
    {
        using var scratch = new Scratch();
        var bytes = File.ReadAllBytes(scratch.Write(name, Lines));
        foreach (double part in (double[])[0.2, 0.5, 0.8])
        {
            var flipped = bytes.ToArray();
            flipped[(int)(bytes.Length * part)] ^= 0x10;
            Assert.Equal(ReadReasons.Corrupt, Read(scratch.WriteRaw(name, flipped)).Issues[^1].Reason);
        }
    }

    [Fact]
    public void A_line_over_the_limit_is_counted_and_the_next_ones_are_read()
    {
        using var scratch = new Scratch();
        var path = scratch.Write("a.jsonl", Scratch.Line("before") + Scratch.Line(new string('x', 100_000))
            + Scratch.Line("after") + Scratch.Line(new string('y', 100_000)).TrimEnd());
        var (records, issues, _) = Read(path, new ReadLimits(DocumentBytes: 10_000, BlockBytes: 1000));
        Assert.Equal([("before", 1L), ("after", 3L)], records.Select(r => (r.Text!, r.Line!.Value)));
        Assert.Equal([ReadReasons.TooLong, ReadReasons.TooLong], issues.Select(i => i.Reason));
        Assert.Contains("a.jsonl:2:", issues[0].Message);
        Assert.Contains("a.jsonl:4:", issues[1].Message);
    }

    [Fact]
    public void A_document_over_the_limit_is_counted()
    {
        using var scratch = new Scratch();
        var limits = new ReadLimits(DocumentBytes: 10_000);
        Assert.Equal(ReadReasons.TooLong,
            Assert.Single(Read(scratch.Write("a.txt.zst", new string('x', 10_001)), limits).Issues).Reason);
        Assert.Single(Read(scratch.Write("b.txt.zst", new string('x', 10_000)), limits).Records);
    }

    [Fact]
    public void Long_windows_are_read()
    {
        using var scratch = new Scratch();
        var text = new byte[20 << 20];
        new Random(1).NextBytes(text.AsSpan(0, 9 << 20));
        for (int i = 0; i < text.Length; i++) text[i] = (byte)('a' + text[i] % 26);
        text.AsSpan(0, 9 << 20).CopyTo(text.AsSpan(9 << 20)); // repeats 9 MB back
        Assert.Single(Read(scratch.WriteRaw("a.txt.zst", Scratch.Zstd(text, 22))).Records);
    }

    [Fact]
    public void A_file_that_is_gone_is_an_error_that_names_it()
    {
        using var scratch = new Scratch();
        var file = SourceFiles.List(scratch.Write("a.txt", "x")).Files[0];
        File.Delete(file.Path);
        Assert.Contains(file.Path, Assert.Throws<UserErrorException>(() =>
            new FileBlocks(file, new ReadLimits()).Read().ToList()).Message);
    }
}
