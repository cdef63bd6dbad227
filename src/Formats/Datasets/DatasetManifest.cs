using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Weir.Formats.Bcl;

namespace Weir.Formats.Datasets;

/// <summary>A source that went into a dataset: a file or a parent dataset, with its rights.</summary>
public sealed record DatasetSource
{
    public required string Path { get; init; }
    public required string Digest { get; init; }
    public long Bytes { get; init; }
    public long Documents { get; init; }
    public string? Licence { get; init; }
    public string? Owner { get; init; }
    public string? Rights { get; init; }
}

/// <summary>A shard of a dataset, relative to the manifest. <see cref="Split"/> is <c>train</c> or
/// <c>heldout</c>.</summary>
public sealed record DatasetShard
{
    public required string Path { get; init; }
    public required string Split { get; init; }
    public required string Digest { get; init; }
    public long Bytes { get; init; }
    public long Documents { get; init; }
    /// <summary>UTF-8 bytes of text, before tokenisation; what bits per byte divide by.</summary>
    public long TextBytes { get; init; }
    public long? Tokens { get; init; }
    /// <summary>Tokens that carry loss; null where all do.</summary>
    public long? SupervisedTokens { get; init; }
}

public static class DatasetForms
{
    /// <summary>Shards are JSONL.zst of <see cref="TextRecord"/>.</summary>
    public const string Text = "text";
    /// <summary>Shards are JSONL.zst of <see cref="ChatRecord"/>.</summary>
    public const string Chat = "chat";
    /// <summary>Shards are token shards (<c>Tokens/TokenShard.cs</c>).</summary>
    public const string Tokens = "tokens";
}

/// <summary>Contract 9, <c>manifest.json</c> of a dataset version.</summary>
public sealed record DatasetManifest
{
    public const string SchemaName = "dataset/1";
    public string Schema { get; set; } = SchemaName;
    public required string Name { get; init; }
    /// <summary>One of <see cref="DatasetForms"/>.</summary>
    public required string Form { get; init; }
    public required string RecipeDigest { get; init; }
    public JsonObject Recipe { get; set; } = [];
    /// <summary>Digests of the dataset versions this one was made from.</summary>
    public IReadOnlyList<string> Parents { get; set; } = [];
    public IReadOnlyList<DatasetSource> Sources { get; set; } = [];
    public IReadOnlyList<DatasetShard> Shards { get; set; } = [];
    public CurationReport? Report { get; init; }
    /// <summary>For token datasets: digest of tokenizer.json.</summary>
    public string? TokenizerDigest { get; init; }
}

/// <summary>What curation read, kept and dropped. <see cref="Dropped"/> and <see cref="Errors"/> count by
/// reason.</summary>
public sealed record CurationReport
{
    public long DocumentsRead { get; init; }
    public long DocumentsKept { get; init; }
    public long BytesRead { get; init; }
    public long BytesKept { get; init; }
    public IReadOnlyDictionary<string, long> Dropped { get; set; } = new Dictionary<string, long>();
    public IReadOnlyDictionary<string, long> Errors { get; set; } = new Dictionary<string, long>();
    /// <summary>The first few errors in full: file, line and what was wrong.</summary>
    public IReadOnlyList<string> ErrorSamples { get; set; } = [];
}

/// <summary>A document of running text.</summary>
public sealed record TextRecord(string Id, string Text, string? Source = null, string? Licence = null);

public sealed record ChatTurn(string Role, string Content);

/// <summary>A conversation. <see cref="Messages"/> ends before the reply when <see cref="Answer"/> holds it; otherwise
/// the last message is the assistant's.</summary>
public sealed record ChatRecord
{
    public string? Id { get; init; }
    public string? Kind { get; init; }
    public required IReadOnlyList<ChatTurn> Messages { get; init; }
    public string? Answer { get; init; }
    public string? Source { get; init; }
    /// <summary>Which wording template and language a synthetic item came from; absent elsewhere.</summary>
    public string? Template { get; init; }

    /// <summary>All turns, the answer included as the last assistant turn.</summary>
    [JsonIgnore]
    public IReadOnlyList<ChatTurn> Turns =>
        Answer is null ? Messages : [.. Messages, new ChatTurn("assistant", Answer)];
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DatasetManifest))]
[JsonSerializable(typeof(DatasetSource))]
[JsonSerializable(typeof(TextRecord))]
[JsonSerializable(typeof(ChatRecord))]
public sealed partial class DatasetJson : JsonSerializerContext
{
    public static DatasetJson Pretty { get; } = new(WeirJson.Options(indented: true));
    public static DatasetJson Lines { get; } = new(WeirJson.Options(indented: false));
}
