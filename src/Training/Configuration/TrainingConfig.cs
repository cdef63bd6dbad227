using System.Text.Json.Serialization;

namespace Weir.Training.Configuration;

/// <summary>What <c>weir train</c> was asked to do: the whole of the configuration file, defaults filled in.
/// Properties have setters because generated JSON code gives init-only ones no chance to keep their defaults; nobody
/// else sets them.</summary>
internal sealed record TrainingConfig
{
    public string Objective { get; set; } = Objectives.Pretrain;
    public IReadOnlyList<TrainingData> Data { get; set; } = [];
    /// <summary>Folder with tokenizer.json and tokenizer_config.json, copied into the model.</summary>
    public string? Tokenizer { get; set; }
    /// <summary>Model folder to start from; null starts from random weights.</summary>
    public string? Init { get; set; }
    public ModelShape? Model { get; set; }
    public BatchShape Batch { get; set; } = new();
    public Budget Budget { get; set; } = new();
    public OptimiserSettings Optimiser { get; set; } = new();
    /// <summary>Loss weight of tokens that the dataset does not mark as supervised. Null: 1 in pretrain, 0 in
    /// sft.</summary>
    public double? PromptWeight { get; set; }
    public string Precision { get; set; } = Precisions.BFloat16;
    public int Seed { get; set; } = 1;
    /// <summary>0 takes all cores.</summary>
    public int Threads { get; set; }
    public CheckpointInterval CheckpointEvery { get; set; } = new();
    public HeldoutSettings Heldout { get; set; } = new();
    /// <summary>Steps between two rows of metrics.</summary>
    public int LogEvery { get; set; } = 20;

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
    public required string Path { get; set; }
    public double Weight { get; set; } = 1;
}

internal sealed record ModelShape
{
    public int Layers { get; set; } = 4;
    public int Hidden { get; set; } = 128;
    public int Heads { get; set; } = 4;
    /// <summary>0: as many as <see cref="Heads"/>.</summary>
    public int KvHeads { get; set; }
    /// <summary>0: 8/3 of <see cref="Hidden"/>, rounded up to 32.</summary>
    public int Intermediate { get; set; }
    public int Context { get; set; } = 512;
}

/// <summary>One optimiser step sees <see cref="Sequences"/> x <see cref="Tokens"/> x <see cref="Accumulation"/>
/// positions; memory is that of one accumulation part.</summary>
internal sealed record BatchShape
{
    public int Sequences { get; set; } = 16;
    public int Tokens { get; set; } = 128;
    public int Accumulation { get; set; } = 1;
}

/// <summary>Exactly one is given. Steps are reproducible; minutes are wall time of the training loop, held-out checks
/// included, and the learning rate follows the share of them that has gone by.</summary>
internal sealed record Budget
{
    public int? Steps { get; set; }
    public double? Minutes { get; set; }
}

internal sealed record OptimiserSettings
{
    /// <summary>What updates the matrices of the blocks; all else is AdamW's.</summary>
    public string Matrix { get; set; } = MatrixOptimisers.Muon;
    public double MuonRate { get; set; } = 0.012;
    public double MuonMomentum { get; set; } = 0.95;
    /// <summary>AdamW's peak learning rate.</summary>
    public double Rate { get; set; } = 3e-3;
    public double WeightDecay { get; set; } = 0.01;
    /// <summary>Largest norm of the whole gradient; 0 does not clip.</summary>
    public double Clip { get; set; } = 1;
    public double Beta1 { get; set; } = 0.9;
    public double Beta2 { get; set; } = 0.95;
    public double Epsilon { get; set; } = 1e-8;
    /// <summary>Steps over which the rates rise to their peak.</summary>
    public int Warmup { get; set; } = 60;
    /// <summary>Last share of the budget, 0..1, over which the rates fall linearly.</summary>
    public double DecayShare { get; set; } = 0.45;
    /// <summary>Where the fall ends, as a share of the peak.</summary>
    public double FloorShare { get; set; } = 0.02;
}

/// <summary>A checkpoint is written when either has passed; 0 turns one off. The end and an interruption always
/// save.</summary>
internal sealed record CheckpointInterval
{
    public double Seconds { get; set; } = 60;
    public int Steps { get; set; }
}

internal sealed record HeldoutSettings
{
    /// <summary>Steps between two measurements during training; 0 measures only at the end.</summary>
    public int Every { get; set; }
    /// <summary>At most so many tokens are measured, taken from the beginning of the held-out shards.</summary>
    public int Tokens { get; set; } = 200_000;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    NumberHandling = JsonNumberHandling.Strict)]
[JsonSerializable(typeof(TrainingConfig))]
internal sealed partial class TrainingConfigJson : JsonSerializerContext;
