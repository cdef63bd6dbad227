using System.Text.RegularExpressions;
using Weir.Formats.Bcl;
using Weir.Formats.Gguf;

namespace Weir.Bench.Engines;

/// <summary>A GGUF file to measure: how rows name it, and what one token reads of it.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Name">The model, as in <c>qwen2.5-0.5b</c>.</param>
/// <param name="Quant">The type of its weights, as in <c>Q4_K_M</c>.</param>
/// <param name="WeightBytes">What a token reads of the file: all tensors, but of an embedding table that is not the
/// output layer too only a row, which is nothing.</param>
/// <param name="CacheBytes">Keys and values of one position, at two bytes an element.</param>
internal sealed partial record ModelFile(string Path, string Name, string Quant, long WeightBytes, long CacheBytes)
{
    private const string Embedding = "token_embd.weight", Output = "output.weight";

    /// <summary>Names of <c>general.file_type</c> (the enumeration llama_ftype of llama.cpp).</summary>
    private static readonly Dictionary<long, string> FileTypes = new()
    {
        [0] = "F32", [1] = "F16", [2] = "Q4_0", [3] = "Q4_1", [7] = "Q8_0", [8] = "Q5_0", [9] = "Q5_1", [10] = "Q2_K",
        [11] = "Q3_K_S", [12] = "Q3_K_M", [13] = "Q3_K_L", [14] = "Q4_K_S", [15] = "Q4_K_M", [16] = "Q5_K_S",
        [17] = "Q5_K_M", [18] = "Q6_K", [32] = "BF16",
    };

    /// <summary>What precedes the figures in a row's name.</summary>
    public string Label => $"{Name} {Quant}";

    /// <exception cref="UserErrorException">The file cannot be read, or is no language model.</exception>
    public static ModelFile Open(string path)
    {
        using var file = GgufFile.Open(path);
        var (name, quant) = NameOf(path, file.Metadata.GetValueOrDefault("general.name") as string,
            file.TryGetInteger("general.file_type"));
        var architecture = file.Get<string>("general.architecture");
        long Number(string key) => file.GetInteger($"{architecture}.{key}");
        long heads = Number("attention.head_count");
        long keyHeads = file.TryGetInteger($"{architecture}.attention.head_count_kv") ?? heads;
        long headSize = Number("embedding_length") / Math.Max(1, heads);
        long keySize = file.TryGetInteger($"{architecture}.attention.key_length") ?? headSize;
        long valueSize = file.TryGetInteger($"{architecture}.attention.value_length") ?? headSize;
        bool tied = !file.Tensors.ContainsKey(Output);
        return new ModelFile(path, name, quant,
            file.Tensors.Values.Where(t => tied || t.Name != Embedding).Sum(t => t.Bytes),
            Number("block_count") * keyHeads * (keySize + valueSize) * sizeof(short));
    }

    /// <summary>Bytes that the token after <paramref name="position"/> others reads.</summary>
    public double BytesPerToken(double position) => WeightBytes + (CacheBytes * position);

    /// <summary>The file's name where it says both model and type (<c>qwen2.5-0.5b-Q8_0.gguf</c>), since it is what a
    /// person chose; else what the metadata say, blanks as hyphens.</summary>
    internal static (string Name, string Quant) NameOf(string path, string? generalName, long? fileType)
    {
        var stem = System.IO.Path.GetFileNameWithoutExtension(path);
        var match = NameAndType().Match(stem);
        if (match.Success) return (match.Groups[1].Value, match.Groups[2].Value.ToUpperInvariant());
        var name = string.IsNullOrWhiteSpace(generalName) ? stem : generalName;
        return (string.Join('-', name.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)),
            fileType is { } type && FileTypes.TryGetValue(type, out var known) ? known : "mixed");
    }

    [GeneratedRegex(@"^(\S+)[-.](F32|F16|BF16|I?Q\d(?:_[A-Z0-9]+)*)$", RegexOptions.IgnoreCase)]
    private static partial Regex NameAndType();
}
