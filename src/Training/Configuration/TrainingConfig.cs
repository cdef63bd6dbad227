using System.Text.Json.Serialization;

namespace Weir.Training.Configuration;

/// <summary>What <c>weir train</c> was asked to do: the whole of the configuration file, defaults filled in.</summary>
internal sealed record TrainingConfig
{
    public string Objective { get; init; } = Objectives.Pretrain;
    public IReadOnlyList<TrainingData> Data { get; init; } = [];
    /// <summary>Folder with tokenizer.json and tokenizer_config.json, copied into the model.</summary>
    public string? Tokenizer { get; init; }
    /// <summary>Model folder to start from; null starts from random weights.</summary>
    public string? Init { get; init; }
    public ModelShape? Model { get; init; }
    public BatchShape Batch { get; init; } = new();
    public Budget Budget { get; init; } = new();
    public OptimiserSettings Optimiser { get; init; } = new();
    /// <summary>Loss weight of tokens that the dataset does not mark as supervised. Null: 1 in pretrain, 0 in sft.</summary>
    public double? PromptWeight { get; init; }
    public string Precision { get; init; } = Precisions.BFloat16;
    public int Seed { get; init; } = 1;
    /// <summary>0 takes all cores.</summary>
    public int Threads { get; init; }
    public CheckpointInterval CheckpointEvery { get; init; } = new();
    public HeldoutSettings Heldout { get; init; } = new();
    /// <summary>Steps between two rows of metrics.</summary>
    public int LogEvery { get; init; } = 20;

    [JsonIgnore] public double UnsupervisedWeight => PromptWeight ?? (Objective == Objectives.Sft ? 0 : 1);
}

internal static class Objectives
{
    public const string Pretrain = "pretrain", Sft = "sft";
}

internal static class Precisions
{
    public const string BFloat16 = "bf16", Float32 = "f32";
}

internal static class MatrixOptimisers
{
    public const string Muon = "muon", AdamW = "adamw";
}

/// <summary>A token dataset. Each epoch takes its documents <see cref="Weight"/> times: 2 shows each twice, 0.5 shows a
/// different half each epoch.</summary>
internal sealed record TrainingData
{
    public required string Path { get; init; }
    public double Weight { get; init; } = 1;
}

internal sealed record ModelShape
{
    public int Layers { get; init; } = 4;
    public int Hidden { get; init; } = 128;
    public int Heads { get; init; } = 4;
    /// <summary>0: as many as <see cref="Heads"/>.</summary>
    public int KvHeads { get; init; }
    /// <summary>0: 8/3 of <see cref="Hidden"/>, rounded up to 32.</summary>
    public int Intermediate { get; init; }
    public int Context { get; init; } = 512;
}

/// <summary>One optimiser step sees <see cref="Sequences"/> x <see cref="Tokens"/> x <see cref="Accumulation"/> positions;
/// memory is that of one accumulation part.</summary>
internal sealed record BatchShape
{
    public int Sequences { get; init; } = 16;
    public int Tokens { get; init; } = 128;
    public int Accumulation { get; init; } = 1;
}

/// <summary>Exactly one is given. Steps are reproducible; minutes are wall time of the training loop, held-out checks
/// included, and the learning rate follows the share of them that has gone by.</summary>
internal sealed record Budget
{
    public int? Steps { get; init; }
    public double? Minutes { get; init; }
}

internal sealed record OptimiserSettings
{
    /// <summary>What updates the matrices of the blocks; all else is AdamW's.</summary>
    public string Matrix { get; init; } = MatrixOptimisers.Muon;
    public double MuonRate { get; init; } = 0.012;
    public double MuonMomentum { get; init; } = 0.95;
    /// <summary>AdamW's peak learning rate.</summary>
    public double Rate { get; init; } = 3e-3;
    public double WeightDecay { get; init; } = 0.01;
    /// <summary>Largest norm of the whole gradient; 0 does not clip.</summary>
    public double Clip { get; init; } = 1;
    public double Beta1 { get; init; } = 0.9;
    public double Beta2 { get; init; } = 0.95;
    public double Epsilon { get; init; } = 1e-8;
    /// <summary>Steps over which the rates rise to their peak.</summary>
    public int Warmup { get; init; } = 60;
    /// <summary>Last share of the budget, 0..1, over which the rates fall linearly.</summary>
    public double DecayShare { get; init; } = 0.45;
    /// <summary>Where the fall ends, as a share of the peak.</summary>
    public double FloorShare { get; init; } = 0.02;
}

/// <summary>A checkpoint is written when either has passed; 0 turns one off. The end and an interruption always save.</summary>
internal sealed record CheckpointInterval
{
    public double Seconds { get; init; } = 60;
    public int Steps { get; init; }
}

internal sealed record HeldoutSettings
{
    /// <summary>Steps between two measurements during training; 0 measures only at the end.</summary>
    public int Every { get; init; }
    /// <summary>At most so many tokens are measured, taken from the beginning of the held-out shards.</summary>
    public int Tokens { get; init; } = 200_000;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, NumberHandling = JsonNumberHandling.Strict)]
[JsonSerializable(typeof(TrainingConfig))]
internal sealed partial class TrainingConfigJson : JsonSerializerContext;
