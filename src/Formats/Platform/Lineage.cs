using Weir.Formats.Runs;

namespace Weir.Formats.Platform;

public static class LineageKinds
{
    public const string Source = "source", Artifact = "artifact", Run = "run", Deployment = "deployment",
        Request = "request";
}

/// <summary>Contract 9: one step of a chain. Ids are digests for artifacts, job ids for runs.</summary>
public sealed record LineageEdge(string FromKind, string FromId, string ToKind, string ToId, string Relation)
{
    public const string SchemaName = "lineage/1";
}

/// <summary>An artifact that the registry holds.</summary>
public sealed record ArtifactView(string Digest, string Kind, string Name, long Bytes, int FileCount,
    DateTimeOffset Created);

/// <summary>A named version of a model, dataset or tokenizer: <c>town-model</c> version 3 is this digest.</summary>
public sealed record VersionView(string Name, int Version, string Kind, string Digest, DateTimeOffset Created,
    string? RunId);

/// <summary>A run that the registry holds: the contract-1 record and the job that made it.</summary>
public sealed record RunView(string RunId, RunRecord Record);

/// <summary>One line of an answer's ancestry, nearest first. <see cref="Depth"/> indents.</summary>
public sealed record TraceStep(int Depth, string Kind, string Id, string Title, string Detail);

/// <summary>The chain from an answer back to its source files.</summary>
public sealed record TraceView(LedgerRow Request, IReadOnlyList<TraceStep> Steps);
