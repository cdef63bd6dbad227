using Weir.Data.Readers;
using Weir.Formats.Bcl;

namespace Weir.Data.Tests.Readers;

public sealed class SourceFilesTests
{
    [Fact]
    public void Files_are_listed_in_ordinal_order_with_hidden_ones_left_out_and_unknown_ones_counted()
    {
        using var scratch = new Scratch();
        foreach (var name in (string[])["b.txt", "B.md", "a/z.jsonl", "a.jsonl.zst", "x.TXT.GZ", ".hidden.txt",
            ".git/y.txt", "p.pdf", "q.pdf", "README"])
            scratch.Write(name, "x");
        var listing = SourceFiles.List(scratch.Path);
        Assert.Equal(["B.md", "a.jsonl.zst", "a/z.jsonl", "b.txt", "x.TXT.GZ"], listing.Files.Select(f => f.Name));
        Assert.Equal([("", 1), (".pdf", 2)], listing.Unread.Select(u => (u.Key, u.Value)));
    }

    [Fact]
    public void An_empty_folder_is_an_error_that_says_what_is_read()
    {
        using var scratch = new Scratch();
        var error = Assert.Throws<UserErrorException>(() => SourceFiles.List(scratch.Path));
        Assert.Contains(".txt, .md and .jsonl", error.Message);
        Assert.Contains("empty", error.Message);
    }

    [Fact]
    public void A_folder_of_unknown_files_names_what_was_found()
    {
        using var scratch = new Scratch();
        scratch.Write("a.docx", "x");
        Assert.Contains(".docx (1)", Assert.Throws<UserErrorException>(() => SourceFiles.List(scratch.Path)).Message);
    }

    [Fact]
    public void A_missing_path_and_an_unknown_file_are_errors()
    {
        using var scratch = new Scratch();
        Assert.Contains("no such file",
            Assert.Throws<UserErrorException>(() => SourceFiles.List(scratch["gone"])).Message);
        Assert.Contains("no reader knows",
            Assert.Throws<UserErrorException>(() => SourceFiles.List(scratch.Write("a.pdf", "x"))).Message);
    }

    [Fact]
    public void A_link_back_to_the_folder_is_not_followed()
    {
        using var scratch = new Scratch();
        scratch.Write("a.txt", "x");
        Directory.CreateSymbolicLink(scratch["loop"], scratch.Path);
        Assert.Single(SourceFiles.List(scratch.Path).Files);
    }
}
