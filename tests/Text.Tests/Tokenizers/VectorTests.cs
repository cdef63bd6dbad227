using System.Text;
using Weir.Formats.Gguf;
using Weir.Text.Tokenizers;

namespace Weir.Text.Tests.Tokenizers;

/// <summary>llama.cpp's vocabulary files with their inputs and the ids that the models' own tokenizers give.</summary>
public sealed class VectorTests
{
    private const string Separator = "\n__ggml_vocab_test__\n";

    /// <summary>All that are there; without the folder, those that it is known to have.</summary>
    public static TheoryData<string> Vocabularies
    {
        get
        {
            string[] known = ["bert-bge", "deepseek-coder", "gpt-2", "llama-spm", "mpt", "phi-3"];
            var found = SharedData.TryFind("tokenizers/ggml-vocab-gpt-2.gguf.inp") is { } one
                ? Directory.GetFiles(Path.GetDirectoryName(one)!, "*.gguf.inp").Select(NameOf) : [];
            return [.. known.Union(found).Order(StringComparer.Ordinal)];
        }
    }

    [Theory]
    [MemberData(nameof(Vocabularies))]
    public void All_vectors_get_their_ids(string name)
    {
        using var file = GgufFile.Open(SharedData.Find($"tokenizers/ggml-vocab-{name}.gguf"));
        var tokenizer = Tokenizer.FromGguf(file);
        var inputs = File.ReadAllText(SharedData.Find($"tokenizers/ggml-vocab-{name}.gguf.inp"));
        var outputs = File.ReadAllText(SharedData.Find($"tokenizers/ggml-vocab-{name}.gguf.out"));

        var texts = inputs.Split(Separator)[..^1];
        var expected = outputs.Split('\n').Take(texts.Length).Select(line =>
            line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).ToArray()).ToArray();

        Assert.Equal(expected.Length, texts.Length);
        Assert.InRange(texts.Length, 40, 100);
        for (var i = 0; i < texts.Length; i++)
        {
            Assert.True(expected[i].SequenceEqual(tokenizer.Encode(texts[i])),
                $"Text {i} '{texts[i]}': expected {Pieces(expected[i])}, got {Pieces(tokenizer.Encode(texts[i]))}");
            // Once more, from the cache.
            Assert.Equal(expected[i], tokenizer.Encode(texts[i]));
        }

        string Pieces(int[] ids) => string.Join(' ', ids.Select(id => $"{tokenizer.TokenTexts[id]}({id})"));
    }

    private static string NameOf(string path) =>
        Path.GetFileName(path)["ggml-vocab-".Length..^".gguf.inp".Length];

    [Theory]
    [InlineData("deepseek-coder")]
    [InlineData("gpt-2")]
    [InlineData("gpt-neox")]
    [InlineData("llama-spm")]
    [InlineData("mpt")]
    [InlineData("phi-3")]
    [InlineData("baichuan")]
    public void Text_comes_back_whole_and_in_parts(string name)
    {
        using var file = GgufFile.Open(SharedData.Find($"tokenizers/ggml-vocab-{name}.gguf"));
        var tokenizer = Tokenizer.FromGguf(file);
        foreach (var text in SampleTexts.Mixed(seed: 61, count: 400))
        {
            var wellFormed = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
            var ids = tokenizer.Encode(wellFormed);
            Assert.Equal(wellFormed.Normalize(), tokenizer.Decode(ids).Normalize());
            var detokenizer = new IncrementalDetokenizer(tokenizer);
            Assert.Equal(tokenizer.Decode(ids), string.Concat(ids.Select(detokenizer.Push)) + detokenizer.Flush());
        }
    }
}

internal static class SharedData
{
    /// <summary>A file of the shared data beside the repository; skips the test by name where it is missing.</summary>
    public static string Find(string relative)
    {
        var path = TryFind(relative);
        Assert.SkipWhen(path is null,
            $"needs shared/data/{relative}: put the shared data folder beside the repository");
        return path;
    }

    public static string? TryFind(string relative)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, "shared", "data", relative);
            if (File.Exists(path)) return path;
        }
        return null;
    }
}
