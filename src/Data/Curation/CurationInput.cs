using Weir.Data.Datasets;
using Weir.Data.Readers;
using Weir.Formats.Bcl;
using Weir.Formats.Datasets;
using Weir.Formats.Runs;

namespace Weir.Data.Curation;

/// <summary>A file of a recipe's source, and what is learnt about it while it is read.</summary>
internal sealed class InputFile(SourceFile file, RecipeSource source, string? split, bool isWholeSource = false)
{
    public SourceFile File { get; } = file;
    public RecipeSource Source { get; } = source;
    /// <summary>As the manifest names it: the recipe's path, and the file in it.</summary>
    public string Place => isWholeSource ? Source.Path : $"{Source.Path.TrimEnd('/')}/{File.Name}";
    /// <summary>The split that all of its documents go to; null leaves it to the draw.</summary>
    public string? Split { get; } = split;
    public string? Digest { get; set; }
    public long Kept { get; set; }
}

/// <summary>All files of a recipe in the order of reading: sources as listed, files of a source by name.</summary>
internal sealed class CurationInput
{
    /// <summary>Sources with more files than this are one entry in the manifest.</summary>
    private const int MaximumListedFiles = 1000;

    private CurationInput(IReadOnlyList<InputFile> files, IReadOnlyList<string> parents,
        IReadOnlyDictionary<string, int> unread)
    {
        Files = files;
        Parents = parents;
        Unread = unread;
    }

    public IReadOnlyList<InputFile> Files { get; }
    /// <summary>Digests of the dataset versions among the sources.</summary>
    public IReadOnlyList<string> Parents { get; }
    public IReadOnlyDictionary<string, int> Unread { get; }
    public long Bytes => Files.Sum(f => f.File.Bytes);

    /// <param name="resolve">Turns the path of a source into a place on this machine.</param>
    public static CurationInput Open(CurationRecipe recipe, Func<string, string> resolve)
    {
        var files = new List<InputFile>();
        var parents = new List<string>();
        var unread = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var source in recipe.Sources)
        {
            var path = resolve(source.Path);
            if (DatasetFolder.TryOpen(path) is { } dataset)
            {
                if (dataset.Manifest.Form == DatasetForms.Tokens)
                    throw new UserErrorException(
                        $"{path}: a token dataset cannot be curated. Curate the text it was made from.");
                parents.Add(dataset.Digest());
                files.AddRange(dataset.Manifest.Shards.Select(s =>
                    new InputFile(dataset.FileOf(s), source, source.Split ?? s.Split)));
                continue;
            }
            var listing = SourceFiles.List(path);
            files.AddRange(listing.Files.Select(f => new InputFile(f, source, source.Split, File.Exists(path))));
            foreach (var (extension, count) in listing.Unread)
                unread[extension] = unread.GetValueOrDefault(extension) + count;
        }
        return new CurationInput(files, parents, unread);
    }

    /// <summary>The form of the first record that can be read; text where there is none.</summary>
    public string DetectForm(ReadLimits limits, CancellationToken cancel)
    {
        foreach (var input in Files)
        {
            foreach (var block in new FileBlocks(input.File, limits).Read())
            {
                cancel.ThrowIfCancellationRequested();
                if (BlockParser.Parse(block).Records is [var first, ..])
                    return first.Text is null ? DatasetForms.Chat : DatasetForms.Text;
            }
        }
        return DatasetForms.Text;
    }

    /// <summary>What the manifest says of the sources; call when all was read.</summary>
    public IReadOnlyList<DatasetSource> Describe() => [.. Files.GroupBy(f => f.Source).SelectMany(Describe)];

    private static IEnumerable<DatasetSource> Describe(IGrouping<RecipeSource, InputFile> group)
    {
        var source = group.Key;
        var one = new DatasetSource
        {
            Path = source.Path, Digest = "", Licence = source.Licence, Owner = source.Owner, Rights = source.Rights,
        };
        if (group.Count() <= MaximumListedFiles)
            return group.Select(f => one with
            {
                Path = f.Place, Digest = f.Digest!, Bytes = f.File.Bytes, Documents = f.Kept,
            });
        return
        [
            one with
            {
                Digest = ArtifactTree.DigestOf(group.Select(f => new FileEntry(f.File.Name, f.Digest!, f.File.Bytes))),
                Bytes = group.Sum(f => f.File.Bytes), Documents = group.Sum(f => f.Kept),
            },
        ];
    }
}
