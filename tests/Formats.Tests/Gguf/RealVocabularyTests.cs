using Weir.Formats.Gguf;

namespace Weir.Formats.Tests.Gguf;

/// <summary>Vocabularies as llama.cpp's converter wrote them.</summary>
public sealed class RealVocabularyTests
{
    [Fact]
    public void Real_vocabularies_are_read_and_agree_with_themselves()
    {
        foreach (var path in Files())
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            using var file = GgufFile.Open(path);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20 * new FileInfo(path).Length);
            var tokens = file.Get<string[]>(GgufVocabulary.TokensKey);
            Assert.True(tokens.Length > 30_000);
            GgufVocabulary.Check(file, tokens.Length);
        }
    }

    private static string[] Files()
    {
        for (var at = new DirectoryInfo(RepositoryRoot.Path); at is not null; at = at.Parent)
        {
            var folder = Path.Combine(at.FullName, "shared", "data", "tokenizers");
            if (Directory.Exists(folder)) return Directory.GetFiles(folder, "*.gguf");
        }
        Assert.Skip("needs shared/data/tokenizers: put the shared data folder beside the repository");
        return [];
    }
}
