using System.Text;
using Weir.Data.Readers;

namespace Weir.Data.Tests.Readers;

public sealed class BlockParserTests
{
    private static ParsedBlock Parse(string name, byte[] bytes)
    {
        using var scratch = new Scratch();
        var file = SourceFiles.List(scratch.Write(name, bytes)).Files[0];
        var all = new FileBlocks(file, new ReadLimits()).Read().Select(BlockParser.Parse).ToList();
        return new ParsedBlock([.. all.SelectMany(p => p.Records)], [.. all.SelectMany(p => p.Issues)], 0);
    }

    private static ParsedBlock ParseLines(params string[] lines) =>
        Parse("a.jsonl", Encoding.UTF8.GetBytes(string.Join('\n', lines)));

    [Fact]
    public void A_record_keeps_what_is_known_of_it()
    {
        var record = Assert.Single(ParseLines(
            """{"id": 7, "meta": {"text": "no", "a": [1, {}]}, "text": "一\n二", """
            + """ "source": "book", "license": "MIT", "x": null}""").Records);
        Assert.Equal(("7", "一\n二", "book", "MIT"), (record.Id, record.Text, record.Source, record.Licence));
    }

    [Fact]
    public void A_chat_record_has_turns_and_the_answer_is_the_last()
    {
        var record = Assert.Single(ParseLines(
            """{"kind":"sum","messages":[{"role":"user","content":"1+1?","name":"x"}],"""
            + """ "answer":"2","template":"en-1"}""").Records);
        Assert.Equal([("user", "1+1?"), ("assistant", "2")], record.Turns!.Select(t => (t.Role, t.Content)));
        Assert.Equal(("sum", "en-1"), (record.Kind, record.Template));
    }

    [Fact]
    public void Lines_that_are_not_JSON_are_counted_with_file_and_line_and_the_others_are_kept()
    {
        var parsed = ParseLines("""{"text":"one"}""", "{nonsense", "", "   ", "[1]", "\"word\"",
            """{"text":"x"} trailing""",
            """{"text":"half \ud800 pair"}""", "\0", """{"text":"two"}""", "{\"text\":\"unfinished");
        Assert.Equal(["one", "two"], parsed.Records.Select(r => r.Text));
        Assert.Equal(7, parsed.Issues.Count);
        Assert.All(parsed.Issues, i => Assert.Equal(ReadReasons.BadJson, i.Reason));
        Assert.StartsWith("a.jsonl:2: not JSON", parsed.Issues[0].Message);
        Assert.StartsWith("a.jsonl:11:", parsed.Issues[^1].Message);
    }

    [Theory]
    [InlineData("""{"content":"x"}""")]
    [InlineData("""{"text":null}""")]
    [InlineData("""{"text":["x"]}""")]
    [InlineData("""{"messages":[]}""")]
    [InlineData("""{"messages":"x"}""")]
    [InlineData("""{"messages":[{"role":"user"}]}""")]
    [InlineData("""{"messages":["x",{"role":"user","content":"x"}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"text"}]}]}""")]
    public void A_record_with_neither_text_nor_messages_is_counted(string line)
    {
        var parsed = ParseLines(line);
        Assert.Empty(parsed.Records);
        Assert.Equal(ReadReasons.NoText, Assert.Single(parsed.Issues).Reason);
    }

    [Fact]
    public void A_text_file_in_GB18030_is_skipped_with_the_byte_and_what_to_do()
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        var parsed = Parse("a.txt", [.. "abc"u8, .. Encoding.GetEncoding("GB18030").GetBytes("堰把野水变成好水")]);
        Assert.Empty(parsed.Records);
        var issue = Assert.Single(parsed.Issues);
        Assert.Equal(ReadReasons.NotUtf8, issue.Reason);
        Assert.Contains("a.txt: not UTF-8 at byte 3", issue.Message);
        Assert.Contains("iconv -f GB18030", issue.Message);
    }

    [Fact]
    public void A_UTF_16_file_is_told_apart()
    {
        var parsed = Parse("a.txt", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("水")]);
        Assert.Contains("iconv -f UTF-16", Assert.Single(parsed.Issues).Message);
    }

    [Fact]
    public void A_line_that_is_not_UTF_8_is_skipped_with_its_byte_in_the_file()
    {
        var good = Scratch.Line("one");
        var parsed = Parse("a.jsonl", [.. Encoding.UTF8.GetBytes(good), .. "{\"text\":\""u8, 0xFF, .. "\"}\n"u8,
            .. Encoding.UTF8.GetBytes(good)]);
        Assert.Equal(2, parsed.Records.Count);
        Assert.Contains($"a.jsonl:2: not UTF-8 at byte {good.Length + 9}", Assert.Single(parsed.Issues).Message);
    }

    [Fact]
    public void A_byte_order_mark_before_the_first_line_and_CRLF_do_no_harm()
    {
        var parsed = Parse("a.jsonl", Encoding.UTF8.GetBytes("\uFEFF{\"text\":\"one\"}\r\n{\"text\":\"two\"}\r\n"));
        Assert.Equal(["one", "two"], parsed.Records.Select(r => r.Text));
        Assert.Empty(parsed.Issues);
    }
}
