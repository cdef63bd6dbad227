using Weir.Formats.Bcl;
using Weir.Formats.Gguf;
using Weir.Formats.Models;
using Weir.Formats.Platform;
using Weir.Registry.Blobs;

namespace Weir.Registry.Models;

/// <summary>A model that lies on this machine, looked at before anything of it is taken in: it can be read, which
/// files belong to it, and what they say of themselves.</summary>
/// <param name="Card">All that the files tell; its licence is null where they do not.</param>
/// <param name="Files">By name within the artifact.</param>
/// <param name="SuggestedName">From the file's or folder's name, fit to be a version's name.</param>
public sealed record FoundModel(ModelCard Card, IReadOnlyList<SourceFile> Files, string SuggestedName)
{
    /// <summary>Other files of a folder are small; what is larger is something else.</summary>
    private const long MaxCompanionBytes = 64 << 20;
    private const int MaxCompanions = 100;

    private static readonly string[] CompanionExtensions = [".json", ".jinja", ".txt", ".md", ".model", ".tiktoken"];
    private static readonly string[] RightsNames = ["LICENSE", "LICENCE", "COPYING", "NOTICE", "USE_POLICY"];
    private static readonly string[] TokenizerNames =
        ["tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "tiktoken.model"];

    /// <exception cref="UserErrorException">There is no model, it is damaged, or of a family that this version does
    /// not know.</exception>
    public static FoundModel At(string path)
    {
        if (Directory.Exists(path)) return InFolder(Path.TrimEndingDirectorySeparator(path));
        if (!File.Exists(path)) throw new UserErrorException($"There is no file or folder {path} any more.");
        // Pipes and devices have no length; opening one would wait for ever.
        if (FileOf(path).Bytes == 0)
            throw new UserErrorException($"{path} is empty. Fetch or export it again.");
        return InGguf(path);
    }

    /// <summary>What a model folder says of itself.</summary>
    /// <exception cref="UserErrorException">It cannot be read.</exception>
    public static ModelCard CardOf(string folder) => InFolder(folder).Card;

    private static FoundModel InGguf(string path)
    {
        using var weights = WeightsSource.Open(path);
        using var header = GgufFile.Open(path);
        if (!header.Metadata.ContainsKey(GgufVocabulary.TokensKey))
            throw new UserErrorException($"{path} has no tokenizer in its metadata, so nobody could ask the model. "
                + "Convert it again with its tokenizer.");
        List<SourceFile> files = [.. weights.Paths.Select(FileOf)];
        return new FoundModel(CardOf(weights, "gguf", files, ModelLicence.Of(header)), files, ModelName.Of(path));
    }

    private static FoundModel InFolder(string folder)
    {
        if (!File.Exists(Path.Combine(folder, ModelConfigFile.FileName))
            && Directory.EnumerateFiles(folder, "*.gguf").Order(StringComparer.Ordinal).FirstOrDefault() is { } gguf)
            throw new UserErrorException($"{folder} holds GGUF files and no {ModelConfigFile.FileName}. Give one of "
                + $"its files: {gguf}");
        using var weights = WeightsSource.Open(folder);
        if (!TokenizerNames.Any(name => File.Exists(Path.Combine(folder, name))))
            throw new UserErrorException($"{folder} has no tokenizer.json, so nobody could ask the model. Fetch that "
                + "file too.");
        List<SourceFile> files = [.. weights.Paths.Select(FileOf)];
        files.AddRange(Companions(folder));
        return new FoundModel(CardOf(weights, "safetensors", files, ModelLicence.OfFolder(folder)), files,
            ModelName.Of(folder));
    }

    private static List<SourceFile> Companions(string folder)
    {
        var found = Directory.EnumerateFiles(folder)
            .Where(path => IsCompanion(Path.GetFileName(path))).Order(StringComparer.Ordinal)
            .Select(FileOf).Where(file => file.Bytes is > 0 and <= MaxCompanionBytes).ToList();
        return found.Count <= MaxCompanions ? found
            : throw new UserErrorException($"{folder} has {found.Count} small files, which no model folder has. Give "
                + "the folder of the model alone.");
    }

    private static bool IsCompanion(string name) => name[0] != '.'
        && (CompanionExtensions.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase)
            || RightsNames.Any(n => name.StartsWith(n, StringComparison.OrdinalIgnoreCase)));

    /// <summary>A cache of Hugging Face keeps links in place of files, so the length is that of the target.</summary>
    private static SourceFile FileOf(string path)
    {
        var target = new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? new FileInfo(path);
        return new SourceFile(Path.GetFileName(path), path, target.Exists ? target.Length : 0);
    }

    private static ModelCard CardOf(WeightsSource weights, string format, List<SourceFile> files, string? licence)
    {
        static long Elements(ModelTensor tensor) => tensor.Shape.Aggregate(1L, (a, b) => a * b);
        var types = weights.Tensors.Where(t => t.Shape.Count == 2).GroupBy(weights.TypeOf)
            .OrderByDescending(group => group.Sum(Elements)).Select(group => group.Key.ToString());
        var config = weights.Config;
        return new ModelCard
        {
            Family = config.Architecture?.GgufName ?? config.ModelType, Parameters = weights.Tensors.Sum(Elements),
            Quantisation = string.Join(" + ", types), ContextLength = config.ContextLength,
            VocabularySize = config.VocabularySize, LayerCount = config.LayerCount, Format = format,
            Bytes = files.Sum(f => f.Bytes), Licence = licence,
        };
    }
}
