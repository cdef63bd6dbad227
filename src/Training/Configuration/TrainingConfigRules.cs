using Weir.Formats.Bcl;

namespace Weir.Training.Configuration;

/// <summary>What a configuration must satisfy before any file is read. Each message names the key and the way
/// out.</summary>
internal static class TrainingConfigRules
{
    public static void Check(TrainingConfig config, string where)
    {
        Require(config.Objective is Objectives.Pretrain or Objectives.Sft, "objective", "must be pretrain or sft");
        Require(config.Precision is Precisions.BFloat16 or Precisions.Float32, "precision", "must be bf16 or f32");
        Require(config.Data.Count > 0, "data", "must name at least one folder that 'weir tokenize' made");
        Require(config.Data.All(d => d.Weight is > 0 and <= 1000), "data.weight", "must be above 0 and at most 1000");
        Require(config.Tokenizer is not null, "tokenizer", "must be the folder that holds tokenizer.json");
        Require(config.Init is not null || config.Model is not null, "model", "is needed where 'init' names no model");
        Require(config.PromptWeight is null or (>= 0 and <= 1), "promptWeight", "must be between 0 and 1");
        Require(config.Objective != Objectives.Sft || config.UnsupervisedWeight == 0, "promptWeight",
            "must be 0 in sft, where only the assistant's tokens are learnt; objective: pretrain learns prompts too");
        Require(config.Threads is >= 0 and <= 1024, "threads", "must be between 0 (all cores) and 1024");
        Require(config.LogEvery >= 1, "logEvery", "must be at least 1 step");
        CheckShape(config);
        CheckBudget(config);

        void CheckShape(TrainingConfig c)
        {
            Require(c.Batch.Sequences is >= 1 and <= 65536, "batch.sequences", "must be between 1 and 65536");
            Require(c.Batch.Tokens is >= 2 and <= 1 << 20, "batch.tokens", "must be between 2 and 1048576");
            Require(c.Batch.Accumulation is >= 1 and <= 65536, "batch.accumulation", "must be between 1 and 65536");
            if (c.Model is not { } m) return;
            Require(m.Layers is >= 1 and <= 1024, "model.layers", "must be between 1 and 1024");
            Require(m.Heads is >= 1 and <= 1024, "model.heads", "must be between 1 and 1024");
            Require(m.Hidden is >= 2 and <= 65536 && m.Hidden % m.Heads == 0 && m.Hidden / m.Heads % 2 == 0,
                "model.hidden", "must divide into model.heads heads of an even size");
            Require(m.KvHeads >= 0 && (m.KvHeads == 0 || m.Heads % m.KvHeads == 0), "model.kvHeads",
                "must divide model.heads");
            Require(m.Intermediate is >= 0 and <= 1 << 18, "model.intermediate", "must be between 0 and 262144");
            Require(m.Context is >= 2 and <= 1 << 24, "model.context", "must be between 2 and 16777216");
        }

        void CheckBudget(TrainingConfig c)
        {
            Require(c.Budget.Steps is null != c.Budget.Minutes is null, "budget", "must give either steps or minutes");
            Require(c.Budget.Steps is null or >= 1, "budget.steps", "must be at least 1");
            Require(c.Budget.Minutes is null or (> 0 and <= 525_600), "budget.minutes",
                "must be above 0, at most a year");
            var o = c.Optimiser;
            Require(o.Matrix is MatrixOptimisers.Muon or MatrixOptimisers.AdamW, "optimiser.matrix",
                "must be muon or adamw");
            Require(o.Rate is > 0 and < 10 && o.MuonRate is > 0 and < 10, "optimiser.rate",
                "and muonRate must be above 0");
            Require(o.WeightDecay is >= 0 and < 10, "optimiser.weightDecay", "must be 0 or more");
            Require(o.Clip >= 0, "optimiser.clip", "must be 0 (off) or more");
            Require(o is { Beta1: >= 0 and < 1, Beta2: >= 0 and < 1, MuonMomentum: >= 0 and < 1 }, "optimiser.beta1",
                ", beta2 and muonMomentum must be at least 0 and below 1");
            Require(o.Epsilon > 0, "optimiser.epsilon", "must be above 0");
            Require(o.Warmup >= 0, "optimiser.warmup", "must be 0 or more steps");
            Require(o.DecayShare is >= 0 and <= 1, "optimiser.decayShare", "must be between 0 and 1");
            Require(o.FloorShare is >= 0 and <= 1, "optimiser.floorShare", "must be between 0 and 1");
            Require(c.CheckpointEvery is { Seconds: >= 0, Steps: >= 0 }, "checkpointEvery", "must not be negative");
            Require(c.Heldout is { Every: >= 0, Tokens: >= 0 }, "heldout", "must not be negative");
        }

        void Require(bool holds, string key, string rule)
        {
            if (!holds) throw new UserErrorException($"{where}: {key} {rule}.", ExitCodes.WrongUsage);
        }
    }
}
