using Weir.Formats.Runs;

namespace Weir.Formats.Platform;

/// <summary>What a model is, read from its files.</summary>
public sealed record ModelCard
{
    /// <summary>The field's name of the architecture: llama, qwen2.</summary>
    public required string Family { get; init; }
    /// <summary>Numbers in the weights; tied ones count once.</summary>
    public required long Parameters { get; init; }
    /// <summary>How the matrices are stored: <c>BF16</c>, <c>Q4_K + Q6_K</c>; the largest share first.</summary>
    public required string Quantisation { get; init; }
    /// <summary>Tokens.</summary>
    public required int ContextLength { get; init; }
    /// <summary>Rows of the embedding.</summary>
    public required int VocabularySize { get; init; }
    public required int LayerCount { get; init; }
    /// <summary>Of all files.</summary>
    public required long Bytes { get; init; }
    /// <summary><c>gguf</c> or <c>safetensors</c>.</summary>
    public required string Format { get; init; }
    /// <summary>As the files or whoever imported it say; null where nobody did.</summary>
    public string? Licence { get; init; }
    /// <summary>Where it was imported from; null for a model that was trained here.</summary>
    public string? SourcePath { get; init; }
}

/// <summary>A model that lies on the platform's machine: a folder in the Hugging Face layout, or a GGUF file (of
/// several, the first). <see cref="Path"/> is absolute.</summary>
public sealed record ImportRequest(string Path, string? Name = null, string? Licence = null);

public static class ImportStates
{
    public const string Waiting = "waiting", Checking = "checking", Hashing = "hashing", Storing = "storing",
        Done = "done", Failed = "failed", Cancelled = "cancelled";

    public static bool IsFinal(string state) => state is Done or Failed or Cancelled;
}

/// <summary>An import as the API shows it. <see cref="BytesDone"/> of <see cref="BytesTotal"/> are those of the present
/// state: all files are hashed, then those that are new are stored.</summary>
public sealed record ImportView
{
    public required string Id { get; init; }
    public required ImportRequest Request { get; init; }
    /// <summary>One of <see cref="ImportStates"/>.</summary>
    public required string State { get; init; }
    public long BytesDone { get; init; }
    public long BytesTotal { get; init; }
    public string? Error { get; init; }
    public DateTimeOffset Created { get; init; }
    /// <summary>What it became; null until it is done.</summary>
    public VersionView? Version { get; init; }
    public ModelCard? Card { get; init; }
    public GateVerdict? Gate { get; init; }
}

/// <summary>A registered model version with what is known of it. Only one with a verdict that serves can be
/// deployed.</summary>
public sealed record ModelView(VersionView Version, ModelCard? Card, GateVerdict? Gate,
    IReadOnlyList<FileEntry> Files, IReadOnlyList<DeploymentView> Deployments);

/// <summary>Asks to keep a registered model running. Clients ask for it by the deployment's <see cref="Name"/>.
/// </summary>
/// <param name="Name">Of the deployment.</param>
/// <param name="Model">A registered name.</param>
/// <param name="Version">Null: the newest.</param>
/// <param name="Parallel">Requests computed at the same time; null: 8.</param>
public sealed record DeployRequest(string Name, string Model, int? Version = null, int? Parallel = null);
