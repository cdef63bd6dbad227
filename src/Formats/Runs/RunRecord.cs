using System.Text.Json.Nodes;

namespace Weir.Formats.Runs;

/// <summary>One file that a run read or wrote. <see cref="Path"/> is relative to the named folder, with forward
/// slashes.</summary>
public sealed record FileEntry(string Path, string Digest, long Bytes);

/// <summary>A named input or output of a run: a tree of files under one digest (see <see cref="ArtifactTree"/>).
/// <see cref="Kind"/> is one of <see cref="ArtifactKinds"/>.</summary>
public sealed record ArtifactRef(string Name, string Kind, string Digest, IReadOnlyList<FileEntry> Files);

public static class ArtifactKinds
{
    /// <summary>Curated text or chat records with a manifest.</summary>
    public const string Dataset = "dataset";
    /// <summary>tokenizer.json and its companions.</summary>
    public const string Tokenizer = "tokenizer";
    /// <summary>Token shards with a manifest.</summary>
    public const string Tokens = "tokens";
    /// <summary>A model folder in the Hugging Face layout.</summary>
    public const string Model = "model";
    /// <summary>Evaluation results.</summary>
    public const string Scorecard = "scorecard";
    /// <summary>Anything else: raw sources, reports.</summary>
    public const string Files = "files";
}

public static class RunStates
{
    public const string Running = "running", Done = "done", Failed = "failed", Interrupted = "interrupted";
}

/// <summary>Contract 1, <c>run.json</c>: what a workbench was asked, what it read, what it made, and how it
/// ended.</summary>
public sealed record RunRecord
{
    public const string SchemaName = "run/1";
    public string Schema { get; set; } = SchemaName;
    /// <summary>The command that ran: curate, tokenize, train, evaluate, synthesize.</summary>
    public required string Verb { get; init; }
    public JsonObject Config { get; set; } = [];
    public long? Seed { get; init; }
    public required string CodeVersion { get; init; }
    public IReadOnlyList<ArtifactRef> Inputs { get; set; } = [];
    public IReadOnlyList<ArtifactRef> Outputs { get; set; } = [];
    /// <summary>One of <see cref="RunStates"/>.</summary>
    public required string State { get; init; }
    public required DateTimeOffset Started { get; init; }
    public DateTimeOffset? Ended { get; init; }
    public string? Error { get; init; }
    /// <summary>Figures worth a table cell, by name: documents, tokens, loss, accuracy, tokensPerSecond.</summary>
    public JsonObject Summary { get; set; } = [];
}

/// <summary>One line of <c>metrics.jsonl</c>. Progress uses the names <c>progress</c> (0..1) and
/// <c>eta_seconds</c>.</summary>
public sealed record MetricRow(long Step, DateTimeOffset Time, string Name, double Value);
