using System.CommandLine;
using Weir.Training.Runs;

namespace Weir.Training.Commands;

/// <summary><c>weir train</c>. Nothing of libtorch is loaded before its action runs.</summary>
public static class TrainCommand
{
    private const string Description = """
        Train a language model on token shards: from nothing, or from a model folder.

        CONFIG is YAML (or JSON). Paths in it are relative to it; input:NAME is an input of the job.
        The keys, with defaults:

          objective: pretrain        pretrain, or sft: loss on the assistant's tokens only
          data: [FOLDER, ...]        what 'weir tokenize' made; an entry may be {path: FOLDER, weight: 2}
          tokenizer: FOLDER          with tokenizer.json; copied into the model
          init: FOLDER               model to start from; without it the weights are random
          model: {layers: 4, hidden: 128, heads: 4, kvHeads: 0, intermediate: 0, context: 512}
          batch: {sequences: 16, tokens: 128, accumulation: 1}
          budget: {steps: N}         or {minutes: N}, wall time of the training loop
          optimiser: {matrix: muon, muonRate: 0.012, muonMomentum: 0.95, rate: 0.003, weightDecay: 0.01, clip: 1,
                      beta1: 0.9, beta2: 0.95, epsilon: 1e-8, warmup: 60, decayShare: 0.45, floorShare: 0.02}
          promptWeight: 1            loss weight of tokens not marked as supervised; 0 in sft
          precision: bf16            or f32; the weights themselves are float32 either way
          seed: 1
          threads: 0                 0 takes all cores
          checkpointEvery: {seconds: 60, steps: 0}
          heldout: {every: 0, tokens: 200000}
          logEvery: 20

        The run folder receives run.json, metrics.jsonl, checkpoints/ and outputs/model/, a model in the Hugging Face
        layout.
        An interruption (Ctrl-C, SIGTERM) writes a checkpoint first; --resume goes on from it to the same loss curve.
        """;

    public static Command Create()
    {
        var config = new Argument<string>("CONFIG") { Description = "The configuration file." };
        var run = new Option<string?>("--run")
        {
            Description = "The run folder. Default: a new one under ./runs.", HelpName = "DIR",
        };
        var resume = new Option<bool>("--resume")
        {
            Description = "Go on from the newest checkpoint of the run folder, if there is one.",
        };
        var set = new Option<string[]>("--set")
        {
            Description = "Replace a value of the configuration, as in --set optimiser.rate=0.002. May be repeated.",
            HelpName = "KEY=VALUE", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [],
        };
        var json = new Option<string?>("--json") { Description = "Write the result as JSON.", HelpName = "FILE" };
        var command = new Command("train", Description) { config, run, resume, set, json };
        command.SetAction((parsed, cancel) =>
        {
            var request = new TrainingRequest(parsed.GetRequiredValue(config), parsed.GetValue(run),
                parsed.GetValue(resume), parsed.GetValue(set) ?? [], parsed.GetValue(json));
            // A thread of its own: libtorch's settings and dispose scopes belong to the thread that made them.
            return Task.Factory.StartNew(() => TrainingRun.Execute(request, ProgressLine.OnStandardError(), cancel),
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        });
        return command;
    }
}
