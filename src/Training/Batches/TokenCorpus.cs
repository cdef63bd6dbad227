using System.Text.Json;
using Weir.Formats.Bcl;
using Weir.Formats.Datasets;
using Weir.Formats.Tokens;

namespace Weir.Training.Batches;

/// <summary>A token dataset to read: where it lies and how often an epoch shows its documents.</summary>
internal sealed record CorpusPart(string Folder, double Weight);

/// <summary>All documents of one split of the datasets, held in memory and numbered in the order of the datasets and
/// their shards. What bits per byte need beside the tokens comes along: <see cref="TextBytes"/> of the whole
/// split.</summary>
internal sealed class TokenCorpus
{
    private readonly List<TokenShard> _shards;
    private readonly int[] _shardOf;
    private readonly int[] _indexInShard;

    private TokenCorpus(List<TokenShard> shards, List<(int Documents, double Weight)> parts, long textBytes)
    {
        _shards = shards;
        Parts = parts;
        TextBytes = textBytes;
        var total = shards.Sum(s => s.DocumentCount);
        _shardOf = new int[total];
        _indexInShard = new int[total];
        int at = 0;
        for (int s = 0; s < shards.Count; s++)
            for (int d = 0; d < shards[s].DocumentCount; d++, at++)
                (_shardOf[at], _indexInShard[at]) = (s, d);
    }

    /// <summary>Documents of each dataset, in order, and its weight.</summary>
    public IReadOnlyList<(int Documents, double Weight)> Parts { get; }
    public int DocumentCount => _shardOf.Length;
    public long TokenCount => _shards.Sum(s => (long)s.Tokens.Length);
    public long TextBytes { get; }
    public int VocabularySize => _shards.Count == 0 ? 0 : _shards[0].VocabularySize;
    /// <summary>Whether every dataset marks which tokens are targets.</summary>
    public bool IsMarked => _shards.TrueForAll(s => s.Supervised is not null);
    public int LongestDocument =>
        Enumerable.Range(0, DocumentCount).Select(d => Document(d).Length).DefaultIfEmpty().Max();

    public ReadOnlySpan<int> Document(int index) => _shards[_shardOf[index]].Document(_indexInShard[index]);

    /// <summary>A byte a token, 1 where the token is a target; empty where every token is.</summary>
    public ReadOnlySpan<byte> Supervision(int index) =>
        _shards[_shardOf[index]].DocumentSupervision(_indexInShard[index]);

    /// <summary>The digest of the tokenizer that made the tokens, where all datasets agree on it.</summary>
    public string? TokenizerDigest { get; private init; }

    public static TokenCorpus Load(IReadOnlyList<CorpusPart> sources, string split)
    {
        var shards = new List<TokenShard>();
        var parts = new List<(int, double)>();
        var tokenizers = new HashSet<string>();
        long textBytes = 0;
        foreach (var source in sources)
        {
            var manifest = ReadManifest(source.Folder);
            if (manifest.TokenizerDigest is { } digest) tokenizers.Add(digest);
            int documents = 0;
            foreach (var shard in manifest.Shards.Where(s => s.Split == split))
            {
                var tokens = TokenShard.Load(Path.Combine(source.Folder, shard.Path));
                if (shards.Count > 0 && tokens.VocabularySize != shards[0].VocabularySize)
                    throw Bad(source.Folder,
                        $"has a vocabulary of {tokens.VocabularySize}, the others {shards[0].VocabularySize}");
                shards.Add(tokens);
                documents += tokens.DocumentCount;
                textBytes += shard.TextBytes;
            }
            parts.Add((documents, source.Weight));
        }
        if (tokenizers.Count > 1)
            throw new UserErrorException("The datasets were made with different tokenizers. Tokenise them with one.");
        return new TokenCorpus(shards, parts, textBytes) { TokenizerDigest = tokenizers.SingleOrDefault() };
    }

    /// <summary>A corpus of given documents, for tests and probes.</summary>
    public static TokenCorpus Of(params TokenShard[] shards) =>
        new([.. shards], [.. shards.Select(s => (s.DocumentCount, 1.0))], 0);

    private static DatasetManifest ReadManifest(string folder)
    {
        var path = Path.Combine(folder, "manifest.json");
        if (!File.Exists(path)) throw Bad(folder, "has no manifest.json");
        DatasetManifest? manifest;
        try
        {
            manifest = JsonSerializer.Deserialize(File.ReadAllText(path), DatasetJson.Pretty.DatasetManifest);
        }
        catch (JsonException e)
        {
            throw new UserErrorException($"{path} is not a dataset manifest: {e.Message}", inner: e);
        }
        SchemaVersion.Require(manifest?.Schema, DatasetManifest.SchemaName, path);
        if (manifest!.Form != DatasetForms.Tokens)
            throw Bad(folder, $"holds '{manifest.Form}' records, not tokens");
        return manifest;
    }

    private static UserErrorException Bad(string folder, string what) =>
        new($"The dataset {folder} {what}. Name a folder that 'weir tokenize' made.");
}
