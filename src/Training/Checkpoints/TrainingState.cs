using System.Text.Json.Serialization;
using Weir.Training.Batches;

namespace Weir.Training.Checkpoints;

/// <summary>Where a run stands, beside its tensors. No generator's state is needed: the order of the data follows from
/// seed and <see cref="Cursor"/>, and nothing else is random after the first step.</summary>
internal sealed record TrainingState
{
    public const string SchemaName = "checkpoint/1";
    public string Schema { get; init; } = SchemaName;
    /// <summary>Digest of what must not change between attempts: data, model, batches, optimiser, objective,
    /// seed.</summary>
    public required string Identity { get; init; }
    public required long Step { get; init; }
    /// <summary>Tokens of documents trained on; padding is not counted.</summary>
    public required long Tokens { get; init; }
    /// <summary>Wall time of the training loop, all attempts together.</summary>
    public required double Seconds { get; init; }
    /// <summary>Running mean of the loss, as the progress line shows it.</summary>
    public required double SmoothLoss { get; init; }
    public required DataCursor Cursor { get; init; }
    /// <summary>Digest of state.safetensors beside this record.</summary>
    public string TensorsDigest { get; init; } = "";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(TrainingState))]
internal sealed partial class CheckpointJson : JsonSerializerContext;
