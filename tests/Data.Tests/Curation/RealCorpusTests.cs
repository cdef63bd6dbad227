using Weir.Data.Curation;

namespace Weir.Data.Tests.Curation;

/// <summary>Chinese text as it is found, compressed with an 8 MB window.</summary>
public sealed class RealCorpusTests
{
    [Theory]
    [InlineData("crosswoz_zh.jsonl.zst", 1000, 0, 1_380_000)]
    [InlineData("cmrc_wiki_zh.jsonl.zst", 1104, 0, 1_580_000)]
    [InlineData("sft_demo.jsonl.zst", 2299, 22, 2_090_000)]
    public async Task A_real_file_is_read_to_the_last_document(string name, int documents, int duplicates, long about)
    {
        var path = FindCorpus(name);
        Assert.SkipWhen(path is null, $"needs shared/data/corpus/{name} beside the checkout");
        using var scratch = new Scratch();
        var result = await scratch.Curate(Scratch.Recipe(path!));
        var report = result.Manifest.Report!;
        Assert.Equal(documents, report.DocumentsRead);
        Assert.Empty(report.Errors);
        Assert.Equal(duplicates, report.Dropped.GetValueOrDefault("duplicate"));
        Assert.InRange(report.BytesKept, about * 0.95, about * 1.05);
        Assert.InRange(scratch.Records("out", "heldout").Count, documents * 0.005, documents * 0.04);
    }

    private static string? FindCorpus(string name)
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            var path = Path.Combine(at.FullName, "shared", "data", "corpus", name);
            if (File.Exists(path)) return path;
        }
        return null;
    }
}
