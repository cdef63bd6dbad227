using Weir.Text.Chat;
using Weir.Text.Tokenizers;

namespace Weir.Inference.Tests;

/// <summary>A small tokenizer of two languages, trained once.</summary>
internal static class TestTokenizer
{
    public static Tokenizer Small { get; } = BpeTrainer.Train(Documents(), new BpeTrainerOptions
    {
        VocabularySize = 420, SpecialTokens = WeirTokens.All,
    }, CancellationToken.None);

    /// <summary>Without special tokens, so that nothing ends an answer.</summary>
    public static Tokenizer Plain { get; } = BpeTrainer.Train(Documents(),
        new BpeTrainerOptions { VocabularySize = 300 }, CancellationToken.None);

    /// <summary>Made of words by a fixed rule.</summary>
    public static IEnumerable<string> Documents()
    {
        string[] who = ["the miller", "a heron", "the lock keeper", "Anna", "the river", "an engineer"];
        string[] does = ["opens", "counts", "measures", "remembers", "crosses"];
        string[] what = ["the gate", "seven boats", "the water at 14:05", "every stone", "a quiet morning"];
        string[] chinese = ["河水流过小镇。", "工程师打开闸门,", "今天有三艘船。", "孩子们在桥上看鹭鸟!", "价格是25元。"];
        for (int i = 0; i < 600; i++)
            yield return $"{who[i % who.Length]} {does[i % does.Length]} {what[i / 3 % what.Length]}. "
                + $"{chinese[i % chinese.Length]}{chinese[i / 7 % chinese.Length]} Don't they'll say {i}?\n\n"
                + "  It is done 😀.";
    }
}

/// <summary>A folder of its own for a test, removed at the end.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("weir-inference-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>Places outside of the tests' own folder.</summary>
internal static class Places
{
    public static string Root { get; } = FindRoot();

    /// <summary>A file of the shared data beside the repository; skips the test by name where it is missing.</summary>
    public static string SharedData(string relative)
    {
        for (var folder = new DirectoryInfo(Root); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, "shared", "data", relative);
            if (File.Exists(path)) return path;
        }
        Assert.Skip($"needs shared/data/{relative}: put the shared data folder beside the repository");
        return "";
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "global.json"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The tests run inside the source tree.");
    }
}
