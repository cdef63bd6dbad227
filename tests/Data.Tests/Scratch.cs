using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Weir.Data.Curation;
using Weir.Data.Datasets;
using Weir.Data.Readers;
using Weir.Formats.Datasets;
using ZstdSharp;

namespace Weir.Data.Tests;

/// <summary>A folder of its own for a test, gone afterwards.</summary>
internal sealed class Scratch : IDisposable
{
    public Scratch() => Path = Directory.CreateTempSubdirectory("weir-data-").FullName;

    public string Path { get; }

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public string Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    /// <summary>Compresses as the name's ending says.</summary>
    public string Write(string name, byte[] content)
    {
        var path = this[name];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, System.IO.Path.GetExtension(name) switch
        {
            ".gz" => Gzip(content),
            ".zst" => Zstd(content),
            _ => content,
        });
        return path;
    }

    public string WriteRaw(string name, ReadOnlySpan<byte> bytes)
    {
        File.WriteAllBytes(this[name], bytes);
        return this[name];
    }

    public static byte[] Gzip(byte[] content)
    {
        using var target = new MemoryStream();
        using (var gzip = new GZipStream(target, CompressionLevel.Optimal)) gzip.Write(content);
        return target.ToArray();
    }

    public static byte[] Zstd(byte[] content, int level = 19)
    {
        using var compressor = new Compressor(level);
        compressor.SetParameter(ZstdSharp.Unsafe.ZSTD_cParameter.ZSTD_c_checksumFlag, 1); // as the zstd tool does
        return compressor.Wrap(content).ToArray();
    }

    public static string Line(string text, string? id = null) =>
        JsonSerializer.Serialize(id is null ? new { text } : (object)new { id, text }) + "\n";

    /// <summary>Curates into a new folder <paramref name="name"/>.</summary>
    public async Task<CurationResult> Curate(CurationRecipe recipe, string name = "out",
        CurationOptions? options = null)
    {
        var folder = Directory.CreateDirectory(this[name]).FullName;
        return await new Curator(recipe, options ?? new CurationOptions(), p => System.IO.Path.GetFullPath(p, Path))
            .RunAsync(folder, null, TestContext.Current.CancellationToken);
    }

    public static CurationRecipe Recipe(params string[] paths) =>
        new() { Name = "test", Sources = [.. paths.Select(p => new RecipeSource(p))] };

    /// <summary>All records of a split, in order.</summary>
    public IReadOnlyList<SourceRecord> Records(string dataset, string split)
    {
        var folder = DatasetFolder.Open(this[dataset]);
        return [.. folder.Manifest.Shards.Where(s => s.Split == split)
            .SelectMany(s => DatasetRecords.Blocks(folder, s, new ReadLimits()))
            .SelectMany(b => DatasetRecords.Parse(folder, b))];
    }

    public IReadOnlyDictionary<string, string> FileDigests(string name) =>
        Directory.GetFiles(this[name], "*", SearchOption.AllDirectories)
        .ToDictionary(f => System.IO.Path.GetRelativePath(this[name], f), Formats.Bcl.Digest.OfFile);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
