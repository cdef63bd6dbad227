using Weir.Text.Chat;
using Weir.Text.Tokenizers;

namespace Weir.Text.Tests.Tokenizers;

/// <summary>One tokenizer, trained on sample texts, that many tests read.</summary>
internal static class TestTokenizer
{
    public static Tokenizer Bilingual { get; } = BpeTrainer.Train(SampleTexts.Documents(seed: 1, count: 2000),
        new BpeTrainerOptions { VocabularySize = 1200, SpecialTokens = WeirTokens.All }, CancellationToken.None);

    /// <summary>A folder of its own for a test, removed at the end.</summary>
    public static TemporaryFolder NewFolder() => new();
}

internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("weir-text-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
